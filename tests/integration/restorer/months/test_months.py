"""Months on a real PostgreSQL: opened by a first case, judged once they are over, published, corrected by late facts."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import pytest

from operations.audit.report import Report
from operations.fulfilment.audit import audit_months
from operations.system.database import enter
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import (
    AnsweredWithin,
    CallsAnswered,
    CrewStatus,
    FaultReported,
    FollowupDone,
    OutageStarted,
    SupplyRestored,
)
from schemas.contracts.restorations import FulfilmentPublished
from services.kernel.model import Message
from services.kernel.writing.decisions import Outcome
from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.app import Restorer
from services.restorer.domain.months.events import STATEMENT_ASKED, StatementAsked
from services.restorer.tables.hotline import renew_hours
from services.restorer.tables.months.measured_cases import SQL, MeasuredCases
from services.restorer.tables.months.rules import MonthRules
from tests.kits.callers.hours import an_hour
from tests.kits.stack.databases import worker
from tests.kits.stack.tables.months import look_at_months
from tests.kits.stack.tables.restorer import NOW, restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]
MARCH = "2026-03"
LINE = Extent(lines=("east",))
LATE, IN_TIME = timedelta(minutes=50), timedelta(minutes=30)
SEEN = NOW - timedelta(hours=3)
IN_APRIL = datetime(2026, 4, 6, 3, tzinfo=UTC)


async def fault(room: Room, mrid: str, crew_after: timedelta | None, territory: Any = "urban") -> None:
    """A fault of early March, with its crew."""
    seen = SEEN
    await room.say_all(
        FaultReported(mrid=mrid, report_id=f"R-{mrid}", reported_at=seen, extent=LINE, territory=territory),
        OutageStarted(mrid=mrid, outage_class="fault", started_at=seen, extent=LINE),
    )
    if crew_after is not None:
        await room.say(CrewStatus(mrid=mrid, crew_status="arrived", at=seen + crew_after))
    elif territory == "urban":
        await room.fires(mrid, f"promise/{mrid}/cn.fault.crew-45min/1/due")


async def crew(room: Room, mrid: str, after: timedelta) -> None:
    await room.say(CrewStatus(mrid=mrid, crew_status="arrived", at=SEEN + after))


async def watch(room: Room) -> None:
    await look_at_months(room)


async def publish(room: Room, month: str = MARCH) -> Outcome:
    asked = StatementAsked(month=month, by="chen")
    name = f"{next(room.ids)}"
    (outcome,) = await room.workers[0].submit(
        [Message("/test/operator", name, STATEMENT_ASKED, room.clock.now(), asked, month, 0, stream=f"month/{month}")]
    )
    return outcome


async def month(room: Room, name: str = MARCH) -> dict[str, Any]:
    view = await room.pool.fetchval("select view from live where stream_id = $1", f"month/{name}")
    found: dict[str, Any] = msgspec.json.decode(view)
    return found


async def statement(room: Room) -> FulfilmentPublished:
    data = await room.pool.fetchval("select data from statement order by number desc limit 1")
    return msgspec.json.decode(data, type=FulfilmentPublished)


def rule(view: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in view["rules"] if one["rule"]["ruleId"] == name]
    return dict(found)


async def test_a_month_that_is_over_is_judged_and_a_late_fact_corrects_it(restorer_room: Room) -> None:
    room = restorer_room
    await fault(room, "A", IN_TIME)
    await fault(room, "B", LATE)
    await fault(room, "C", None)
    room.clock.set(IN_APRIL)
    await watch(room)
    view = await month(room)
    average = rule(view, "cn.fault.crew-average-urban")
    assert (average["verdict"], average["figure"], average["counted"], average["waiting"]) == ("kept", 40.0, 2, 1)
    assert average["worst"][0] == {"name": "B 1", "minutes": 50.0}
    fulfilment = rule(view, "cn.fulfilment.rate")
    assert (fulfilment["verdict"], fulfilment["figure"]) == ("broken", 33.33)
    assert rule(view, "cn.fault.crew-average-rural")["verdict"] == "no-cases"
    assert [one["state"] for one in view["promises"]] == ["open"]
    await watch(room)
    assert (await month(room))["counted"] == view["counted"], "nothing is counted twice"
    await crew(room, "C", timedelta(minutes=70))
    await watch(room)
    average = rule(await month(room), "cn.fault.crew-average-urban")
    assert (average["number"], average["was"], average["verdict"], average["figure"]) == (2, "kept", "broken", 50.0)


async def test_a_month_that_is_not_over_waits_for_its_time(restorer_room: Room) -> None:
    room = restorer_room
    seen = NOW - timedelta(hours=3)
    await room.say(FaultReported(mrid="A", report_id="R", reported_at=seen, extent=LINE))
    await watch(room)
    assert (await month(room, "2026-03"))["counted"] is None
    assert (await month(room, "2026-03"))["opened"]["judgedFrom"] == "2026-04-03T16:00:00Z"
    assert not await room.pool.fetch("select from timer where stream_id like 'month/%'"), (
        "the watch sees that it is due"
    )
    assert (await publish(room, "2026-03")).reason == "month-not-over"
    assert (await publish(room, "2026-02")).reason == "published"


async def test_a_statement_is_published_once_and_corrected_where_late_facts_say_otherwise(restorer_room: Room) -> None:
    room = restorer_room
    await fault(room, "A", IN_TIME)
    await fault(room, "B", None)
    room.clock.set(IN_APRIL)
    await watch(room)
    assert (await publish(room)).reason == "published"
    first = await statement(room)
    (crew_row,) = [row for row in first.rows if row.rule.rule_id == "cn.fault.crew-45min"]
    assert (crew_row.made, crew_row.kept, crew_row.broken, crew_row.measured) == (2, 1, 1, True)
    assert (first.rate, first.cases, first.approved_by, first.number) == (50.0, 6, "chen", 1)
    assert {row.rule.rule_id for row in first.rows if not row.measured} >= {"cn.hotline.4-rings-12s", "cn.supervision"}
    (promised,) = (await month(room))["promises"]
    assert promised["state"] == "kept"
    outcome = await publish(room)
    assert (outcome.outcome, outcome.reason, outcome.detail) == ("no-op", "published-before", "2026-03/1")
    await crew(room, "B", IN_TIME)
    outcome = await publish(room)
    assert (outcome.reason, outcome.detail) == ("published-as-correction", "2026-03/2")
    second = await statement(room)
    assert second.corrects == "2026-03/1"
    changed = {(one.rule_id, one.figure): (one.was, one.now) for one in second.changes}
    assert changed["cn.fault.crew-45min", "kept"] == (1.0, 2.0)
    assert changed["cn.fault.crew-45min", "corrected"] == (0.0, 1.0)
    assert changed["cn.fulfilment.rate", "figure"] == (50.0, 100.0)
    frozen = await room.pool.fetch("select statement_id, count(*) as cases from statement_case group by 1 order by 1")
    assert [tuple(row) for row in frozen] == [("2026-03/1", 6), ("2026-03/2", 6)]


async def test_calls_back_are_a_rate_of_the_reports_whose_call_fell_due_in_the_month(restorer_room: Room) -> None:
    room = restorer_room
    async with room.pool.acquire() as connection:
        await restorer_of(room).renew(connection)
    for mrid in ("A", "B"):
        await fault(room, mrid, IN_TIME)
        await room.say(SupplyRestored(mrid=mrid, restored_at=SEEN + LATE))
    room.clock.set(IN_APRIL)
    await watch(room)
    calls = rule(await month(room), "cn.followup.rate")
    assert (calls["verdict"], calls["figure"], calls["counted"]) == ("broken", 0.0, 2)
    for mrid in ("A", "B"):
        done = FollowupDone(mrid=mrid, report_id=f"R-{mrid}", done_at=IN_APRIL, outcome="satisfied", by="li")
        await room.say(done)
    await watch(room)
    calls = rule(await month(room), "cn.followup.rate")
    assert (calls["number"], calls["verdict"], calls["figure"]) == (2, "kept", 100.0)


async def test_at_an_upgrade_what_is_measured_follows_from_the_log(restorer_room: Room) -> None:
    room = restorer_room
    await fault(room, "A", IN_TIME)
    inline = await room.pool.fetch("select * from measured_case")
    async with room.pool.acquire() as connection:
        await connection.execute("delete from measured_case")
        await restorer_of(room).renew(connection)
    assert [tuple(row) for row in await room.pool.fetch("select * from measured_case")] == [*map(tuple, inline)]


def restorer_of(room: Room) -> Restorer:
    service = room.workers[0].service
    assert isinstance(service, Restorer)
    return service


async def test_calls_to_the_hotline_are_measured_where_a_call_centre_counts_them(restorer_room: Room) -> None:
    room = restorer_room
    async with room.pool.acquire() as connection:
        await restorer_of(room).renew(connection)
    await fault(room, "A", IN_TIME)
    within = (AnsweredWithin(limit=12, unit="seconds", calls=37),)
    hour = SEEN.replace(minute=0)
    await room.say(CallsAnswered(hotline="95598", hour=hour, calls=40, answered=38, abandoned=2, within=within))
    room.clock.set(IN_APRIL)
    assert (await publish(room)).reason == "published"
    rows = {row.rule.rule_id: row for row in (await statement(room)).rows}
    seconds, rings = rows["cn.hotline.4-rings-12s"], rows["cn.hotline.3-rings"]
    assert (seconds.measured, seconds.figure, seconds.counted, seconds.unit) == (True, 92.5, 40, "percent")
    assert (rings.measured, rings.figure) == (False, None)


async def test_hours_that_begin_at_a_quarter_are_cases_of_their_own_in_the_statement_too(restorer_room: Room) -> None:
    room = restorer_room
    async with room.pool.acquire() as connection:
        await restorer_of(room).renew(connection)
    for hours, minutes in ((0, 0), (1, 30)):
        await room.say(an_hour(SEEN.replace(minute=minutes) - timedelta(hours=hours)))
    room.clock.set(IN_APRIL)
    assert (await publish(room)).reason == "published"
    assert (await statement(room)).cases == await room.pool.fetchval("select count(*) from statement_case")
    report, auditing = Report(), await asyncpg.connect(room.dsn)
    await enter(auditing, "restorer")
    await audit_months(auditing, report)
    await auditing.close()
    assert [fault for check in report.checks for fault in check.faults] == []


async def test_while_a_statement_is_made_nothing_moves_of_all_that_its_cases_are_made_of(restorer_room: Room) -> None:
    room = restorer_room
    await fault(room, "A", IN_TIME)
    await room.say(SupplyRestored(mrid="A", restored_at=SEEN + LATE))
    await room.say(an_hour(SEEN.replace(minute=0)))
    async with room.pool.acquire() as publishing, publishing.transaction():
        await publishing.execute(SQL["hold_still"])
        for table in ("promise_case", "measured_case", "followup", "hotline_hour"):
            async with room.pool.acquire() as other:
                await other.execute("set lock_timeout = '50ms'")
                with pytest.raises(asyncpg.LockNotAvailableError):
                    await other.execute(f"update {table} set fresh = true")


async def publish_only(room: Room) -> None:
    async with room.pool.acquire() as publishing, publishing.transaction():
        await publishing.execute(SQL["hold_still"])


async def test_a_statement_and_a_decision_do_not_wait_for_each_other(restorer_room: Room) -> None:
    room = restorer_room
    async with room.pool.acquire() as deciding:
        async with deciding.transaction():
            await deciding.execute("lock table measured_case in row exclusive mode")
            made = asyncio.create_task(publish_only(room))
            while not await room.pool.fetchval("select exists (select from pg_locks where not granted)"):
                await asyncio.sleep(0.01)
            for table in ("followup", "hotline_hour", "promise_case"):
                await deciding.execute(f"lock table {table} in row exclusive mode")
        await made


async def test_a_start_makes_no_hour_of_the_telephone_news_to_a_month_that_was_counted(restorer_room: Room) -> None:
    room = restorer_room
    await room.say(an_hour(SEEN.replace(minute=0)))
    await room.pool.execute("update hotline_hour set fresh = false")
    before = await room.pool.fetch("select * from hotline_hour")
    async with room.pool.acquire() as connection:
        await renew_hours(connection)
        assert await connection.fetch("select * from hotline_hour") == before
        await connection.execute("delete from hotline_hour")
        assert await renew_hours(connection) == 1
    left_out = await room.pool.fetch("select * from hotline_hour")
    assert [tuple(row)[:-2] for row in left_out] == [tuple(row)[:-2] for row in before]


async def test_another_zone_moves_what_is_measured_also_to_where_late_facts_had_taken_it_away(
    restorer_room: Room,
) -> None:
    room = restorer_room
    restorer = restorer_of(room)
    async with room.pool.acquire() as connection:
        await restorer.renew(connection)
        await fault(room, "A", IN_TIME)
        # It was measured in April once; a late fact took it to March. By the new zone it is of April again.
        await connection.execute("update measured_case set since = '2026-03-31T15:30Z', done_at = '2026-03-31T16:10Z'")
        await connection.execute(
            "insert into measured_case select mrid, rule_id, episode, '2026-04', rule, obligation, territories, since, done_at,"
            " left_out, true, false from measured_case"
        )
        further_east = WorkingCalendar("CN", "Asia/Tokyo")
        rules = MonthRules(load_policy(policy_path("cn-service-standard")), further_east)
        await MeasuredCases(rules).keep_zone(connection)
        moved = await connection.fetch("select distinct month, gone from measured_case where not gone")
        assert [tuple(row) for row in moved] == [("2026-04", False)]
    assert ZoneInfo("Asia/Tokyo") == further_east.zone


async def test_what_an_older_pod_heard_of_a_case_that_stands_already_is_measured_too(restorer_room: Room) -> None:
    room = restorer_room
    await fault(room, "A", None)
    async with room.pool.acquire() as connection:
        await restorer_of(room).renew(connection)
    waiting = await room.pool.fetch("select * from measured_case order by rule_id")
    await crew(room, "A", IN_TIME)
    inline = await room.pool.fetch("select * from measured_case order by rule_id")
    assert inline != waiting
    # As if a pod without this table, whose views have no figures, had heard of the crew.
    await room.pool.execute("update measured_case set done_at = null")
    await room.pool.execute("update live set view = view - 'figures' where stream_id = 'outage/A'")
    async with room.pool.acquire() as connection:
        await restorer_of(room).catch_up(connection)
    found = await room.pool.fetch("select * from measured_case order by rule_id")
    assert [tuple(row)[:-1] for row in found] == [tuple(row)[:-1] for row in inline]


async def test_a_rule_that_a_newer_policy_has_no_more_keeps_its_cases_when_late_facts_come(restorer_room: Room) -> None:
    room = restorer_room
    async with room.pool.acquire() as connection:
        await restorer_of(room).renew(connection)
    await fault(room, "A", IN_TIME)
    policy, average = load_policy(policy_path("cn-service-standard")), "cn.fault.crew-average-urban"
    left = {name: one for name, one in policy.rules.items() if name != average}
    newer = Restorer(replace(policy, version="2027-01-01", rules=left), WorkingCalendar("CN", "Asia/Shanghai"))
    room.workers[0] = await worker(newer, room.pool, room.clock)
    await crew(room, "A", timedelta(minutes=10))
    rows = await room.pool.fetch("select rule_id, done_at - since as took, gone from measured_case order by rule_id")
    took = {row["rule_id"]: (row["took"], row["gone"]) for row in rows}
    assert took == dict.fromkeys((average, "cn.fault.dispatch-at-once"), (timedelta(minutes=10), False))
    await room.pool.execute(
        "update measured_case set rule = jsonb_set(rule, '{policyVersion}', '\"of which nobody kept the words\"')"
    )
    await crew(room, "A", timedelta(minutes=5))
    rows = await room.pool.fetch("select rule_id, done_at - since as took from measured_case order by rule_id")
    assert [row["took"] for row in rows] == [timedelta(minutes=10), timedelta(minutes=5)], "it stands as it was"
