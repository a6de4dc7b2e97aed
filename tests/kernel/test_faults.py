"""What must not be lost, doubled, forgotten or stopped, whatever the broker, the database or a decider does."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from schemas.dispatch import CrewStatus
from services.kernel.desk import Desk
from services.kernel.fence import FenceError
from services.kernel.ingest import Ingest
from services.kernel.model import Decision, Message
from services.kernel.retry import RetryRefused, drop, retry
from services.kernel.timers import Timers
from tests.kernel.paper import tell
from tests.kernel.test_write_path import cleared, column, enquiry
from tests.kernel.toy import START, Kettle, KettleDecider, Toy

P0 = ("outage.dispatch", 0)


async def parked(pool: asyncpg.Pool) -> list[object]:
    return await column(pool, "select count(*) from stream where parked_by is not null")


async def test_two_failing_messages_on_one_stream_can_be_dropped_one_after_the_other(
    ingest, broker, pool, clock
) -> None:
    for id_, subject in (("1", "bug"), ("2", "bug"), ("3", None)):
        tell(broker, "enquiry.received.v1", enquiry(subject=subject), id=id_)
    await ingest.take(broker.logs[P0])
    first = await pool.fetchval("select quarantine_id from quarantine where id = '1'")
    await drop(pool, Toy(), clock, first, "op", "bad")
    second = await pool.fetchval("select parked_by from stream")  # now parked by the second
    try:
        await drop(pool, Toy(), clock, second, "op", "bad")
    except RetryRefused as error:
        pytest.fail(f"refused: {error}")
    assert await parked(pool) == [0]
    assert await column(pool, "select cause from event") == ["/dispatch/east/3"]


class TimerBug(KettleDecider):
    def decide(self, state: Kettle, facts: Any, message: Message, now: datetime) -> Decision:
        if message.type == "timer.fired.v1":
            raise ZeroDivisionError("deadline bug")
        return super().decide(state, facts, message, now)


def toy_with(decider) -> Toy:
    toy = Toy()
    toy.deciders = {"outage": decider}
    return toy


async def test_a_deadline_that_fails_again_after_a_retry_is_still_shown_and_can_be_retried(
    pool, broker, clock, telemetry
) -> None:
    ingest = Ingest(Desk(toy_with(TimerBug()), pool, telemetry), broker, clock)
    timers = Timers(ingest.desk, clock, grace=0.0)
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    clock.advance(timedelta(hours=1))
    await timers.fire_due({0})
    clock.advance(timedelta(minutes=1))
    await timers.fire_due({0})
    qid = await pool.fetchval("select parked_by from stream")
    await retry(pool, ingest.service, clock, qid, "op")  # mended too early: bug still there
    for _ in range(3):
        clock.advance(timedelta(minutes=1))
        await timers.fire_due({0})
    assert await parked(pool) == [1]
    assert await column(pool, "select count(*) from quarantine where state = 'open'") == [1], (
        "a parked stream nobody is shown"
    )
    await retry(pool, Toy(), clock, await pool.fetchval("select parked_by from stream"), "op")


async def test_a_word_from_within_to_a_parked_stream_is_kept(ingest, broker, pool, clock) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(subject="bug"), id="1")])
    word = Message(
        "/outage/toy/sender",
        "m/1/accepted/SM1",
        "crew.status.v1",
        START,
        CrewStatus(mrid="o1", crew_status="arrived", at=START),
        "o1",
        0,
        stream="outage/o1",
    )
    await ingest.submit([word])
    qid = await pool.fetchval("select quarantine_id from quarantine where id = '1'")
    await drop(pool, Toy(), clock, qid, "op", "mended")
    await ingest.submit([word])  # as the look-up says it again
    assert await column(pool, "select type from event") == ["crew.status.v1"], (
        "the word is in the inbox and nowhere else"
    )


async def test_a_fence_opened_on_a_backlog_knows_no_facts_yet(ingest, timers, broker, pool, clock) -> None:
    first = tell(broker, "cause.cleared.v1", cleared(), id="1", at=START)
    tell(
        broker,
        "crew.status.v1",
        CrewStatus(mrid="o1", crew_status="arrived", at=START),
        id="2",
        at=START + timedelta(minutes=1),
    )
    clock.advance(timedelta(hours=5))  # the service was not there; the answer waits in Kafka
    await ingest.take([first])
    assert await timers.fire_due({0}) == 0, (
        "the deadline beat the answer that lies in the topic, and calls itself proven"
    )


async def test_one_record_from_the_future_does_not_prove_all_later_deadlines(
    ingest, timers, broker, pool, clock
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry("o9"), id="0", at=START + timedelta(days=3650))])
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1", at=START)])
    tell(
        broker,
        "crew.status.v1",
        CrewStatus(mrid="o1", crew_status="arrived", at=START),
        id="2",
        at=START + timedelta(minutes=1),
    )
    clock.advance(timedelta(hours=1))
    assert await timers.fire_due({0}) == 0


class All(Toy):
    waits_for_all = frozenset({"outage"})


async def test_waiting_for_all_partitions_includes_those_that_nobody_has_opened_yet(
    pool, broker, clock, telemetry
) -> None:
    ingest = Ingest(Desk(All(), pool, telemetry), broker, clock)
    timers = Timers(ingest.desk, clock, grace=300.0)
    # the topic has partitions 0 and 1; 1 belongs to a worker that has not come up
    tell(
        broker,
        "crew.status.v1",
        CrewStatus(mrid="o1", crew_status="arrived", at=START),
        id="9",
        partition=1,
        at=START + timedelta(minutes=1),
    )
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    clock.advance(timedelta(minutes=30))
    now = clock.now()
    await ingest.caught_up(await broker.ends([P0]), now)
    assert await timers.fire_due({0}) == 0


class Chain(Toy):
    """Facts reach streams of the second kind through our own outbox and topic, as outage.audience does."""

    waits_for_all = frozenset({"outage"})
    inputs = ("outage.dispatch", "outage.restorations")


async def test_a_fact_in_our_own_outbox_is_not_yet_known(pool, broker, clock, telemetry) -> None:
    ingest = Ingest(Desk(Chain(), pool, telemetry), broker, clock)
    timers = Timers(ingest.desk, clock, grace=300.0)
    places = [P0, ("outage.restorations", 0)]
    await ingest.assigned(places)
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    # this one's event goes to outage.restorations, which we read ourselves; the relay has not come to it
    clock.advance(timedelta(minutes=9))
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry("o2"), id="2", at=clock.now())])
    clock.advance(timedelta(minutes=2))
    await ingest.caught_up(await broker.ends(places), clock.now())
    assert await column(pool, "select count(*) from outbox where topic = 'outage.restorations'") == [2]
    assert await timers.fire_due({0}) == 0


async def test_a_hole_whose_records_were_deleted_by_retention_stops_the_service(ingest, broker, pool) -> None:
    records = [tell(broker, "enquiry.received.v1", enquiry(), id=str(n)) for n in range(6)]
    await ingest.take(records[:1])
    broker.first[P0] = 5  # retention passed us while we ran; Faust's reset is earliest
    broker.logs[P0] = records[5:]
    with pytest.raises(FenceError, match="records are lost"):
        await ingest.take(records[5:])
    assert await column(pool, "select reason from skipped") == []


async def test_a_compacted_topic_full_of_gaps_is_read(ingest, broker, pool) -> None:
    for n in range(60):
        tell(broker, "enquiry.received.v1", enquiry(), id=str(n))
        broker.gap(P0)
    taken = await ingest.take(broker.logs[P0])
    assert taken.records == 60


class Later(KettleDecider):
    """The next version: ten minutes became twelve."""

    def timers(self, state: Kettle) -> Mapping[str, datetime]:
        return {n: at + timedelta(minutes=2) for n, at in super().timers(state).items()}


class More(KettleDecider):
    def timers(self, state: Kettle) -> Mapping[str, datetime]:
        return {
            **super().timers(state),
            **(
                {"check": state.on_since + timedelta(minutes=5)}
                if state.on_since and not state.overdue and not state.answered
                else {}
            ),
        }
