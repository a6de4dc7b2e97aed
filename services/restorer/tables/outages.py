"""Keep where outages are off, and read what a decision needs to know beside its outage: the network about it, and other outages.

What the places of an outage mean in the network is kept from when they are named: parts are restored by switching them over to
other lines, and whatever hangs on those since was part of this outage all the same.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from schemas.contracts.base import Extent, Shape
from schemas.contracts.dispatch import (
    CurtailmentOrdered,
    ExtentChanged,
    Fact,
    FaultReported,
    OutageCorrected,
    OutageReopened,
    OutageStarted,
    PlanBody,
    SupplyRestored,
)
from schemas.contracts.evidence.replies import SupplyDenied
from services.kernel.adapters.locks import advisory_key, lock_until_commit
from services.kernel.model import Message, Stream
from services.kernel.queries import queries
from services.merging.words import FactOfMerged
from services.network import asking, surroundings
from services.network.copy import renew_names
from services.places import FORM, normal
from services.places.extents import KINDS, names, says_nothing
from services.places.names import forms
from services.places.topology import NetworkPart
from services.restorer.domain.course.beside import NOTHING_BESIDE, Beside, OtherOutage, off_now
from services.restorer.domain.course.territory import asked
from services.restorer.domain.doubting import stood_by
from services.restorer.domain.events import FactAnswered, MetersLooked, SupplyJoins, TerritoryByModel
from services.restorer.domain.evidence.readings import PointReading
from services.restorer.domain.lifecycle import Course, course_of, latest_plan
from services.restorer.domain.state import SupplyState
from services.restorer.tables.kept_network import gone_places, kept_part, lacked_places, pack, places_of, unpack
from services.restorer.tables.merged import read_survivors
from services.restorer.tables.meters import keep_meters, readings_of, renew_readings

SQL = queries(Path(__file__).parents[1] / "sql" / "outages.sql")
FORM_LOCK = advisory_key("restorer", "place-form")
MOST_OTHERS: Final = 50
"""So many other outages are looked at; in a storm a substation may hold hundreds."""
ROWS_AT_ONCE: Final = 4_000
MOVES_PLACES = (
    OutageStarted
    | OutageCorrected
    | ExtentChanged
    | CurtailmentOrdered
    | SupplyRestored
    | OutageReopened
    | FactAnswered
    | SupplyJoins
    | SupplyDenied
    | MetersLooked
)
NAMES = (OutageStarted, ExtentChanged, CurtailmentOrdered, SupplyRestored)


async def read_beside(connection: Any, mrid: str, state: SupplyState, message: Message) -> Beside | None:
    """What is needed to judge `message`; None for what moves no places, and for an outage that is closed."""
    territory = await _territory(connection, mrid, state, message)
    beside = await _places(connection, mrid, state, message)
    return beside if territory is None else dataclasses.replace(beside or NOTHING_BESIDE, territory=territory)


async def _territory(connection: Any, mrid: str, state: SupplyState, message: Message) -> TerritoryByModel | None:
    fact = told_by(state, message.data)
    for extent in asked(state, fact) if fact is not None else ():
        found = await surroundings.territories_of(connection, list(places_of([extent])))
        return TerritoryByModel(mrid=mrid, territories=found.territories, network_models=found.models)
    return None


def told_by(state: SupplyState, data: object) -> Fact | None:
    """The fact that a message tells, or that a person's answer lets count; none of an outage that is closed."""
    if isinstance(data, FactOfMerged):
        data = data.fact()
    if isinstance(data, FactAnswered):
        question = state.questions.get(data.question_id)
        data = stood_by(state, question) if question is not None and data.accept else None
    return data if isinstance(data, Fact) and course_of(state).status != "closed" else None


async def _places(connection: Any, mrid: str, state: SupplyState, message: Message) -> Beside | None:
    fact = message.data.fact() if isinstance(message.data, FactOfMerged) else message.data
    survivors = await read_survivors(connection, state, fact)
    if not moves_places(state, fact):
        return Beside(survivors=survivors) if survivors else None
    part = await kept_part(connection, mrid, named_by(state, fact))
    readings = await readings_of(connection, *_seen_at(state, fact), part)
    restores = isinstance(fact, SupplyRestored | FactAnswered | SupplyDenied | MetersLooked | FaultReported)
    at = _asked_at(fact, readings, message)
    others = await _others(connection, mrid, _where(state), part, at) if restores else ()
    gone = await gone_places(connection, part, course_of(state).extent) if part is not None and state.network else ()
    lacked = await lacked_places(connection, part, [_where(state), *([fact.extent] if isinstance(fact, NAMES) else [])])
    if part is not None and others:
        # Only to know what they mean: what hangs on their places is not this outage's.
        more = await surroundings.part_of(connection, list(places_of(one.off for one in others)))
        part = part.with_more(more) if more is not None else part
    return Beside(part, gone, others, readings=readings, survivors=survivors, lacked=lacked)


def _seen_at(state: SupplyState, fact: object) -> tuple[list[Extent], datetime | None]:
    """Where meters are looked at, and since when: the outage as it is known, and what the fact says of it."""
    course = course_of(state)
    began = course.now.began or course.began
    said = [began.at] if began is not None else []
    if isinstance(fact, OutageStarted):
        said.append(fact.started_at)
    named = [fact.extent] if isinstance(fact, NAMES) else []
    points = Extent(usage_points=tuple(state.still_off.points()))
    return [course.extent, points, *named], min(said, default=None)


def _asked_at(fact: object, readings: Sequence[PointReading], message: Message) -> datetime:
    """As of when other outages are looked for: where power is back, or was read or said to be off."""
    if isinstance(fact, SupplyRestored):
        return fact.restored_at
    if isinstance(fact, SupplyDenied):
        return fact.said_at
    if isinstance(fact, FaultReported):
        return fact.reported_at
    return max((one.at for one in readings if not one.energised), default=message.recorded_at)


def moves_places(state: SupplyState, fact: object) -> bool:
    """Whether places have to be looked at for a fact.

    Plans, of which the last counts, say where an outage is only while nothing else does. So do reports, of which there may be
    thousands; once power was said to be back one of them may deny it.
    """
    if course_of(state).status in ("closed", "merged"):
        return False
    if isinstance(fact, FaultReported):
        return bool(state.of(SupplyRestored))
    if isinstance(fact, PlanBody):
        return bool(state.of(SupplyRestored)) and not _is_placed(state)
    return isinstance(fact, MOVES_PLACES)


def _is_placed(state: SupplyState) -> bool:
    """Whether a start or an order says where it is."""
    said: Iterator[Any] = (one for kind in (OutageStarted, CurtailmentOrdered) for one, _ in state.of(kind))
    return any(not says_nothing(one.extent) for one in said)


def named_by(state: SupplyState, fact: Any) -> Iterator[Extent]:
    """Every extent that may count on the walk."""
    if isinstance(fact, (*NAMES, PlanBody, FaultReported)):
        yield fact.extent
    if isinstance(fact, SupplyJoins):
        yield fact.extent
    yield from (one.extent for one in state.joined.values())
    for kind in NAMES:
        told: Collection[tuple[Any, str]] = state.of(kind)
        yield from (one.extent for one, _ in told)
    if (plan := latest_plan(state)) is not None:
        yield plan.extent
    if not _is_placed(state):
        yield state.reports.extent()


def _where(state: SupplyState) -> Extent:
    return course_of(state).extent


async def _others(
    connection: Any, mrid: str, extent: Extent, part: NetworkPart | None, at: datetime
) -> tuple[OtherOutage, ...]:
    """Other outages that were off at an instant at places of this one: found by what they name, above it or below."""
    mine = list(places_of([extent]))
    ids: set[str] = set()
    if part is not None and mine:
        own = {one for kind, form in mine for one in part.called(kind, form)}
        ids = await asking.above(connection, own)
        ids |= {one for kind, form in mine for one in part.under(kind, form)}
    if not mine:
        return ()
    words, named = [words for words, _ in mine], [form for _, form in mine]
    rows = await connection.fetch(SQL["at_places"], words, named, sorted(ids), mrid, at, MOST_OTHERS)
    if not rows:
        return ()
    placed: dict[tuple[str, bool], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in await connection.fetch(SQL["places_of"], [row["mrid"] for row in rows]):
        placed[row["mrid"], row["back"]][row["words"]].append(row["written"])

    def extent_of(other: str, *, back: bool) -> Extent:
        return replace(Extent(), **{kind: tuple(found) for kind, found in placed[other, back].items()})

    return tuple(
        OtherOutage(
            row["mrid"],
            replace(extent_of(row["mrid"], back=False), shape=_drawn(row["shape"])),
            extent_of(row["mrid"], back=True),
            row["began"],
            row["ended"],
        )
        for row in rows
    )


def _drawn(shape: str | None) -> Shape | None:
    return None if shape is None else msgspec.json.decode(shape, type=Shape)


async def keep(connection: Any, stream: Stream, before: SupplyState) -> None:
    """Bring the tables in line with an outage's state, where it is off otherwise than before."""
    await keep_meters(connection, stream, before)
    was, now = course_of(before), course_of(stream.state)
    mrid: str = stream.state.mrid
    if was.status != now.status and now.status in ("closed", "withdrawn", "merged"):
        await connection.execute(SQL["forget_part"], mrid)
    off = off_now(now)
    if off != off_now(was):
        await _put(connection, mrid, stream.version, off)
        await _put_back(connection, mrid, now)


async def _put(connection: Any, mrid: str, version: int, off: OtherOutage | None) -> None:
    if off is None:
        await connection.execute(SQL["forget_outage"], mrid)
        return
    shape = off.off.shape
    drawn = None if shape is None else msgspec.json.encode(shape).decode()
    if await connection.fetchval(SQL["put_outage"], mrid, version, off.began, off.ended, drawn) is None:
        return
    await connection.execute(SQL["clear_places"], mrid)
    for extent, back in ((off.off, False), (off.but, True)):
        rows = [
            (kind, form, name)
            for kind in KINDS
            for name, form in zip(names(extent, kind), forms(names(extent, kind)), strict=True)
            if form
        ]
        for start in range(0, len(rows), ROWS_AT_ONCE):
            columns = zip(*rows[start : start + ROWS_AT_ONCE], strict=True)
            await connection.execute(SQL["put_places"], mrid, *map(list, columns), back)


async def _put_back(connection: Any, mrid: str, course: Course) -> None:
    """Where parts of an outage gave power back: a meter there may deny it."""
    await connection.execute(SQL["clear_back_places"], mrid)
    if course.status not in ("partiallyRestored", "restored"):
        return
    rows = sorted(set(places_of(step.restored for step in course.now.steps)))
    for start in range(0, len(rows), ROWS_AT_ONCE):
        columns = zip(*rows[start : start + ROWS_AT_ONCE], strict=True)
        await connection.execute(SQL["put_back_places"], mrid, *map(list, columns))


class _Episode(msgspec.Struct, frozen=True):
    began: datetime | None = None


class _View(msgspec.Struct, frozen=True, rename="camel"):
    """An outage as its view shows it, whatever version wrote that."""

    m_rid: str = msgspec.field(name="mRID")
    remaining: Extent = Extent()
    remaining_but: Extent = Extent()
    started_at: datetime | None = None
    reported_at: datetime | None = None
    episodes: Sequence[_Episode] = ()


async def renew(connection: Any) -> int:
    """Put what a version that does not keep these tables has left out, by the views; of how many outages. At each start.

    Stored names come to be in the present normal form.
    """
    renewed = 0
    async with connection.transaction():
        await lock_until_commit(connection, FORM_LOCK)
        if await connection.fetchval(SQL["form"]) != FORM:
            await _renew_forms(connection)
        await connection.execute(SQL["forget_over"])
        known = {row["mrid"]: row["version"] for row in await connection.fetch(SQL["versions"])}
        async for row in connection.cursor(SQL["off_by_views"], prefetch=100):
            view = msgspec.json.decode(row["view"], type=_View)
            if known.get(view.m_rid) == row["version"] or says_nothing(view.remaining):
                continue
            began = view.episodes[-1].began if view.episodes else None
            off = OtherOutage("", view.remaining, view.remaining_but, began or view.started_at or view.reported_at)
            if view.m_rid in known and await _is_so(connection, view.m_rid, off):
                continue
            await _put(connection, view.m_rid, row["version"], off)
            renewed += 1
    return renewed


async def _renew_forms(connection: Any) -> None:
    await renew_names(connection)
    await renew_readings(connection)
    await connection.execute(SQL["forget_all"])
    async for row in connection.cursor(SQL["parts"], prefetch=10):
        kept = unpack(row["part"])
        called: dict[str, tuple[str, ...]] = {}
        for place, ids in kept.called.items():
            words, _, form = place.partition(":")
            key = f"{words}:{normal(form)}"
            called[key] = tuple(sorted({*called.get(key, ()), *ids}))
        await connection.execute(SQL["put_part"], row["mrid"], pack(replace(kept, called=called)))
    await connection.execute(SQL["set_form"], FORM)


async def _is_so(connection: Any, mrid: str, off: OtherOutage) -> bool:
    """Whether the tables say the same: most of what happens to an outage does not move its places."""
    rows = await connection.fetch(SQL["places_of"], [mrid])
    there = {(row["words"], row["form"], row["back"]) for row in rows}
    return there == {
        (kind, form, back) for extent, back in ((off.off, False), (off.but, True)) for kind, form in places_of([extent])
    }
