"""Events that the restorer keeps in its own log and publishes to nobody."""

from typing import Annotated

from msgspec import Meta, Struct

from schemas.contracts import dispatch
from schemas.contracts.base import Instant, Name, Text
from services.plausibility import HELD_STRUCTS


class OutageClosed(dispatch.Fact, frozen=True, kw_only=True):
    """Power stayed on long enough after it was back: the outage takes no more facts about supply."""

    closed_at: Annotated[Instant, Meta(description="restoredAt plus the policy's close-after")]
    restored_at: Instant
    episode: Annotated[int, Meta(ge=1, description="Which time the power was off; a reopened outage closes again")]


class FactAnswered(dispatch.Fact, frozen=True, kw_only=True):
    """A person's answer to a question: the fact is so (`accept`), or it is not."""

    question_id: Name
    accept: bool
    by: Name
    reason: Text


OUTAGE_CLOSED = "outage.closed.v1"
FACT_ANSWERED = "fact.answered.v1"

STRUCTS: dict[str, type[Struct]] = {OUTAGE_CLOSED: OutageClosed, FACT_ANSWERED: FactAnswered, **HELD_STRUCTS}
