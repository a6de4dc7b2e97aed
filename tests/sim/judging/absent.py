"""Hold texts and questions against lists that lack an outage: the clock says nothing meanwhile, and somebody is asked in time.

The rule by the facts: an outage is perhaps back from the first list that lacks it until one names it, or it is over, or off
anew; for an hour at most.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from schemas.contracts import dispatch
from tests.chaos.truth import KnownFact, number_of, state
from tests.sim.judging.storms import SOON, Storm, short, whole
from tests.sim.judging.texts import HEARD

LIMIT: Final = timedelta(hours=1)
"""So long a text may be held, by the figures that ship."""
CLOCK: Final = ("told-time-has-passed", "next-word-promised")
"""Why the notifier asks for a text that no fact calls for."""
ASKS: Final = "perhaps-restored-unanswered"
_ASKED = """
select n.message_id, n.customer_id, n.mrids, e.data ->> 'reason' as reason,
  array(
    select a.started_at from attempt a where a.message_id = n.message_id and a.provider_sid is not null order by a.n
  ) as claimed
from notification n
join event e on e.type = 'message.requested.v1' and e.data ->> 'messageId' = n.message_id::text
where e.data ->> 'reason' = any($1::text[])
"""
_QUESTIONS = """
select data ->> 'mRID' as mrid, (data ->> 'given')::timestamptz as given, (data ->> 'askedAt')::timestamptz as asked
from event where type = 'fact.questioned.v1' and data ->> 'reason' = $1 order by position
"""


@dataclass(frozen=True, slots=True)
class ByClock:
    """A text that no fact called for, and when a sender took it."""

    name: str
    customer: int
    mrids: tuple[str, ...]
    claimed: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Dispatch is asked whether power is back."""

    mrid: str
    given: datetime
    asked: datetime


async def by_clock(log: asyncpg.Connection) -> list[ByClock]:
    """All such texts."""
    return [
        ByClock(
            f"{row['reason']} {row['message_id']} to {row['customer_id']}",
            number_of(row["customer_id"]),
            tuple(row["mrids"]),
            tuple(row["claimed"]),
        )
        for row in await log.fetch(_ASKED, list(CLOCK))
    ]


async def questions(log: asyncpg.Connection) -> list[Question]:
    """All of them."""
    return [Question(row["mrid"], row["given"], row["asked"]) for row in await log.fetch(_QUESTIONS, ASKS)]


def missing_since(facts: Iterable[Any]) -> datetime | None:
    """Since when, by these facts of one outage, the list lacks it while power is off."""
    gone, over = list[datetime](), list[datetime]()
    for fact in facts:
        match fact:
            case dispatch.SupplyPerhapsRestored(missing_at=at):
                gone.append(at)
            case dispatch.OutageListedAgain(listed_at=at) | dispatch.OutageReopened(reopened_at=at):
                over.append(at)
            case dispatch.SupplyRestored() | dispatch.OutageWithdrawn():
                return None
            case _:
                pass
    return min((at for at in gone if not over or at > max(over)), default=None)


def spoken(known: Sequence[KnownFact], texts: Iterable[ByClock]) -> Iterator[str]:
    """Texts of the clock that were claimed though the lists lacked all that held the customer, all through the last breath.

    `known`: what the notifier had read, and since when.
    """
    for text in texts:
        for claimed in text.claimed:
            since = claimed - HEARD
            moments = [since, claimed, *(one.since for one in known if since < one.since <= claimed)]
            if all(_is_held(known, text, moment) for moment in moments):
                yield f"absent: {text.name} claimed {short(claimed)}, and the lists lacked what it speaks of"


def _is_held(known: Sequence[KnownFact], text: ByClock, moment: datetime) -> bool:
    theirs = [[one.fact for one in _of(known, mrid) if one.since <= moment] for mrid in text.mrids]
    since = [missing_since(facts) for facts in theirs]
    if not since or not all(at is not None and moment < at + LIMIT for at in since):
        return False
    others = [one for one in known if getattr(one.fact, "mrid", None) not in text.mrids]
    return state(others, text.customer, moment) == "light"


def unasked(
    known: Sequence[KnownFact], asked: Sequence[Question], now: datetime, storms: Sequence[Storm]
) -> Iterator[str]:
    """Outages that a list lacked for too long while nobody asked, and questions that nothing called for."""
    missing = {
        (one.fact.mrid, one.fact.missing_at) for one in known if isinstance(one.fact, dispatch.SupplyPerhapsRestored)
    }
    given = [(one.mrid, one.given) for one in asked]
    for mrid, at in sorted(missing - set(given)):
        until = whole(at + LIMIT, storms) + SOON
        facts = _of(known, mrid)
        sure = [one.fact for one in facts if one.since <= at + LIMIT]
        perhaps = [one.fact for one in facts if (one.sent or one.since) <= until]
        if until < now and missing_since(sure) == missing_since(perhaps) == at:
            yield f"absent: nobody was asked about {mrid}, which its list lacks since {short(at)}"
    for one in asked:
        if (one.mrid, one.given) not in missing or one.asked < one.given + LIMIT:
            yield f"absent: asked about {one.mrid} at {short(one.asked)}, and its list lacks it since {short(one.given)}"
    yield from (
        f"absent: asked twice about {mrid}" for mrid, _ in sorted({two for two in given if given.count(two) > 1})
    )


def _of(known: Iterable[KnownFact], mrid: str) -> list[KnownFact]:
    return [one for one in known if getattr(one.fact, "mrid", None) == mrid]
