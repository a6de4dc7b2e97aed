"""What counts against a year and what is offered, in the planner's tables: what happened, not only what was planned."""

import json
from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import OutageStarted
from schemas.contracts.notices import NoticeClosed
from schemas.contracts.restorations import RestorationConfirmed
from services.kernel.model import Event
from services.planner.tables.booked_work import WorkRows
from tests.kits.deciders.planner import LAWFUL, NOW, amend, at, cancel, request, span
from tests.kits.stack.tables.planner import LATER, MILL, counted, room
from tests.kits.stack.tables.room import Room

__all__ = ["room"]
TWO = replace(MILL, usage_points=("UP-35", "UP-36"))
OTHER = replace(MILL, usage_points=("UP-36",))


def begun(mrid: str, extent: Extent = MILL, kind: str = "planned") -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class=kind, started_at=NOW, extent=extent)  # type: ignore[arg-type]


def _event(data: NoticeClosed) -> Event:
    return Event("outage/P-1", 9, UUID(int=9), "notice.closed.v1", data, NOW, "timer", "noticed-work-not-begun")


async def asks(room: Room, mrid: str, extent: Extent = MILL, period: Period = LATER) -> str:
    return (await room.say(request(mrid=mrid, extent=extent, period=period))).reason


async def test_planned_work_that_its_start_calls_temporary_keeps_its_place_in_the_year(room: Room) -> None:
    await asks(room, "P-1", period=LAWFUL)
    await room.say(begun("P-1", kind="temporary"))
    assert await asks(room, "P-2") == "yearly-budget-used"


async def test_usage_points_cut_beyond_the_notice_have_had_their_year(room: Room) -> None:
    await asks(room, "P-1", period=LAWFUL)
    await room.say(begun("P-1", TWO))
    assert await asks(room, "P-2", OTHER) == "yearly-budget-used"


async def test_work_that_began_in_the_old_year_keeps_its_place_there_when_its_end_comes_sooner(room: Room) -> None:
    await asks(room, "P-1", period=LAWFUL)
    await room.say(begun("P-1"))
    await room.say(amend(2, span("2026-03-12 08:00", "2026-03-12 12:00"), MILL, mrid="P-1"))
    assert await room.pool.fetchval("select starts_at from work where mrid = 'P-1'") == NOW


async def test_temporary_work_takes_no_place(room: Room) -> None:
    await room.say(request(mrid="T-1", extent=MILL, outage_class="temporary", safety_cut=True))
    assert await counted(room) == []
    assert await asks(room, "P-2") == "published"


async def test_work_that_was_not_carried_out_gives_its_place_back(room: Room) -> None:
    await asks(room, "P-1", period=LAWFUL)
    closed = NoticeClosed(
        mrid="P-1", notice_id="P-1/1", version=1, closed_at=NOW, outcome="not-carried-out", noticed_period=LAWFUL
    )
    async with room.pool.acquire() as connection:
        await WorkRows().apply(connection, [_event(closed)])
    assert await asks(room, "P-2") == "published"


async def test_an_amendment_to_other_usage_points_gives_the_first_ones_back(room: Room) -> None:
    await asks(room, "P-1", period=LAWFUL)
    assert (await room.say(amend(2, LATER, OTHER, mrid="P-1"))).reason == "moved"
    assert await asks(room, "P-2", MILL) == "published"
    assert await asks(room, "P-3", OTHER) == "yearly-budget-used"


async def test_a_plan_amended_does_not_count_against_itself(room: Room) -> None:
    await asks(room, "P-1", period=LAWFUL)
    assert (await room.say(amend(2, LATER, MILL, mrid="P-1"))).reason == "moved"


async def _offers(room: Room, mrid: str) -> list[str]:
    data = await room.pool.fetchval(
        "select data->'overlaps' from event where stream_id = $1 and type = 'plan.accepted.v1'", f"outage/{mrid}"
    )
    return [one["other"] for one in json.loads(data or "[]")]


async def test_work_that_is_done_is_not_offered_to_be_merged(room: Room) -> None:
    day = Period(start=NOW, end=NOW + timedelta(hours=9))
    await room.say(request(mrid="P-1", extent=MILL, period=day, outage_class="temporary", safety_cut=True))
    await room.say(begun("P-1", kind="temporary"))
    back = NOW + timedelta(minutes=10)
    await room.say(
        RestorationConfirmed(mrid="P-1", restored_at=back, confirmed_at=back, outage_class="temporary", reason="x")
    )
    evening = Period(start=NOW + timedelta(hours=4), end=NOW + timedelta(hours=5))
    await room.say(request(mrid="P-2", extent=MILL, period=evening, outage_class="temporary", safety_cut=True))
    assert await _offers(room, "P-2") == []


async def test_a_hundred_refusals_at_a_place_do_not_hide_the_work_that_is_noticed_there(room: Room) -> None:
    line = Extent(lines=("10千伏城东线",), areas=("中山路一带",))
    await room.say(request(mrid="N-1", extent=line, period=LAWFUL))
    for number in range(101):
        nowhere = Extent(lines=line.lines)
        await room.say(
            request(mrid=f"R-{number:03}", extent=nowhere, period=span("2026-03-12 07:00", "2026-03-12 17:00"))
        )
    await room.say(request(mrid="P-2", extent=line, period=LAWFUL))
    assert "N-1" in await _offers(room, "P-2")


async def test_a_list_too_long_to_carry_parks_nothing_and_the_notice_can_still_be_taken_down(room: Room) -> None:
    bare = Extent(lines=("10千伏城东线",), areas=("中山路一带",))
    await room.say(request(mrid="P-1", extent=bare))
    points = tuple(f"UP-{n:06}" for n in range(100_000))
    assert (await room.say(amend(2, extent=replace(bare, usage_points=points), mrid="P-1"))).reason == "plan-too-large"
    taken = replace(cancel(3), mrid="P-1", cancelled_at=at("2026-03-02 10:00"))
    assert (await room.say(taken)).reason == "withdrawn"
