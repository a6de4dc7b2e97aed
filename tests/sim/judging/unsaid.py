"""Hold questions for a word that nobody has said against the facts: asked once, in its time, and of nothing that was said."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from schemas.contracts import dispatch
from tests.chaos.truth import KnownFact
from tests.sim.judging.storms import SOON, short

NOT_BACK, NOT_CLEARED = "not-said-to-be-back", "crew-done-cause-not-cleared"
LIMITS: Final[Mapping[str, timedelta]] = {NOT_BACK: timedelta(hours=24), NOT_CLEARED: timedelta(hours=1)}
"""By the figures that ship."""
FAST: Final = timedelta(minutes=10)
"""A clock that is so fast is believed as of the record."""
WORDS: Final[Mapping[type, str]] = {
    dispatch.OutageStarted: "started_at",
    dispatch.FaultReported: "reported_at",
    dispatch.CrewStatus: "at",
    dispatch.ErtChanged: "changed_at",
    dispatch.CauseCleared: "cleared_at",
    dispatch.SupplyRestored: "restored_at",
    dispatch.OutageReopened: "reopened_at",
}
"""What is a word on an outage, and when it was so."""
_ASKED = """
select data ->> 'questionId' as name, data ->> 'mRID' as mrid, data ->> 'reason' as reason,
  (data ->> 'given')::timestamptz as given, (data ->> 'askedAt')::timestamptz as asked
from event where type = 'fact.questioned.v1' and data ->> 'reason' = any($1::text[]) order by position
"""


@dataclass(frozen=True, slots=True)
class AskedBack:
    """Dispatch is asked for a word: since when it is missed, and when it was asked."""

    name: str
    mrid: str
    reason: str
    given: datetime
    asked: datetime


async def asked_back(log: asyncpg.Connection) -> list[AskedBack]:
    """All such questions."""
    return [AskedBack(**dict(row)) for row in await log.fetch(_ASKED, list(LIMITS))]


def asked_wrongly(known: Sequence[KnownFact], asked: Sequence[AskedBack]) -> Iterator[str]:
    """Questions that came twice, too soon, or of what had been said. `known`: what Kafka had, and since when."""
    for name, count in Counter(one.name for one in asked).items():
        if count > 1:
            yield f"unsaid: {name} was asked {count} times"
    for one in asked:
        if one.asked < one.given + LIMITS[one.reason]:
            yield f"unsaid: {one.mrid} was asked about at {short(one.asked)} ({one.reason}), silent since {short(one.given)}"
        theirs = [each for each in known if getattr(each.fact, "mrid", None) == one.mrid]
        if one.reason == NOT_CLEARED and not any(_is_done(each.fact, one.given) for each in known):
            yield f"unsaid: {one.mrid} was asked whether it is cleared, and no crew said at {short(one.given)} that it is done"
        if one.reason == NOT_BACK:
            for each in theirs:
                at = _said(each.fact)
                if at is not None and one.given < at <= each.since <= one.asked - SOON:
                    yield f"unsaid: {one.mrid} was asked about at {short(one.asked)}, and was spoken of at {short(at)}"


def _is_done(fact: Any, at: datetime) -> bool:
    return isinstance(fact, dispatch.CrewStatus) and fact.crew_status == "fieldComplete" and abs(fact.at - at) <= FAST


def _said(fact: Any) -> datetime | None:
    name = WORDS.get(type(fact))
    return None if name is None else getattr(fact, name)
