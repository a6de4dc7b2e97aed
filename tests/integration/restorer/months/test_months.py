"""Months on a real PostgreSQL: opened by a first case, judged once they are over, published, corrected by late facts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CrewStatus, FaultReported, FollowupDone, OutageStarted, SupplyRestored
from schemas.contracts.restorations import FulfilmentPublished
from services.kernel.model import Message
from services.kernel.writing.decisions import Outcome
from services.restorer.app import Restorer
from services.restorer.domain.months.events import STATEMENT_ASKED, StatementAsked
from services.restorer.tables.months.watching import MonthWatch
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
    while await MonthWatch(room.workers[0], room.pool, room.clock).step():
        pass


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
    due = await room.pool.fetchval("select due_at from timer where stream_id = 'month/2026-03' and name = 'judge'")
    assert due.isoformat() == "2026-04-03T16:00:00+00:00"
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
    hour = SEEN.replace(minute=0)
    within = '[{"limit": 12.0, "unit": "seconds", "calls": 37}]'
    put = "insert into hotline_hour values ('95598', $1, 1, 40, 38, 2, $2::jsonb)"
    await room.pool.execute(put, hour, within)
    room.clock.set(IN_APRIL)
    assert (await publish(room)).reason == "published"
    rows = {row.rule.rule_id: row for row in (await statement(room)).rows}
    seconds, rings = rows["cn.hotline.4-rings-12s"], rows["cn.hotline.3-rings"]
    assert (seconds.measured, seconds.figure, seconds.counted, seconds.unit) == (True, 92.5, 40, "percent")
    assert (rings.measured, rings.figure) == (False, None)
