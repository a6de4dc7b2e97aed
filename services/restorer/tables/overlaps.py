"""Have outages that lay at one place at one time look at each other again, whichever was heard of last.

What an outage publishes when power is back knows the others that were known then; figures must not depend on that. So whatever
moves an outage wakes those beside it: each reads the others as they are by now and says whom they held (figures/staying.py).
It may die anywhere: what was looked through is marked last, and asked twice, outages say nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import asyncpg

from schemas.contracts.base import Extent
from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import Connection, advisory_key, steps_alone
from services.kernel.clock import Clock
from services.kernel.model import Message, Service
from services.kernel.observing.every import every
from services.kernel.queries import queries
from services.kernel.streams.log import Log
from services.network import asking, surroundings
from services.places.extents import says_nothing
from services.places.topology import NetworkPart
from services.restorer.domain.course.beside import Beside
from services.restorer.domain.events import OTHERS_MOVED, OthersMoved
from services.restorer.domain.figures.steps import COUNTED, began_of
from services.restorer.domain.lifecycle import Course, course_of
from services.restorer.domain.state import SupplyState
from services.restorer.tables.kept_network import kept_part, places_of

if TYPE_CHECKING:
    from services.kernel.writing.ingest import Ingest

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "overlaps.sql")
SOURCE: Final = "/outage/restorer/overlaps"
PREFIX: Final = "outage/"
LOOK_SECONDS: Final = 30.0
"""Nobody waits for it: figures are of months."""
AGAIN_SECONDS: Final = 1.0
EVENTS_AT_ONCE: Final = 2_000
STREAMS_AT_ONCE: Final = 50
MOST_BESIDE: Final = 200
"""So many other outages are looked at; a substation may hold hundreds in a storm."""
MOVES: Final = (
    "outage.started.v1",
    "outage.corrected.v1",
    "outage.reopened.v1",
    "outage.withdrawn.v1",
    "outage.reclassified.v1",
    "extent.changed.v1",
    "curtailment.ordered.v1",
    "supply.restored.v1",
    "fault.reported.v1",
    "fault.reported.v2",
    "fact.questioned.v1",
    "fact.accepted.v1",
    "fact.refused.v1",
    "merge.confirmed.v1",
    "supply.joins.v1",
)
"""Events that may move when, or where, an outage is off."""


class EverOff(NamedTuple):
    """All places that an outage ever named as off, from when until when; None: it is off still."""

    named: Sequence[Extent]
    began: datetime
    ended: datetime | None

    def places(self) -> list[tuple[str, str]]:
        """By the list of an extent and normal name."""
        return sorted(set(places_of(self.named)))


class Neighbourhood:
    """What outages at one place are to know of each other, as their logs tell them now."""

    def __init__(self, service: Service) -> None:
        self._log = Log(service, remember=0)

    async def read(self, connection: Connection, state: SupplyState) -> Beside:
        """For one that looks at others again: those at its places, and what all these places mean in the network."""
        own = ever_off(state)
        if own is None:
            return Beside()
        part = await self.part(connection, state.mrid, own)
        if part is None:
            return Beside()
        others = await self.states(connection, await at_places(connection, state.mrid, own, part))
        named = [extent for other in others.values() for extent in _named(course_of(other))]
        more = await surroundings.part_of(connection, list(places_of(named))) if named else None
        return Beside(part if more is None else part.with_more(more), neighbours=others)

    async def part(self, connection: Connection, mrid: str, own: EverOff) -> NetworkPart | None:
        """What the places of an outage mean; what was kept of that, where it still is."""
        return await kept_part(connection, mrid, own.named, keep=False)

    async def states(self, connection: Connection, mrids: Sequence[str]) -> dict[str, SupplyState]:
        """Some outages."""
        found = await self._log.read(connection, [f"{PREFIX}{mrid}" for mrid in mrids])
        return {one.mrid: one for one in found.values()}


def ever_off(state: SupplyState) -> EverOff | None:
    """Where and when an outage was ever off; None where it was not, or nobody knows."""
    course = course_of(state)
    if course.status not in COUNTED:
        return None
    times = [one for one in course.episodes if one.withdrawn is None]
    known = [began for one in times if (began := began_of(course, one)) is not None]
    if not known:
        return None
    ended = times[-1].ended.at if times[-1].ended is not None else None
    if ended is None and state.merged is not None:
        ended = state.merged.merged_at
    return EverOff(tuple(_named(course)), min(known), ended)


def _named(course: Course) -> list[Extent]:
    """All that an outage ever named as off, each word once: an extent of 10,000 names may stand in many marks."""
    found = {id(mark.remaining): mark.remaining for mark in course.marks}
    return [one for one in found.values() if not says_nothing(one)]


async def at_places(connection: Connection, mrid: str, own: EverOff, part: NetworkPart) -> list[str]:
    """Other outages that were off there in that time: found by what they name, above it or below."""
    places = own.places()
    called = {one for kind, form in places for one in part.called(kind, form)}
    ids = await asking.above(connection, called) if called else set[str]()
    ids |= {one for kind, form in places for one in part.under(kind, form)}
    words, named = [words for words, _ in places], [form for _, form in places]
    rows = await connection.fetch(SQL["beside"], words, named, sorted(ids), mrid, own.began, own.ended, MOST_BESIDE)
    return [row["mrid"] for row in rows]


class OverlapWatch:
    """Wakes outages whose neighbours moved, until cancelled. One process of the service works at a time."""

    def __init__(self, ingest: Ingest, pool: asyncpg.Pool, clock: Clock, overlaps: Neighbourhood) -> None:
        self._ingest, self._pool, self._clock, self._overlaps = ingest, pool, clock, overlaps
        self._key = advisory_key(ingest.service.name, "overlaps")

    async def run(self) -> None:
        """Look now and then."""
        failing = (AGAIN_SECONDS, LOOK_SECONDS)
        await every(LOOK_SECONDS, self.look, cures=DATABASE, waits="outages at one place wait", failing=failing)

    async def look(self) -> None:
        """Do what there is to do, where no other process does."""
        if await self._pool.fetchval(SQL["behind"]):
            await steps_alone(self._pool, self._key, self.step)

    async def step(self) -> bool:
        """Look through some of the log; whether there is more.

        Raises:
            DATABASE: Postgres is away; whatever was committed stands.

        """
        async with self._pool.acquire() as connection:
            (row,) = await connection.fetch(SQL["window"], EVENTS_AT_ONCE)
            upto, more = row["upto"], row["more"]
            moved = [one["mrid"] for one in await connection.fetch(SQL["moved"], upto, list(MOVES))]
            woken: set[str] = set()
            if await asking.editions(connection):
                for start in range(0, len(moved), STREAMS_AT_ONCE):
                    async with connection.transaction():
                        woken |= await self._woken(connection, moved[start : start + STREAMS_AT_ONCE])
        now = self._clock.now()
        messages = [_message(mrid, upto, now) for mrid in sorted(woken)]
        if messages:
            await self._ingest.submit(messages)
        await self._pool.execute(SQL["looked"], upto)
        return bool(more)

    async def _woken(self, connection: Connection, mrids: Sequence[str]) -> set[str]:
        """Which outages are to look again, for these moved: those beside them now or before, and they themselves."""
        woken: set[str] = set()
        for mrid, state in (await self._overlaps.states(connection, mrids)).items():
            own, there = ever_off(state), await connection.fetchrow(SQL["known"], mrid)
            if own is None and there is None:
                continue
            beside = set(there["beside"]) if there is not None else set[str]()
            now = await self._beside(connection, mrid, own) if own is not None else set[str]()
            await self._put(connection, mrid, own, now, there)
            if now or beside:
                woken |= {mrid, *now, *beside}
        return woken

    async def _beside(self, connection: Connection, mrid: str, own: EverOff) -> set[str]:
        part = await self._overlaps.part(connection, mrid, own)
        return set[str]() if part is None else set(await at_places(connection, mrid, own, part))

    @staticmethod
    async def _put(connection: Connection, mrid: str, own: EverOff | None, beside: set[str], there: Any) -> None:
        """Keep where and when it was off, and who was beside it, where that is otherwise than was kept."""
        if own is None:
            await connection.execute(SQL["forget"], mrid)
            return
        places, kept = own.places(), _Kept(None, None, frozenset(), frozenset())
        if there is not None:
            at = frozenset(zip(there["words"], there["forms"], strict=True))
            kept = _Kept(there["began"], there["ended"], frozenset(there["beside"]), at)
        now = _Kept(own.began, own.ended, frozenset(beside), frozenset(places))
        if now == kept:
            return
        await connection.execute(SQL["put"], mrid, own.began, own.ended, sorted(beside))
        if now.places != kept.places:
            await connection.execute(SQL["clear_places"], mrid)
            columns = [one for one, _ in places], [form for _, form in places]
            await connection.execute(SQL["put_places"], mrid, *columns)


class _Kept(NamedTuple):
    """What stands in the tables of an outage."""

    began: datetime | None
    ended: datetime | None
    beside: frozenset[str]
    places: frozenset[tuple[str, str]]


def _message(mrid: str, upto: int, now: datetime) -> Message:
    data = OthersMoved(mrid=mrid)
    return Message(SOURCE, f"{mrid}/{upto}", OTHERS_MOVED, now, data, mrid, 0, stream=f"outage/{mrid}")
