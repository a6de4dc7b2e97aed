"""Say to the outage that goes on what was said of one that was merged into it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from schemas.contracts.all_types import STRUCTS, TYPE_OF
from schemas.contracts.base import MRID, Name
from schemas.contracts.dispatch import (
    Fact,
    FieldFact,
    OutageListedAgain,
    OutageMerged,
    OutageWithdrawn,
    SupplyPerhapsRestored,
)
from schemas.contracts.evidence.replies import SupplyDenied
from services.plausibility import HAPPENED

SaidOfOutage = FieldFact | SupplyDenied
"""What dispatch says of an outage, and a customer's word that power is not back."""


class FactOfMerged(Fact, frozen=True, kw_only=True):
    """A fact about `of`, for the outage into which that was merged; nobody keeps it, the fact itself is kept."""

    of: MRID
    fact_type: Name
    body: Annotated[str, Meta(description="The fact as JSON")]

    def fact(self) -> SaidOfOutage:
        """The fact as one about the outage that goes on."""
        told: Any = msgspec.json.decode(self.body, type=STRUCTS[self.fact_type])
        found: SaidOfOutage = msgspec.structs.replace(told, mrid=self.mrid)
        return found


FACT_OF_MERGED: Final = "fact.of-merged.v1"
MERGING_STRUCTS: Final[Mapping[str, type[msgspec.Struct]]] = {FACT_OF_MERGED: FactOfMerged}
"""What every service that hands on adds to its structs, so that a word that was set aside can be read again."""


def happened_at(fact: SaidOfOutage) -> datetime:
    """When it happened, by its own word; when a customer said it."""
    if isinstance(fact, SupplyDenied):
        return fact.said_at
    at: datetime = getattr(fact, HAPPENED[type(fact)])
    return at


def is_of_survivor(fact: object, merged_at: datetime) -> bool:
    """Whether a fact about a merged outage speaks of the one that goes on: it happened since."""
    return isinstance(fact, SaidOfOutage) and happened_at(fact) >= merged_at


def handed_on(fact: SaidOfOutage, into: str) -> FactOfMerged | None:
    """The fact for the outage that goes on; None of what can only be said of the merged one itself.

    That there was no such outage says nothing of another: dispatch is asked (the restorer). Nor does a list that lacks the merged
    one, or names it again: it has the other for it.
    """
    if isinstance(fact, OutageMerged | OutageWithdrawn | SupplyPerhapsRestored | OutageListedAgain):
        return None
    kind = TYPE_OF[type(fact)]
    return FactOfMerged(mrid=into, of=fact.mrid, fact_type=kind, body=msgspec.json.encode(fact).decode())
