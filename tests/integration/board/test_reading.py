"""A fact that the services are told, as the board reads it: at once, corrected by late ones, hidden where it must be."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
from msgspec import structs

from schemas.contracts.all_types import STRUCTS
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import (
    CrewStatus,
    CurtailmentOrdered,
    ErtChanged,
    FaultReported,
    OutageCorrected,
    OutageReopened,
    OutageStarted,
    OutageWithdrawn,
    SupplyRestored,
)
from services.board.domain.points import point_digest
from services.board.domain.public import PublicNotice, PublicOutage
from services.board.rendering.ports import NothingRead
from services.planner.domain.field.curtailment_scheme import Scheme
from services.wording.notice_digest import notice_digest
from tests.kits.deciders.planner import LAWFUL, NOW, amend, at, cancel, request, restored, span, started
from tests.kits.network.copied import brought
from tests.kits.network.models import element, whole
from tests.kits.stack.tables.board import SALT, BoardRoom, board_room, reader
from tests.kits.stack.tables.plans import nodes

EAST = Extent(
    lines=("10千伏城东线",),
    areas=("中山路一带",),
    transformers=("中山路1号公变",),
    usage_points=("UP-1",),
    customers_affected=510,
)
CITY = [
    element("ss", "substation"),
    element("L1", "line", "ss", name="10千伏城东线", kilovolts=10),
    structs.replace(
        element("L2", "line", "ss", name="35千伏钢厂线", kilovolts=35), dedicated=True, public_name="35千伏专用线路1号"
    ),
    structs.replace(element("L3", "line", "ss", name="35千伏铝厂线", kilovolts=35), dedicated=True),
    element("D1", "area", name="城东区"),
    element("A1", "area", name="中山路一带", areas=("D1",)),
    element("T1", "transformer", "L1", name="中山路1号公变", areas=("A1",)),
    structs.replace(element("T2", "transformer", "L1", name="电子厂专变", areas=("A1",), kilovolts=10), dedicated=True),
]
SCHEME = Scheme("DJ-2026", "东江市2026年有序用电方案", {1: ("35千伏钢厂线",), 2: ("35千伏铝厂线",)})


@pytest.fixture
async def room(postgres: str) -> AsyncIterator[BoardRoom]:
    async with board_room(postgres, NOW, SCHEME) as made:
        yield made


def minutes(number: float) -> datetime:
    return NOW + timedelta(minutes=number)


def fault(mrid: str = "F-1", extent: Extent = EAST, **more: Any) -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class="fault", started_at=NOW, extent=extent, **more)


async def outage(room: BoardRoom, mrid: str = "F-1") -> PublicOutage:
    return {one.mrid: one for one in (await room.shows()).outages}[mrid]


async def notice(room: BoardRoom) -> PublicNotice:
    (one,) = (await room.shows()).notices
    return one


async def test_an_outage_from_its_first_word_to_power_back(room: BoardRoom) -> None:
    await room.happens(fault(confirmed=False, cause="挖断电缆"))
    predicted = await outage(room)
    assert (predicted.status, predicted.cause, predicted.crew) == ("predicted", None, "none"), (
        "a guess is told to nobody"
    )
    assert predicted.places.areas == ("中山路一带",)
    assert predicted.count.customers == 510
    room.clock.advance(timedelta(minutes=5))
    await room.happens(
        fault(cause="施工挖断电缆", next_update_at=minutes(60)),
        CrewStatus(mrid="F-1", crew_status="enroute", at=minutes(5), crew_id="CREW-7"),
    )
    off = await outage(room)
    assert (off.status, off.cause, off.crew, off.began_at) == ("confirmed", "施工挖断电缆", "on-the-way", NOW)
    assert (off.expected_at, off.next_word_at) == (None, minutes(60))
    room.clock.advance(timedelta(minutes=15))
    await room.happens(ErtChanged(mrid="F-1", changed_at=minutes(20), ert=minutes(120), ert_source="operator Chen"))
    told = await outage(room)
    assert [(word.said_at, word.expected_at) for word in told.said_times] == [(NOW, None), (minutes(20), minutes(120))]
    assert told.expected_at == minutes(120)
    room.clock.advance(timedelta(minutes=70))
    await room.happens(SupplyRestored(mrid="F-1", restored_at=minutes(80)))
    back = await outage(room)
    assert (back.status, back.restored_at, back.expected_at) == ("restored", minutes(80), None)
    assert back.cause == "施工挖断电缆"


async def test_a_late_fact_corrects_what_is_shown(room: BoardRoom) -> None:
    await room.happens(fault(cause="雷击"), SupplyRestored(mrid="F-1", restored_at=minutes(30)))
    assert (await outage(room)).status == "restored"
    room.clock.advance(timedelta(minutes=40))
    await room.happens(
        OutageReopened(mrid="F-1", reopened_at=minutes(31)),
        OutageCorrected(mrid="F-1", corrected_at=minutes(10), started_at=minutes(-10), cause="树木碰线"),
    )
    again = await outage(room)
    assert (again.status, again.restored_at, again.began_at) == ("confirmed", None, minutes(31))
    assert again.cause is None, "what caused the first is not known to be the cause of this"
    await room.happens(OutageCorrected(mrid="F-1", corrected_at=minutes(35), cause="电缆老化"))
    assert (await outage(room)).cause == "电缆老化"
    room.clock.advance(timedelta(minutes=1))
    await room.happens(OutageWithdrawn(mrid="F-1", withdrawn_at=minutes(41)))
    assert (await outage(room)).status == "withdrawn"


async def test_a_part_that_is_back_is_a_step_and_those_without_power_are_counted(room: BoardRoom) -> None:
    await brought(room.restorer.pool, *CITY, whole(CITY))
    two = structs.replace(
        EAST, transformers=("中山路1号公变", "中山路2号公变"), usage_points=(), customers_affected=900
    )
    await room.happens(fault(extent=two))
    room.clock.advance(timedelta(minutes=30))
    part = SupplyRestored(
        mrid="F-1", restored_at=minutes(20), scope="part", extent=Extent(transformers=("中山路2号公变",))
    )
    await room.happens(part)
    shown = await outage(room)
    assert shown.status == "partly-restored"
    (step,) = shown.steps
    assert step.restored.transformers == ("中山路2号公变",)
    assert step.remaining.transformers == ("中山路1号公变",)


async def test_a_round_reads_only_what_changed_and_the_next_whole_one_says_the_same(room: BoardRoom) -> None:
    await room.happens(*(fault(f"F-{n}") for n in range(8)))
    await room.plans(request())
    await room.stands(NOW)
    first = await room.reads()
    assert first.changed == 9
    again = await room.reads()
    assert (again.changed, again.board) == (0, first.board)
    assert all(one is other for one, other in zip(again.board.outages, first.board.outages, strict=True))
    room.clock.advance(timedelta(minutes=1))
    await room.happens(ErtChanged(mrid="F-3", changed_at=minutes(1), ert=minutes(90)))
    third = await room.reads()
    assert third.changed == 1
    moved = [one.mrid for one, was in zip(third.board.outages, first.board.outages, strict=True) if one is not was]
    assert moved == ["F-3"]
    fresh = await reader(room.clock).read(room.board)
    assert fresh.board == third.board
    room.clock.advance(timedelta(minutes=11))
    whole_again = await room.reads()
    assert whole_again.changed == 9
    assert whole_again.board == third.board
    assert all(one is other for one, other in zip(whole_again.board.outages, third.board.outages, strict=True))


async def test_what_a_round_asks_is_found_by_indexes_made_for_it(room: BoardRoom) -> None:
    """On few rows PostgreSQL rather reads the whole table: it is told that this is dear."""
    await room.happens(*(fault(f"F-{n}") for n in range(60)))
    await room.admin.execute("analyze restorer.event, restorer.live")
    await room.admin.execute("set enable_seqscan = off; set enable_bitmapscan = off")
    asked = {
        "position > 1000000": {"event_pkey", "live_pkey"},
        "is_open": {"live_open", "event_stream_id_version_key"},
        "is_over and ended_at > '2026-01-01Z'": {"live_over", "event_stream_id_version_key"},
    }
    for condition, indexes in asked.items():
        found = await nodes(room.admin, f"select mrid from restorer.board_outage where {condition}")
        assert {one["Index Name"] for one in found if "Index Name" in one} >= indexes, condition


async def test_reports_and_promises_are_no_news_to_the_public(room: BoardRoom) -> None:
    await room.happens(fault())
    before = await outage(room)
    room.clock.advance(timedelta(minutes=3))
    await room.happens(FaultReported(mrid="F-1", report_id="R-1", reported_at=minutes(3), extent=EAST))
    after = await outage(room)
    assert after == before


async def test_of_few_customers_neither_the_number_nor_line_nor_transformer_is_shown(room: BoardRoom) -> None:
    await room.happens(fault(extent=structs.replace(EAST, customers_affected=3)))
    shown = await outage(room)
    assert (shown.count.customers, shown.count.few) == (None, True)
    assert (shown.places.lines, shown.places.transformers, shown.places.areas) == ((), (), ("中山路一带",))


async def test_who_is_served_alone_is_shown_by_a_public_name(room: BoardRoom) -> None:
    await brought(room.restorer.pool, *CITY, whole(CITY))
    where = Extent(
        lines=("35 kV 钢厂线", "35千伏铝厂线", "10千伏城东线"),
        transformers=("电子厂专变", "中山路1号公变"),
        customers_affected=600,
    )
    await room.happens(fault(extent=where))
    places = (await outage(room)).places
    assert places.lines == ("35千伏专用线路1号", "35千伏专用线路", "10千伏城东线")
    assert places.transformers == ("10千伏专用变压器", "中山路1号公变")
    assert places.districts == ("中山路一带",), "nothing names a district, the areas of what is named do"


async def test_lists_are_grouped_by_the_area_in_which_an_area_lies(room: BoardRoom) -> None:
    await brought(room.restorer.pool, *CITY, whole(CITY))
    await room.happens(fault())
    assert (await outage(room)).places.districts == ("城东区",)


async def test_a_notice_with_its_versions_and_its_outcome(room: BoardRoom) -> None:
    await room.plans(
        request(extent=structs.replace(EAST, usage_points=("UP-9",)), reason="更换开关", requested_by="王工")
    )
    first = await notice(room)
    assert (first.state, first.outage_class, len(first.versions)) == ("in-force", "planned", 1)
    said = first.now
    assert (said.starts_at, said.ends_at, said.reason) == (LAWFUL.start, LAWFUL.end, "更换开关")
    assert said.places.lines == ("10千伏城东线",)
    assert "停电线路:10千伏城东线" in said.text["zh-CN"].split("\n")
    published = msgspec.convert(
        await room.planner.last(first.mrid, "notice.published.v1"), STRUCTS["notice.published.v1"]
    )
    assert said.digest == notice_digest(published)  # type: ignore[arg-type]
    room.clock.advance(timedelta(hours=1))
    moved = span("2026-03-16 08:00", "2026-03-16 17:00")
    await room.plans(amend(2, moved, EAST))
    second = await notice(room)
    assert [one.change for one in second.versions] == [None, "moved"]
    assert (second.now.starts_at, second.state) == (moved.start, "in-force")
    room.clock.advance(at("2026-03-16 18:00") - room.clock.now())
    await room.plans(started("2026-03-16 08:00"), restored("2026-03-16 16:40"))
    over = await notice(room)
    assert (over.state, over.outcome, over.restored_at) == ("closed", "carried-out", at("2026-03-16 16:40"))
    assert "已完成" in over.end_text["zh-CN"]
    room.clock.advance(timedelta(minutes=5))
    await room.plans(restored("2026-03-16 17:30"))
    late = await notice(room)
    assert (late.outcome, late.restored_at) == ("carried-out-late", at("2026-03-16 17:30"))
    assert (await reader(room.clock).read(room.board)).board.notices == (late,)


async def test_a_withdrawn_notice_says_why_by_name_and_not_in_dispatchs_words(room: BoardRoom) -> None:
    await room.plans(request())
    room.clock.advance(timedelta(hours=1))
    await room.plans(structs.replace(cancel(2), reason="客户张三投诉"))
    gone = await notice(room)
    assert (gone.state, gone.withdrawn_because, gone.explanation) == ("withdrawn", "cancelled", None)
    assert gone.withdrawn_at == room.clock.now()
    assert b"\xe5\xbc\xa0\xe4\xb8\x89" not in msgspec.json.encode((await room.shows()).notices)


async def test_usage_points_are_there_as_digests_only_and_only_while_it_matters(room: BoardRoom) -> None:
    await room.plans(request(extent=structs.replace(EAST, usage_points=("UP-9",))))
    await room.happens(fault())
    board = await room.shows()
    (planned,) = board.notices
    assert board.points == {
        "F-1": frozenset({point_digest("UP-1", SALT)}),
        planned.mrid: frozenset({point_digest(" up-9", SALT)}),
    }
    assert b"UP-" not in msgspec.json.encode(board)
    room.clock.advance(timedelta(minutes=30))
    await room.happens(SupplyRestored(mrid="F-1", restored_at=minutes(20)))
    await room.plans(cancel(2))
    assert (await room.shows()).points == {}
    kept = await room.board.fetch(
        "select usage_points from planner.notice union all select usage_points from restorer.board_outage"
    )
    assert {row["usage_points"] for row in kept} == {None}, "not even to its role"


async def test_an_outage_knows_the_notice_that_announced_it(room: BoardRoom) -> None:
    await room.plans(request())
    (announced,) = (await room.shows()).notices
    room.clock.advance(LAWFUL.start - NOW)
    await room.happens(OutageStarted(mrid=announced.mrid, outage_class="planned", started_at=LAWFUL.start, extent=EAST))
    assert (await outage(room, announced.mrid)).notice_of == announced.mrid


async def test_an_order_to_shed_load_names_no_customers_line_and_its_step_is_in_force(room: BoardRoom) -> None:
    await brought(room.restorer.pool, *CITY, whole(CITY))
    order = CurtailmentOrdered(
        mrid="C-1",
        ordered_at=NOW,
        planned_period=span("2026-03-02 10:00", "2026-03-02 12:00"),
        extent=Extent(lines=("35千伏铝厂线",), usage_points=("UP-3502",), customers_affected=1),
        scheme_id="DJ-2026",
        scheme_step=2,
    )
    await room.plans(order)
    await room.happens(order)
    board = await room.shows()
    (ordered,) = board.notices
    assert (ordered.outage_class, ordered.scheme_id, ordered.scheme_step) == ("curtailment", "DJ-2026", 2)
    assert ordered.now.places.lines == ("35千伏专用线路",)
    assert "35千伏专用线路" in ordered.now.text["zh-CN"]
    assert board.scheme is not None
    assert board.scheme.title == "东江市2026年有序用电方案"
    assert [(one.step, one.lines, one.in_force_since, one.out_of_turn) for one in board.scheme.steps] == [
        (1, ("35千伏专用线路1号",), None, False),
        (2, ("35千伏专用线路",), NOW, True),
    ]
    assert "铝厂" not in msgspec.json.encode(structs.replace(board, points={})).decode()
    assert "钢厂" not in msgspec.json.encode(structs.replace(board, points={})).decode()


async def test_what_was_over_a_month_ago_is_gone(room: BoardRoom) -> None:
    await room.plans(request())
    await room.happens(fault(), SupplyRestored(mrid="F-1", restored_at=minutes(30)), fault("F-2"))
    room.clock.advance(timedelta(hours=1))
    await room.plans(cancel(2))
    assert len((await room.shows()).outages) == 2
    room.clock.advance(timedelta(days=29, hours=22))
    assert len((await room.shows()).outages) == 2
    room.clock.advance(timedelta(hours=2))
    assert [one.mrid for one in (await room.shows()).outages] == ["F-2"], "what is open stays, however old"
    room.clock.advance(timedelta(hours=1))
    assert (await room.shows()).notices == ()
    assert (await reader(room.clock).read(room.board)).board == (await room.shows())


async def test_the_data_are_of_when_every_service_knew_all_facts(room: BoardRoom) -> None:
    with pytest.raises(NothingRead, match="the planner has not said"):
        await room.reads()
    await room.stands(minutes(5), "planner")
    with pytest.raises(NothingRead, match="the restorer has not said"):
        await room.reads()
    await room.stands(minutes(3), "restorer")
    await room.stands(minutes(9), "restorer", partition=1)
    room.clock.advance(timedelta(minutes=10))
    found = await room.reads()
    assert (found.board.as_of, found.age) == (minutes(3), timedelta(minutes=7))
    room.clock.advance(timedelta(minutes=10))
    still = await room.reads()
    assert (still.board, still.age) == (found.board, timedelta(minutes=17)), "silence of the services lets it stand"
    await room.stands(minutes(20))
    assert (await room.reads()).board.as_of == minutes(9), "the slowest partition counts"


async def test_a_partition_that_nobody_reads_yet_is_no_time_up_to_which_facts_are_known(room: BoardRoom) -> None:
    await room.stands(room.clock.now())
    await room.has("restorer", 3)
    with pytest.raises(NothingRead, match="restorer"):
        await room.reads()
    await room.stands(room.clock.now(), "restorer", partition=3)
    assert (await room.reads()).board.as_of == room.clock.now()


async def test_notices_that_are_not_folded_yet_hold_the_instant_back(room: BoardRoom) -> None:
    room.clock.advance(timedelta(minutes=2))
    await room.planner.say(request())
    await room.stands(minutes(5))
    assert (await room.reads()).board.as_of == minutes(2)
    await room.follow()
    found = (await room.reads()).board
    assert (found.as_of, len(found.notices)) == (minutes(5), 1)


async def test_a_day_is_that_of_the_utility(room: BoardRoom) -> None:
    await room.stands(at("2026-03-02 23:59"))
    assert str((await room.reads()).board.today) == "2026-03-02"
    await room.stands(at("2026-03-03 00:01"))
    assert str((await room.reads()).board.today) == "2026-03-03"


async def test_names_are_cleaned_of_what_no_reader_sees_and_markup_is_text(room: BoardRoom) -> None:
    nasty = "中山路\u202e<script>alert(1)</script>\x1b[31m\u200b"
    await room.happens(fault(extent=Extent(areas=(nasty, "\u200b")), cause="雷\u202e击\n<b>"))
    shown = await outage(room)
    assert shown.places.areas == ("中山路<script>alert(1)</script>",)
    assert shown.cause == "雷击 <b>"


async def test_who_is_not_the_board_or_comes_before_the_migration_is_told_what_to_do(room: BoardRoom) -> None:
    await room.stands(NOW)
    async with asyncpg.create_pool(room.dsn.replace("postgres:", "outage_notifier:"), min_size=0, max_size=1) as pool:
        async with pool.acquire() as connection:
            await connection.execute("set role outage_notifier")
            with pytest.raises(NothingRead, match="log in as outage_board"):
                await reader(room.clock).read(connection)
    await room.admin.execute("drop view planner.notice")
    with pytest.raises(NothingRead, match="outagectl migrate"):
        await room.reads()
