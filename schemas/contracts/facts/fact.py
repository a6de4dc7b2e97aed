"""What every fact of dispatch is: about one outage, planned or happened."""

from typing import Annotated

from msgspec import Meta, field

from schemas.contracts.base import MRID, Name, Wire


class Fact(Wire, frozen=True, kw_only=True):
    """One fact about one outage."""

    mrid: MRID = field(name="mRID")


class FieldFact(Fact, frozen=True, kw_only=True):
    """One fact about what happened. What cannot be so is held and asked about (fact.questioned.v1)."""

    confirms: (
        Annotated[Name, Meta(description="The question about this very fact that it answers: it is so, take it")] | None
    ) = None
