"""Newer code reviews every stream: promises and timers are then as today's code wants them, and each stream is asked once."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from operations.audit.log import OLDER, audit_log
from operations.audit.report import Check, Report
from schemas.contracts.dispatch import CauseCleared
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Decision, Message, NewEvent, Review
from services.kernel.observing.telemetry import Telemetry
from services.kernel.upkeep.review import Reviewed, Reviewer
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.timers import Timers
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.facts import column, enquiry
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START, Kettle, KettleDecider, Overdue, Toy

WHY = "kettles are slower now"


class Slower(KettleDecider):
    """The version after: a kettle may take a quarter of an hour, is watched half-way, and is shown with its patience."""

    rules = "kettle 2"

    def timers(self, state: Kettle) -> Mapping[str, datetime]:
        if state.on_since is None or state.answered or state.overdue:
            return {}
        return {"boil": state.on_since + timedelta(minutes=15), "look": state.on_since + timedelta(minutes=7)}

    def view(self, state: Kettle) -> dict[str, Any]:
        return super().view(state) | {"patience": 15}


class Answering(Slower):
    """A version that has something to say when asked: what is on is called overdue at once."""

    rules = "kettle 3"
    reviews = True

    def decide(self, state: Kettle, facts: Any, message: Message, now: datetime) -> Decision:
        if not isinstance(message.data, Review):
            return super().decide(state, facts, message, now)
        if message.data.why == "bug" and state.asked:
            raise ZeroDivisionError("a bug in the review")
        if state.overdue or state.on_since is None:
            return Decision("stands-as-it-is")
        made = Overdue(due_at=state.on_since, unproven=False)
        return Decision("called-overdue", (NewEvent("overdue.v1", made, topic="outage.restorations"),))


def toy(decider: KettleDecider) -> Toy:
    made = Toy()
    made.deciders = {"outage": decider}
    return made


async def put_on(ingest: Ingest, broker: PaperBroker, *mrids: str) -> None:
    for mrid in mrids:
        tell(broker, "cause.cleared.v1", CauseCleared(mrid=mrid, cleared_at=START), id=f"on-{mrid}")
    await ingest.take(broker.logs[("outage.dispatch", 0)])


async def review(
    pool: asyncpg.Pool, clock: ManualClock, decider: KettleDecider, why: str = WHY, **more: Any
) -> Reviewed:
    done = Reviewed()
    async for part in Reviewer(toy(decider), pool, clock, why, **more).run():
        done += part
    return done


async def armed(pool: asyncpg.Pool) -> list[tuple[str, int]]:
    rows = await pool.fetch("select timer_id, due_at from timer order by timer_id")
    return [(row["timer_id"], (row["due_at"] - START) // timedelta(minutes=1)) for row in rows]


async def audited(pool: asyncpg.Pool, decider: KettleDecider) -> dict[str, Check]:
    report = Report()
    async with pool.acquire() as connection, connection.transaction():
        await audit_log(connection, toy(decider), report)
    return {check.name: check for check in report.checks}


async def test_a_stream_that_hears_nothing_gets_the_timers_and_the_view_of_the_new_code(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await put_on(ingest, broker, "o1")
    assert await armed(pool) == [("outage/o1#boil", 10)]
    done = await review(pool, clock, Slower())
    assert (done.streams, done.events) == (1, [])
    assert await armed(pool) == [("outage/o1#boil", 15), ("outage/o1#look", 7)]
    assert {(move.name, move.was is None) for move in done.timers} == {("boil", False), ("look", True)}
    assert await column(pool, "select (view ->> 'patience')::int from live") == [15]
    assert await column(pool, "select reason from inbox order by seq") == ["recorded", "nothing-to-review"]


async def test_a_timer_that_the_new_code_does_not_want_is_gone_before_it_comes_due(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await put_on(ingest, broker, "o1")
    await review(pool, clock, Slower())
    done = await review(pool, clock, KettleDecider())
    assert await armed(pool) == [("outage/o1#boil", 10)]
    assert [(move.name, move.due_at) for move in done.timers if move.due_at is None] == [("look", None)]


async def test_what_a_decider_answers_is_appended_published_and_shown(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await put_on(ingest, broker, "o1")
    done = await review(pool, clock, Answering())
    assert [event.reason for event in done.events] == ["called-overdue"]
    assert await column(pool, "select type from outbox order by id") == ["cause.cleared.v1", "overdue.v1"]
    assert await armed(pool) == []
    assert await column(pool, "select version from live") == [2]
    assert all(check.passed for check in (await audited(pool, Answering())).values())


async def test_asked_twice_for_the_same_reason_a_stream_answers_once(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await put_on(ingest, broker, "o1", "o2")
    assert (await review(pool, clock, Slower(), chunk=1)).streams == 2
    again = await review(pool, clock, Slower())
    assert (again.streams, again.again, again.timers) == (0, 2, [])
    assert await column(pool, "select count(*) from inbox where source = '/outage/toy/review'") == [2]


async def test_another_reason_other_rules_or_an_event_since_are_reason_to_ask_again(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await put_on(ingest, broker, "o1")
    await review(pool, clock, Slower())
    assert (await review(pool, clock, Slower(), "another reason")).streams == 1
    assert (await review(pool, clock, Answering())).streams == 1
    # Code of before that is still running writes its own view and timers over those of the review.
    tell(broker, "enquiry.received.v1", enquiry(), id="since")
    await ingest.take(broker.logs[("outage.dispatch", 0)])
    assert (await review(pool, clock, Slower())).streams == 1


async def test_a_dry_run_tells_the_same_and_changes_nothing(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await put_on(ingest, broker, "o1")
    tables = ("event", "timer", "live", "inbox", "outbox", "stream")
    before = [await pool.fetch(f"select * from {table}") for table in tables]
    shown = await review(pool, clock, Answering(), dry_run=True)
    assert [await pool.fetch(f"select * from {table}") for table in tables] == before
    done = await review(pool, clock, Answering())
    assert [event.event_id for event in done.events] == [event.event_id for event in shown.events]


async def test_a_parked_stream_is_left_to_the_person_it_waits_for(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await put_on(ingest, broker, "o1", "o2")
    tell(broker, "enquiry.received.v1", enquiry(subject="bug"), id="bug")
    await ingest.take(broker.logs[("outage.dispatch", 0)])
    done = await review(pool, clock, Slower())
    assert (done.streams, done.parked) == (1, ["outage/o1"])
    assert await armed(pool) == [("outage/o1#boil", 10), ("outage/o2#boil", 15), ("outage/o2#look", 7)]
    await pool.execute("update stream set parked_by = null")
    assert (await review(pool, clock, Slower())).streams == 1


async def test_a_stream_that_the_new_code_cannot_judge_is_named_and_left_whole_and_the_others_go_on(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await put_on(ingest, broker, "o1", "o2", "o3")
    tell(broker, "enquiry.received.v1", enquiry("o2"), id="asked")
    await ingest.take(broker.logs[("outage.dispatch", 0)])
    done = await review(pool, clock, Answering(), "bug")
    assert list(done.failed) == ["outage/o2"]
    assert "ZeroDivisionError" in done.failed["outage/o2"]
    assert sorted(event.stream_id for event in done.events) == ["outage/o1", "outage/o3"]
    assert await column(pool, "select count(*) from stream where parked_by is not null") == [0]
    assert await column(pool, "select count(*) from quarantine") == [0]
    assert await armed(pool) == [("outage/o2#boil", 10)]


async def test_a_deadline_fires_at_the_instant_that_the_new_code_gives_it(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock, telemetry: Telemetry
) -> None:
    await put_on(ingest, broker, "o1")
    await review(pool, clock, Slower())
    clock.advance(timedelta(minutes=8))
    await ingest.caught_up({("outage.dispatch", 0): 1}, clock.now())
    assert await Timers(Transaction(toy(Slower()), pool, telemetry), clock, grace=300.0).fire_due([0]) == 1
    assert await column(pool, "select data ->> 'due_at' from event where type = 'overdue.v1'") == [
        "2026-03-05T01:07:00Z"
    ]


async def test_an_audit_between_upgrade_and_review_names_what_older_code_left_and_finds_no_fault_in_it(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await put_on(ingest, broker, "o1", "o2")
    found = await audited(pool, Slower())
    assert (found["replay"].notes, found["replay"].faults) == ({OLDER: 2}, [])
    assert (found["timers"].notes, found["timers"].faults) == ({OLDER: 4}, [])
    await review(pool, clock, Slower())
    after = await audited(pool, Slower())
    assert all(check.passed and not check.notes for check in after.values())


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("update live set view = jsonb_set(view, '{asked}', '7')", "replay"),
        ("update live set version = 7", "replay"),
        ("update timer set due_at = due_at + interval '1 minute'", "timers"),
        ("delete from timer", "timers"),
    ],
)
async def test_after_the_review_a_wrong_view_or_timer_is_a_fault_again(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock, damage: str, check: str
) -> None:
    await put_on(ingest, broker, "o1")
    await review(pool, clock, Slower())
    await pool.execute(damage)
    assert (await audited(pool, Slower()))[check].faults


async def test_even_before_the_review_a_view_of_the_wrong_version_is_a_fault(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    await put_on(ingest, broker, "o1")
    await pool.execute("update live set version = 7")
    assert "of version 7, not 1" in (await audited(pool, Slower()))["replay"].faults[0]


async def test_a_review_and_a_service_at_work_wait_for_each_other_and_neither_loses_anything(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock, telemetry: Telemetry
) -> None:
    mrids = [f"o{number:02}" for number in range(20)]
    await put_on(ingest, broker, *mrids)
    service = Ingest(Transaction(toy(Slower()), pool, telemetry), broker, clock)

    async def go_on() -> None:
        for number in range(10):
            for mrid in reversed(mrids):
                tell(broker, "enquiry.received.v1", enquiry(mrid), id=f"{number}-{mrid}")
            await service.take(broker.logs[("outage.dispatch", 0)])

    await asyncio.gather(go_on(), *(review(pool, clock, Slower(), f"round {n}", chunk=7) for n in range(4)))
    assert await column(pool, "select count(*) from event") == [20 + 200]
    assert await column(pool, "select count(*) from inbox where source = '/outage/toy/review'") == [80]
    assert all(check.passed and not check.notes for check in (await audited(pool, Slower())).values())


def test_a_review_says_why_in_its_own_words() -> None:
    assert msgspec.json.encode(Review(why=WHY)) == b'{"why":"kettles are slower now"}'
