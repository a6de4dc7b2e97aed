"""Where plans meet, on a real PostgreSQL: the last place of a year, overlaps, and tables that follow the log."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from schemas.contracts.base import Extent, Wire
from schemas.contracts.dispatch import CurtailmentOrdered, OutageCorrected, OutageWithdrawn, PlannedCancelled
from services.planner.tables.booked_work import SQL, renew
from services.plausibility import question_of
from tests.kits.deciders.planner import LAWFUL, NOW, amend, at, classified, request, span, started
from tests.kits.stack.tables.planner import LATER, MILL, counted, room
from tests.kits.stack.tables.room import Room

__all__ = ["room"]


async def test_two_requests_judged_at_the_same_moment_by_two_workers_cannot_both_take_the_last_place(
    room: Room,
) -> None:
    plans = [request(mrid=f"P-{n}", extent=MILL, period=LAWFUL) for n in range(12)]
    outcomes = await asyncio.gather(*(room.say(plan, n % 4) for n, plan in enumerate(plans)))
    reasons = sorted(outcome.reason for outcome in outcomes)
    assert reasons == ["published", *["yearly-budget-used"] * 11]
    assert len(await counted(room)) == 1


async def test_work_withdrawn_gives_its_place_back_and_work_begun_does_not(room: Room) -> None:
    await room.say(request(mrid="P-1", extent=MILL))
    await room.say(PlannedCancelled(mrid="P-1", revision_number=2, cancelled_at=NOW))
    assert await counted(room) == []
    assert (await room.say(request(mrid="P-2", extent=MILL))).reason == "published"
    await room.say(_began("P-2"))
    await room.say(PlannedCancelled(mrid="P-2", revision_number=2, cancelled_at=NOW))
    assert await counted(room) == ["P-2"]
    assert (await room.say(request(mrid="P-3", extent=MILL, period=LATER))).reason == "yearly-budget-used"


async def test_work_that_there_was_not_gives_its_place_back_though_it_was_said_to_have_begun(room: Room) -> None:
    await room.say(request(mrid="P-1", extent=MILL))
    await room.say(_began("P-1"))
    assert await counted(room) == ["P-1"]
    early = OutageWithdrawn(mrid="P-1", withdrawn_at=LAWFUL.start - timedelta(minutes=10))
    assert (await room.say(early)).reason == "begun-since"
    assert await counted(room) == ["P-1"], "it was said of another time"
    assert (await room.say(replace(early, confirms=question_of(early)))).reason == "outage-withdrawn"
    assert await counted(room) == []
    assert (await room.say(request(mrid="P-2", extent=MILL))).reason == "published"


async def test_work_counts_in_the_year_in_which_it_began_after_all(room: Room) -> None:
    await room.say(request(mrid="P-1", extent=MILL))
    await room.say(_began("P-1"))
    sooner = LAWFUL.start - timedelta(minutes=40)
    word = OutageCorrected(mrid="P-1", corrected_at=LAWFUL.start + timedelta(hours=1), started_at=sooner)
    assert (await room.say(word)).reason == "started-early"
    assert await room.pool.fetchval("select starts_at from work where mrid = 'P-1'") == sooner


async def test_it_does_so_too_where_the_correction_came_before_the_start(room: Room) -> None:
    await room.say(request(mrid="P-1", extent=MILL))
    later = LAWFUL.start + timedelta(minutes=40)
    await room.say(OutageCorrected(mrid="P-1", corrected_at=LAWFUL.start + timedelta(hours=1), started_at=later))
    await room.say(_began("P-1"))
    assert await room.pool.fetchval("select starts_at from work where mrid = 'P-1'") == later


async def test_a_fault_that_was_work_uses_up_the_year_and_gives_it_back_when_it_was_one_after_all(room: Room) -> None:
    outcome = await room.say(_is("planned", "F-1", "2026-03-12 08:20"))
    assert outcome.reason == "started-without-notice"
    assert await counted(room) == ["F-1"]
    assert (await room.say(request(mrid="P-3", extent=MILL, period=LATER))).reason == "yearly-budget-used"
    assert (await room.say(_is("fault", "F-1", "2026-03-12 08:30"))).reason == "reclassified-as-fault"
    assert await counted(room) == []
    assert (await room.say(request(2, mrid="P-3", extent=MILL, period=LATER))).reason == "published"


async def test_a_fault_that_was_the_work_of_a_plan_is_covered_by_its_notice_and_counts_once_with_it(room: Room) -> None:
    dam = replace(MILL, usage_points=("UP-10",), nominal_voltage=10)
    await room.say(request(mrid="P-1", extent=dam))
    assert (await room.say(_is("planned", "F-1", "2026-03-12 08:20", extent=dam, plan_mrid="P-1"))).reason == (
        "reclassified-as-work"
    )
    assert await counted(room) == ["F-1", "P-1"]
    # Three a year are allowed there: with this one there are two.
    for number, month in ((2, "05"), (3, "07")):
        period = span(f"2026-{month}-12 08:00", f"2026-{month}-12 17:00")
        assert (await room.say(request(mrid=f"P-{number}", extent=dam, period=period))).reason == "published"
    assert (await room.say(request(mrid="P-4", extent=dam, period=LATER))).reason == "yearly-budget-used"


async def test_it_counts_though_the_plan_that_it_was_is_closed_as_not_carried_out(room: Room) -> None:
    await room.say(request(mrid="P-1", extent=MILL))
    await room.say(_is("planned", "F-1", "2026-03-12 08:20", plan_mrid="P-1"))
    await room.say(PlannedCancelled(mrid="P-1", revision_number=2, cancelled_at=NOW))
    assert await counted(room) == ["F-1"]
    assert (await room.say(request(mrid="P-3", extent=MILL, period=LATER))).reason == "yearly-budget-used"


async def test_the_plan_that_is_named_has_to_have_been_noticed_then(room: Room) -> None:
    await room.say(request(mrid="P-1", extent=MILL))
    await room.say(PlannedCancelled(mrid="P-1", revision_number=2, cancelled_at=NOW))
    word = _is("planned", "F-1", "2026-03-12 08:20", plan_mrid="P-1")
    assert (await room.say(word)).reason == "started-without-notice"
    other = _is("planned", "F-2", "2026-03-12 08:20", plan_mrid="P-0")
    assert (await room.say(other)).reason == "started-without-notice", "of that plan nobody has heard"


async def test_work_that_was_a_fault_is_booked_as_it_is_noticed(room: Room) -> None:
    await room.say(request(mrid="P-1", extent=MILL))
    await room.say(_began("P-1"))
    await room.say(_is("fault", "P-1", "2026-03-12 08:20", was="planned"))
    row = await room.pool.fetchrow("select standing, counted, starts_at from work where mrid = 'P-1'")
    assert (row["standing"], row["counted"], row["starts_at"]) == ("noticed", True, LAWFUL.start)
    assert (await room.say(PlannedCancelled(mrid="P-1", revision_number=2, cancelled_at=NOW))).reason == "withdrawn"
    assert await counted(room) == []


async def test_planned_work_that_began_without_a_plan_counts_too(room: Room) -> None:
    outcome = await room.say(_began("P-9"), source="connectors/feed")
    assert outcome.reason == "source-sends-no-plans"
    assert (await room.say(request(mrid="P-3", extent=MILL, period=LATER))).reason == "yearly-budget-used"


async def test_an_overlap_on_one_line_is_offered_to_be_merged(room: Room) -> None:
    await room.say(request(mrid="P-1", extent=Extent(lines=("10千伏城东线",), areas=("中山路",))))
    evening = span("2026-03-12 15:00", "2026-03-12 20:00")
    await room.say(request(mrid="P-2", extent=Extent(lines=("10千伏城东线",), areas=("人民路",)), period=evening))
    (row,) = await room.pool.fetch(
        "select data from event where stream_id = 'outage/P-2' and type = 'plan.accepted.v1'"
    )
    assert '"other":"P-1","offer":"merge"' in row["data"]


async def test_work_that_began_without_a_plan_is_offered_though_nobody_said_how_long_it_lasts(room: Room) -> None:
    await room.say(replace(started(), mrid="O-1", extent=MILL), source="connectors/feed")
    assert await room.pool.fetchval("select ends_at = starts_at from work where mrid = 'O-1'")
    await room.say(request(mrid="P-1", extent=MILL))
    (overlap,) = (await room.last("P-1", "plan.%"))["overlaps"]
    assert overlap["other"] == "O-1"
    assert overlap["otherPeriod"] == {"start": "2026-03-12T00:00:00Z", "end": "2026-03-12T00:01:00Z"}


async def test_ten_thousand_usage_points_are_booked_and_found_again(room: Room) -> None:
    many = Extent(
        lines=("10千伏城东线",),
        areas=("城东",),
        usage_points=tuple(f"UP-{n:05}" for n in range(10_000)),
        nominal_voltage=10,
    )
    assert (await room.say(request(mrid="P-1", extent=many))).reason == "published"
    one = Extent(lines=("10千伏城西线",), areas=("城西",), usage_points=("UP-07777",), nominal_voltage=10)
    await room.say(request(mrid="P-2", extent=one))
    rows = await room.pool.fetch(
        SQL["used"], ["usagePoint:up-07777"], "P-3", at("2026-01-01 00:00"), at("2027-01-01 00:00")
    )
    assert {row["mrid"] for row in rows} == {"P-1", "P-2"}


async def test_a_plan_too_large_to_publish_is_refused_by_name(room: Room) -> None:
    vast = Extent(
        lines=("10千伏城东线",),
        areas=("城东",),
        usage_points=tuple(f"UP-{n:07}" for n in range(60_000)),
        nominal_voltage=10,
    )
    assert (await room.say(request(mrid="P-1", extent=vast))).reason == "plan-too-large"


async def test_a_curtailment_taken_back_before_it_begins_is_no_step_in_force(room: Room) -> None:
    order = CurtailmentOrdered(
        mrid="C-1", ordered_at=NOW, planned_period=LAWFUL, extent=MILL, scheme_id="summer-2026", scheme_step=1
    )
    await room.say(order)
    assert await room.pool.fetchval("select count(*) from curtailment_step") == 1
    assert (await room.say(PlannedCancelled(mrid="C-1", revision_number=1, cancelled_at=NOW))).reason == "withdrawn"
    assert await room.pool.fetchval("select count(*) from curtailment_step") == 0


def _is(kind: str, mrid: str, said: str, *, was: str = "fault", extent: Extent = MILL, **more: str) -> Wire:
    """What the restorer makes of dispatch's word on what it is."""
    return replace(classified(kind, said, was=was, extent=extent, **more), mrid=mrid)


def _began(mrid: str) -> Wire:
    fact = started()
    return type(fact)(mrid=mrid, outage_class="planned", started_at=fact.started_at, extent=MILL)


@pytest.mark.parametrize("point", ["up-35", "ＵＰ－３５", "UP\u201035", "UP-35\u200b"])
async def test_the_year_of_a_usage_point_is_not_evaded_by_another_way_to_write_it(room: Room, point: str) -> None:
    await room.say(request(mrid="P-1", extent=MILL))
    again = Extent(lines=MILL.lines, areas=MILL.areas, usage_points=(point,), nominal_voltage=35)
    assert (await room.say(request(mrid="P-2", extent=again, period=LATER))).reason == "yearly-budget-used"
    (row,) = await room.pool.fetch("select data from event where type = 'plan.rejected.v1'")
    assert f"{point} used up by P-1" in row["data"], "named as the plan writes it"


async def test_places_of_a_version_before_count_as_they_stand_and_once_they_are_renewed(room: Room) -> None:
    await room.say(request(mrid="P-1", extent=MILL))
    # As the version before stored it.
    await room.pool.execute("update work_place set place = 'usagePoint:UP-35' where starts_with(place, 'usagePoint:')")
    full = Extent(lines=("ＬＩＮＥ",), areas=MILL.areas, usage_points=("ＵＰ－３５",), nominal_voltage=35)
    same = Extent(lines=("ＬＩＮＥ",), areas=MILL.areas, usage_points=("UP-35",), nominal_voltage=35)
    assert (await room.say(request(mrid="P-2", extent=same, period=LATER))).reason == "yearly-budget-used"
    async with room.pool.acquire() as connection:
        assert await renew(connection) == 1
        assert await renew(connection) == 0, "once for each form"
    assert (await room.say(request(mrid="P-3", extent=full, period=LATER))).reason == "yearly-budget-used"


async def test_a_notice_that_names_no_place_leaves_booked_what_was_booked(room: Room) -> None:
    await room.say(request(mrid="P-1", extent=MILL))
    silent = Extent(nominal_voltage=35, customers_affected=1)
    await room.say(amend(2, mrid="P-1", extent=silent, safety_cut=True))
    assert (await room.say(request(mrid="P-2", extent=MILL, period=LATER))).reason == "yearly-budget-used"
