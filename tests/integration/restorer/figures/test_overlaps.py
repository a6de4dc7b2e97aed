"""Outages at one place, heard of in any order, on a real PostgreSQL: once they have looked, each customer is counted once."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import msgspec

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ExtentChanged, OutageStarted, OutageWithdrawn, SupplyRestored
from services.reliability import OutageFigures
from services.reliability.indices import indices_of
from services.reliability.once import counted_once
from services.restorer.tables.overlaps import Neighbourhood, OverlapWatch
from tests.kits.network.copied import brought
from tests.kits.network.models import element, whole
from tests.kits.stack.tables.restorer import NOW, restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]

CITY = [
    element("ss", "substation"),
    element("L1", "line", "ss", name="10千伏城东线"),
    element("T1", "transformer", "L1", name="城东1号公变"),
    element("T2", "transformer", "L1", name="城东2号公变"),
    *(element(f"P{number}", "usagePoint", "T1") for number in range(3)),
    *(element(f"Q{number}", "usagePoint", "T2") for number in range(4)),
]
LINE, FIRST = Extent(lines=("10千伏城东线",)), Extent(transformers=("城东1号公变",))
"""Seven customers, and three of them."""


def ago(minutes: float) -> Any:
    return NOW - timedelta(minutes=minutes)


def off(mrid: str, since: float, where: Extent) -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class="fault", started_at=ago(since), extent=where)


def back(mrid: str, at: float) -> SupplyRestored:
    return SupplyRestored(mrid=mrid, restored_at=ago(at))


async def look(room: Room) -> None:
    """All that moved is looked at by those beside it, and nothing is left to look at."""
    ingest = room.workers[0]
    watch = OverlapWatch(ingest, room.pool, room.clock, Neighbourhood(ingest.service))
    while await watch.step():
        pass


async def counted(room: Room) -> tuple[int, float]:
    rows = await room.pool.fetch("select mrid, figures::text as figures from counted_outage")
    found = {row["mrid"]: msgspec.json.decode(row["figures"], type=OutageFigures).interruptions for row in rows}
    made = indices_of(counted_once(found).groups, 7, timedelta(days=1), NOW)
    return made.customers_interrupted, made.customer_minutes


WORDS = (off("A", 60, LINE), back("A", 40), off("B", 50, FIRST), back("B", 20))
"""The line for twenty minutes; one transformer of it goes on for twenty more."""


async def test_each_is_counted_once_in_whatever_order_they_are_heard_of(restorer_room: Room) -> None:
    room = restorer_room
    await brought(room.pool, *CITY, whole(CITY))
    for number, order in enumerate(permutations(WORDS)):
        names = {"A": f"A{number}", "B": f"B{number}"}
        for word in order:
            await room.say(msgspec.structs.replace(word, mrid=names[word.mrid]))
        await look(room)
        assert await counted(room) == (7, 4 * 20.0 + 3 * 40.0), order
        for mrid in names.values():
            await room.say(OutageWithdrawn(mrid=mrid, withdrawn_at=ago(10)))


async def test_one_that_is_heard_of_when_the_other_is_closed_and_its_places_are_kept_no_more(
    restorer_room: Room,
) -> None:
    room = restorer_room
    await brought(room.pool, *CITY, whole(CITY))
    await room.say_all(off("A", 60, LINE), back("A", 40))
    await look(room)
    room.clock.advance(timedelta(days=2))
    await room.fires("A", "close")
    assert (await room.view("A"))["status"] == "closed"
    await room.say_all(off("B", 50, FIRST), back("B", 20))
    await look(room)
    assert await counted(room) == (7, 4 * 20.0 + 3 * 40.0)


async def test_one_that_grows_since_holds_more_and_one_that_never_was_nobody(restorer_room: Room) -> None:
    room = restorer_room
    await brought(room.pool, *CITY, whole(CITY))
    await room.say_all(off("A", 60, LINE), back("A", 40), off("B", 50, Extent(usage_points=("P1",))), back("B", 20))
    await look(room)
    assert await counted(room) == (7, 6 * 20.0 + 40.0)
    await room.say(ExtentChanged(mrid="B", changed_at=ago(45), extent=FIRST))
    await look(room)
    assert await counted(room) == (7, 4 * 20.0 + 3 * 40.0)
    await room.say(OutageWithdrawn(mrid="B", withdrawn_at=ago(5)))
    await look(room)
    assert await counted(room) == (7, 7 * 20.0)
    view = await room.view("A")
    assert [one.get("held") for one in view["figures"]["interruptions"]] == [None], "A says so itself"


async def test_whoever_looks_again_says_nothing_new_and_wakes_nobody(restorer_room: Room) -> None:
    room = restorer_room
    await brought(room.pool, *CITY, whole(CITY))
    await room.say_all(*WORDS)
    await look(room)
    events = await room.pool.fetchval("select count(*) from event")
    await room.pool.execute("update overlaps_looked set position = 0")
    await look(room)
    assert await room.pool.fetchval("select count(*) from event") == events
    assert not await room.pool.fetchval("select exists(select from event where type = 'others.moved.v1')")


async def test_without_a_network_nobody_is_woken(restorer_room: Room) -> None:
    room = restorer_room
    await room.say_all(*WORDS)
    await look(room)
    assert await room.pool.fetchval("select count(*) from ever_off") == 0
    assert await room.pool.fetchval("select count(*) from inbox where source = '/outage/restorer/overlaps'") == 0
