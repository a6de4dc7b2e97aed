"""Failing tests = findings. Each states what should hold."""

import asyncio
import contextlib
import types
from datetime import timedelta

import pytest

from schemas.dispatch import CrewStatus
from services.kernel import timers as timers_module
from services.kernel.desk import Desk
from services.kernel.ingest import Ingest
from services.kernel.model import Message
from services.kernel.retry import RetryRefused, drop, retry
from services.kernel.timers import Timers
from tests.kernel.paper import tell
from tests.kernel.test_write_path import cleared, column, enquiry
from tests.kernel.toy import START, KettleDecider, Toy

P0 = ("outage.dispatch", 0)


async def parked(pool):
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
    def decide(self, state, facts, message, now):
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
    with pytest.raises(Exception):
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

    def timers(self, state):
        return {n: at + timedelta(minutes=2) for n, at in super().timers(state).items()}


class More(KettleDecider):
    def timers(self, state):
        return {
            **super().timers(state),
            **(
                {"check": state.on_since + timedelta(minutes=5)}
                if state.on_since and not state.overdue and not state.answered
                else {}
            ),
        }


class BadFacts(Toy):
    error: Exception = KeyError("x")

    async def facts(self, connection, stream_id, state, message) -> None:
        if getattr(message.data, "subject", None) == "badfacts":
            raise self.error


@pytest.mark.parametrize("error", [KeyError("x"), ValueError("x"), AttributeError("x")])
async def test_a_bug_in_facts_parks_its_stream_like_a_bug_in_decide(pool, broker, clock, telemetry, error) -> None:
    toy = BadFacts()
    toy.error = error
    ingest = Ingest(Desk(toy, pool, telemetry), broker, clock)
    tell(broker, "enquiry.received.v1", enquiry(subject="badfacts"), id="1")
    tell(broker, "enquiry.received.v1", enquiry("o2"), id="2")
    taken = await ingest.take(broker.logs[P0])
    assert [b.reason for b in taken.bad] == ["decide-failed"]


class PgFacts(Toy):
    async def facts(self, connection, stream_id, state, message) -> None:
        if getattr(message.data, "subject", None) == "badfacts":
            await connection.fetch("select 1/0")


async def test_a_message_that_the_query_of_facts_chokes_on_is_set_aside(pool, broker, clock, telemetry) -> None:
    ingest = Ingest(Desk(PgFacts(), pool, telemetry), broker, clock)
    tell(broker, "enquiry.received.v1", enquiry(subject="badfacts"), id="1")
    taken = await ingest.take(broker.logs[P0])
    assert [b.reason for b in taken.bad] == ["decide-failed"]


class BadProjection:
    async def apply(self, connection, events) -> None:
        if any(e.type == "overdue.v1" and e.stream_id == "outage/o1" for e in events):
            await connection.execute("select 1/0")


async def test_one_deadline_that_cannot_be_written_does_not_hold_up_all_others(pool, broker, clock, telemetry) -> None:
    toy = Toy()
    toy.projections = (BadProjection(),)
    ingest = Ingest(Desk(toy, pool, telemetry), broker, clock)
    timers = Timers(ingest.desk, clock, grace=300.0)
    for n in range(3):
        await ingest.take([tell(broker, "cause.cleared.v1", cleared(f"o{n}"), id=str(n))])
    clock.advance(timedelta(hours=1))
    await ingest.caught_up(await broker.ends([P0]), clock.now())
    for _ in range(4):
        with contextlib.suppress(Exception):
            await timers.fire_due({0})
    assert await column(pool, "select count(*) from event where type = 'overdue.v1'") == [2]


async def test_deadlines_behind_a_stuck_partition_do_not_hold_up_those_of_a_sound_one(
    ingest, timers, broker, pool, clock, monkeypatch
) -> None:
    monkeypatch.setattr(timers_module, "BATCH", 5)
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(f"stuck{n}"), id=f"s{n}") for n in range(6)])
    await ingest.take(
        [tell(broker, "cause.cleared.v1", cleared("sound"), id="x", partition=1, at=START + timedelta(seconds=1))]
    )
    await pool.execute("update timer set due_at = due_at + interval '1 s' where partition = 1")
    await pool.execute("delete from timer where partition = 1")
    await ingest.take([tell(broker, "cause.cleared.v1", replace_cleared("sound2"), id="y", partition=1)])
    clock.advance(timedelta(minutes=30))
    await ingest.caught_up(await broker.ends([("outage.dispatch", 1)]), clock.now())  # partition 0 has a backlog
    assert await timers.fire_due({0, 1}) == 1


def replace_cleared(mrid):
    from schemas.dispatch import CauseCleared

    return CauseCleared(mrid=mrid, cleared_at=START + timedelta(seconds=5))


async def test_a_record_with_an_empty_header_is_read_by_the_hole_reader_as_by_faust() -> None:
    from aiokafka import ConsumerRecord

    from services.kernel.kafka import record_of

    item = ConsumerRecord("t", 0, 0, 1000, 0, b"k", b"v", None, 1, 1, (("x", None),))
    record_of(item).digest()


async def test_a_timestamp_in_microseconds_does_not_end_the_process() -> None:
    from services.kernel.kafka import instant

    instant(1_772_000_000_000_000)


async def test_a_fence_that_moves_while_it_is_checked_is_no_alarm(ingest, broker, pool, clock, telemetry) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    other = Ingest(Desk(Toy(), pool, telemetry), broker, clock)
    real = broker.bounds

    async def slow(places):
        answer = await real(places)
        record = tell(broker, "enquiry.received.v1", enquiry(), id="2")
        broker.bounds = real
        await ingest.take([record])  # the worker that had it, still at it
        return answer

    broker.bounds = slow
    await other.assigned([P0])


async def test_one_word_from_within_that_cannot_be_written_does_not_hold_up_the_others(
    pool, broker, clock, telemetry
) -> None:
    class Bad:
        async def apply(self, connection, events):
            if any(e.stream_id == "outage/poison" for e in events):
                await connection.execute("select 1/0")

    toy = Toy()
    toy.projections = (Bad(),)
    ingest = Ingest(Desk(toy, pool, telemetry), broker, clock)
    words = [
        Message(
            "/outage/toy/sender",
            f"{m}/expired",
            "crew.status.v1",
            START,
            CrewStatus(mrid=m, crew_status="arrived", at=START),
            m,
            0,
            stream=f"outage/{m}",
        )
        for m in ("a", "poison", "b")
    ]
    for _ in range(3):
        with contextlib.suppress(Exception):
            await ingest.submit(words)
    assert await column(pool, "select count(*) from event") == [2]


async def test_once_a_row_of_a_key_was_refused_later_rows_of_that_key_are_not_put_on_the_topic_again_and_again() -> (
    None
):
    from aiokafka.errors import MessageSizeTooLargeError

    from services.kernel.kafka import Produce, Producer

    landed = []

    class Paper:  # what AIOKafkaProducer.send does with a record that is too large
        async def send(self, topic, value, *, key, headers, timestamp_ms):
            if len(value) > 10:
                raise MessageSizeTooLargeError("too large")
            landed.append(value)
            future = asyncio.get_running_loop().create_future()
            future.set_result(None)
            return future

        async def stop(self):
            pass

    producer = Producer("x")
    rows = [Produce("t", b"k", b"x" * 11, (), START), Produce("t", b"k", b"later", (), START)]
    for _ in range(3):
        producer._producer = Paper()
        assert await producer.send(rows) == [False, False]
    assert landed == [], "sent and reported as not sent: once every poll, for ever, and ahead of the one before it"


async def test_kafka_away_during_assignment_or_a_hole_is_waited_for(pool, broker, clock, telemetry) -> None:
    from aiokafka.errors import KafkaConnectionError

    from services.kernel.runner import Process

    ingest = Ingest(Desk(Toy(), pool, telemetry), broker, clock)
    process = Process.__new__(Process)
    process.clock, process.ingest, process.telemetry = clock, ingest, telemetry
    from services.kernel.health import Health

    process.health = Health(clock)
    process.shell = types.SimpleNamespace(places={P0})
    died = []
    process._die = lambda code, why, error: died.append((code, why)) or (_ for _ in ()).throw(SystemExit(code))

    async def away(places):
        raise KafkaConnectionError("no brokers")

    _real, broker.bounds = broker.bounds, away
    await process._assigned([P0])


async def test_a_bad_message_sent_again_and_taken_can_still_be_closed_by_a_retry(ingest, broker, pool, clock) -> None:
    """Unknown type; the schema learns it; the sender sends the same event again, it is taken; then the operator retries."""
    bad = tell(broker, "enquiry.received.v1", enquiry(), id="1", key="wrong")
    await ingest.take([bad])
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    qid = await pool.fetchval("select quarantine_id from quarantine")
    await pool.execute("update quarantine set key = 'o1'")  # stands for: understood now
    await retry(pool, Toy(), clock, qid, "op")
    assert await column(pool, "select state from quarantine") == ["retried"]


async def test_after_a_topic_was_made_anew_and_accepted_a_bad_record_at_an_old_offset_is_kept(
    ingest, broker, pool, clock
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1", value=b"{")])
    await pool.execute("update consumer_offset set next_offset = 0, last_digest = null")  # offsets accept
    broker.logs.clear()
    broker.next.clear()
    ingest.unassigned()
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="7", value=b"[")])
    assert await column(pool, "select count(*) from quarantine") == [2]


async def test_a_deadline_fired_by_two_workers_that_fails_can_still_be_retried(pool, broker, clock, telemetry) -> None:
    a, b = (Ingest(Desk(toy_with(TimerBug()), pool, telemetry), broker, clock) for _ in range(2))
    ta, tb = (Timers(i.desk, clock, grace=300.0) for i in (a, b))
    await a.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    clock.advance(timedelta(hours=1))
    await a.caught_up(await broker.ends([P0]), clock.now())
    ready = []
    real = tb._fire

    async def hold(rows):
        ready.append(rows)
        return 0

    tb._fire = hold
    await tb.fire_due({0})  # the second worker has read what is due ...
    assert await ta.fire_due({0}) == 1  # ... the first fires it; it fails and parks the stream
    await real(ready[0])
    qid = await pool.fetchval("select parked_by from stream")
    await retry(pool, Toy(), clock, qid, "op")


def test_the_limit_lets_a_mended_version_begin() -> None:
    from services.kernel.quarantine import Limit

    limit = Limit()
    limit.start(
        ["decide-failed"] * 60 + ["recorded"] * 940
    )  # 60 failed words from within: submit() does not check the limit, the inbox has them
    limit.check([False] * 10)
