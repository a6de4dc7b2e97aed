"""What is counted of outages, on a real PostgreSQL: tables are what views say, written where that changed, put anew at a start."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from operations.audit.projection import audit_figures
from operations.audit.report import Report
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CauseCleared, ExtentChanged, OutageMerged, OutageStarted, SupplyRestored
from services.restorer.tables.figures import SQL, renew_figures
from tests.kits.stack.tables.restorer import NOW, restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]


def minutes(count: float) -> Any:
    return NOW - timedelta(minutes=count)


def extent(line: str, customers: int) -> Extent:
    return Extent(lines=(line,), areas=("A",), customers_affected=customers)


def off(mrid: str, ago: float, line: str, customers: int = 100) -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class="fault", started_at=minutes(ago), extent=extent(line, customers))


def back(mrid: str, ago: float) -> SupplyRestored:
    return SupplyRestored(mrid=mrid, restored_at=minutes(ago))


async def counted(room: Room) -> list[tuple[Any, ...]]:
    rows = await room.pool.fetch(
        "select mrid, number, extract(epoch from $1 - off_from)::int / 60, extract(epoch from $1 - off_until)::int / 60, "
        "customers, known_by from interruption order by mrid, number",
        NOW,
    )
    return [tuple(row) for row in rows]


async def otherwise(room: Room) -> int:
    return len(await room.pool.fetch(SQL["otherwise"], "", 10))


async def test_steps_are_kept_as_they_come_to_be_known_and_only_where_they_change(restorer_room: Room) -> None:
    room = restorer_room
    await room.say_all(off("A", 60, "east"), off("B", 50, "west"))
    assert await counted(room) == [
        ("A", 1, 60, None, 100, "customersAffected"),
        ("B", 1, 50, None, 100, "customersAffected"),
    ]
    await room.say(ExtentChanged(mrid="A", changed_at=minutes(40), extent=extent("east", 30)))
    versions = "select version from counted_outage where mrid = 'A'"
    version = await room.pool.fetchval(versions)
    await room.say(CauseCleared(mrid="A", cleared_at=minutes(30)))
    assert await room.pool.fetchval(versions) == version, "a fact that moves no figure costs no row"
    await room.say(back("A", 20))
    assert [row[2:5] for row in await counted(room) if row[0] == "A"] == [(60, 40, 70), (60, 20, 30)]
    await room.say(ExtentChanged(mrid="A", changed_at=minutes(40), extent=extent("east", 100)))
    assert await otherwise(room) == 0


async def test_of_a_merged_outage_nothing_is_counted_twice(restorer_room: Room) -> None:
    room = restorer_room
    await room.say_all(off("A", 60, "east"), off("B", 50, "west"))
    await room.say(OutageMerged(mrid="A", into="B", merged_at=minutes(30)))
    assert [row[0] for row in await counted(room)] == ["B"]
    assert await otherwise(room) == 0


async def test_what_a_version_without_these_tables_left_out_is_put_at_the_next_start(restorer_room: Room) -> None:
    room = restorer_room
    await room.say_all(off("A", 60, "east"), off("B", 50, "west"), back("A", 20))
    wanted = await counted(room)
    await room.pool.execute("delete from counted_outage where mrid = 'A'")
    await room.pool.execute(
        "update interruption set customers = 7; update counted_outage set figures = '{}' where mrid = 'B'"
    )
    async with room.pool.acquire() as connection:
        assert await renew_figures(connection) == 2
        assert await renew_figures(connection) == 0
    assert await counted(room) == wanted


async def test_the_audit_names_an_outage_that_is_counted_wrong(restorer_room: Room) -> None:
    room = restorer_room
    await room.say_all(off("A", 60, "east"), off("B", 50, "west"), back("A", 20))
    assert await audited(room) == (2, [])
    await room.pool.execute("update interruption set customers = 7 where mrid = 'A'")
    checked, faults = await audited(room)
    assert checked == 2
    assert [fault.split(" is ")[0] for fault in faults] == ["outage A"]


async def audited(room: Room) -> tuple[int, list[str]]:
    report = Report()
    async with room.pool.acquire() as connection:
        await audit_figures(connection, report)
    (check,) = report.checks
    return check.checked, check.faults


async def test_an_older_word_does_not_overwrite_a_later_one(restorer_room: Room) -> None:
    room = restorer_room
    await room.say_all(off("A", 60, "east"), back("A", 20))
    wanted = await counted(room)
    empty = msgspec.json.encode({"interruptions": []}).decode()
    await room.pool.execute(SQL["put"], ["A"], [1], [empty])
    assert await counted(room) == wanted
