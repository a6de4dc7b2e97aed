"""End the hold on texts of an outage that its list lacks, where nobody says in time whether power is back. Pure."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from msgspec import Meta, field

from schemas.contracts.base import Instant, Wire
from services.notifier.domain.outage.facts import FactRegisters
from services.notifier.domain.outage.truth import held_since

TIMER: Final = "absence"
ABSENCE_ASKED: Final = "absence.asked.v1"


class AbsenceAsked(Wire, frozen=True, kw_only=True):
    """Nobody has said in time whether power is back: words go on, and say so. The restorer asks dispatch."""

    mrid: Annotated[str, Meta(min_length=1, max_length=100)] = field(name="mRID")
    missing_at: Annotated[Instant, Meta(description="When the first list was polled that lacks the outage")]
    at: Instant


def timers(facts: FactRegisters, limit: timedelta) -> dict[str, datetime]:
    """When an absence has lasted too long."""
    since = held_since(facts)
    return {} if since is None else {TIMER: since + limit}
