"""A newer policy, on a real PostgreSQL: months and cases go by the rules of their time, whatever is heard of them later."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from operations.audit.report import Report
from operations.fulfilment.audit import audit_months
from schemas.contracts.dispatch import CrewStatus
from schemas.contracts.restorations import FulfilmentPublished
from services.kernel.model import Message
from services.kernel.writing.decisions import Outcome
from services.restorer.app import Restorer
from services.restorer.domain.hotline.overlaps import overlapped
from services.restorer.domain.months.events import STATEMENT_ASKED, StatementAsked
from services.restorer.tables.months import drafts
from tests.kits.callers.hours import an_hour
from tests.kits.stack.tables.months import IN_APRIL, MARCH, SEEN, STANDARD, begins, fault, look_at_months
from tests.kits.stack.tables.restorer import restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]
HOUR = SEEN.replace(minute=0)
AVERAGE, CALL_BACK, TELEPHONE = "cn.fault.crew-average-urban", "cn.followup.rate", "cn.hotline.4-rings-12s"
LATER = replace(
    STANDARD,
    version="2026-04-05",
    rules={
        **{name: rule for name, rule in STANDARD.rules.items() if name != "cn.fault.dispatch-at-once"},
        AVERAGE: replace(STANDARD.rules[AVERAGE], amount=Decimal(20)),
        CALL_BACK: replace(STANDARD.rules[CALL_BACK], amount=Decimal(99)),
        TELEPHONE: replace(STANDARD.rules[TELEPHONE], amount=Decimal(10)),
        "own.crew-average": replace(
            STANDARD.rules[AVERAGE], id="own.crew-average", applies_when={"outage_class": frozenset({"fault"})}
        ),
    },
)


async def publish(room: Room, draft: str | None = None) -> Outcome:
    asked = StatementAsked(month=MARCH, by="chen", draft=draft)
    now, name = room.clock.now(), f"{next(room.ids)}"
    message = Message("/test/operator", name, STATEMENT_ASKED, now, asked, MARCH, 0, stream=f"month/{MARCH}")
    (outcome,) = await room.workers[0].submit([message])
    return outcome


async def rows(room: Room) -> dict[str, Any]:
    """The rows of the statement that stands, by rule."""
    data = await room.pool.fetchval("select data from statement order by number desc limit 1")
    return {row.rule.rule_id: row for row in msgspec.json.decode(data, type=FulfilmentPublished).rows}


async def lines(room: Room) -> list[str]:
    return [row["line"] for row in await room.pool.fetch("select line from cases_of($1) order by line", MARCH)]


async def test_a_month_that_was_published_says_the_same_under_a_newer_policy_and_a_late_fact_is_judged_by_the_old_rules(
    restorer_room: Room,
) -> None:
    room = restorer_room
    room.clock.set(SEEN + timedelta(hours=2))
    await begins(room, STANDARD)
    await fault(room, "A")
    await room.say(an_hour(HOUR))
    await look_at_months(room, STANDARD)
    room.clock.set(IN_APRIL)
    await look_at_months(room, STANDARD)
    assert (await publish(room)).reason == "published"
    before, said = await lines(room), await rows(room)
    assert (said[AVERAGE].verdict, said[TELEPHONE].figure, said[CALL_BACK].counted) == ("kept", 100.0, 1)
    room.clock.set(IN_APRIL + timedelta(days=1))
    await begins(room, LATER)
    assert await lines(room) == before
    assert (await publish(room)).reason == "published-before"
    # Heard of now, it was in March: a report that brings a call back, a crew, and an hour of the telephone.
    await fault(room, "B")
    await room.say(an_hour(HOUR - timedelta(hours=1), 10))
    await room.say(CrewStatus(mrid="A", crew_status="arrived", at=SEEN + timedelta(minutes=20)))
    await look_at_months(room, LATER)
    assert (await publish(room)).reason == "published-as-correction"
    now = await rows(room)
    assert "own.crew-average" not in now, "nobody was asked for it in March"
    assert (now[AVERAGE].verdict, now[AVERAGE].limit, now[AVERAGE].figure) == ("kept", 45.0, 25.0)
    assert (now["cn.fault.dispatch-at-once"].figure, now["cn.fault.dispatch-at-once"].counted) == (25.0, 2)
    assert (now[TELEPHONE].counted, now[CALL_BACK].counted, now[CALL_BACK].limit) == (50, 2, 90.0)
    versions = await room.pool.fetch(
        "select distinct rule ->> 'policyVersion' as v from cases_of($1) where kind <> 'promise'", MARCH
    )
    assert [row["v"] for row in versions] == [STANDARD.version]


async def test_each_hour_of_the_telephone_is_counted_by_the_rule_that_stood_when_it_was_told(
    restorer_room: Room,
) -> None:
    room = restorer_room
    room.clock.set(SEEN + timedelta(hours=2))
    await begins(room, STANDARD)
    await room.say(an_hour(HOUR - timedelta(hours=2)))
    await begins(room, LATER)
    await room.say_all(an_hour(HOUR - timedelta(hours=1), 20, seconds=10), an_hour(HOUR, 7, seconds=12))
    counted = await room.pool.fetch(
        "select calls from cases_of($1) where kind = 'calls' and rule_id = $2 order by 1", MARCH, TELEPHONE
    )
    assert [row["calls"] for row in counted] == [20, 40], (
        "of the last hour nobody says how many were answered in ten seconds"
    )
    # A pod of the version before puts an hour and a call back: they go by today's rule once that is seen.
    await room.pool.execute("update hotline_hour set rules = null")
    service = room.workers[0].service
    assert isinstance(service, Restorer)
    async with room.pool.acquire() as connection:
        await service.catch_up(connection)
    assert await room.pool.fetchval("select count(*) from hotline_hour where rules is null") == 0


async def test_hours_that_overlap_are_counted_once_in_the_month_as_its_rule_says(restorer_room: Room) -> None:
    room = restorer_room
    room.clock.set(SEEN + timedelta(hours=2))
    await begins(room, STANDARD)
    midnight = HOUR.replace(hour=0)
    told = [midnight + timedelta(minutes=15 * each) for each in (-6, -4, -2, -1, 0, 1, 3, 4, 6, 12, 13, 15, 20)]
    await room.say_all(
        *(an_hour(each) for each in reversed(told)), *(an_hour(each, hotline="95599") for each in told[:1])
    )
    counted = {row["hour"] for row in await room.pool.fetch("select hour from counted_hour where hotline = '95598'")}
    assert counted == set(told) - overlapped(told).keys()
    cases = await room.pool.fetchval("select count(*) from cases_of($1) where kind = 'calls'", MARCH)
    assert cases == len(counted) + 1, "calls to another hotline are others"


async def test_a_statement_takes_what_was_counted_beforehand_and_counts_again_where_a_case_moved_meanwhile(
    restorer_room: Room,
) -> None:
    room = restorer_room
    room.clock.set(SEEN + timedelta(hours=2))
    await begins(room, STANDARD)
    await fault(room, "A")
    await look_at_months(room, STANDARD)
    async with room.pool.acquire() as connection:
        assert await drafts.draft(connection, MARCH, room.clock.now()) is None, (
            "it is refused: nothing is counted for that"
        )
        room.clock.set(IN_APRIL)
        await look_at_months(room, STANDARD)
        counted = await drafts.draft(connection, MARCH, room.clock.now())
        await room.say(CrewStatus(mrid="A", crew_status="arrived", at=SEEN + timedelta(minutes=20)))
        assert (await publish(room, counted)).reason == "cases-moved"
        assert await room.pool.fetchval("select count(*) from statement") == 0
        assert (await publish(room, await drafts.draft(connection, MARCH, room.clock.now()))).reason == "published"
        assert (
            await publish(room, await drafts.draft(connection, MARCH, room.clock.now()))
        ).reason == "published-before"
        assert await room.pool.fetchval("select count(*) from statement_case") == 0, "they were written down before"
        report = Report()
        await audit_months(connection, report)
    assert [fault for check in report.checks for fault in check.faults] == []
    assert await room.pool.fetchval("select count(distinct cases_id) from frozen_case") == 2, (
        "the same cases are written once"
    )
