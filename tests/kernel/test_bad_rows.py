"""One bad record, row or decision stops nothing but its own stream."""

import asyncio
import contextlib
import types
from datetime import timedelta

import pytest
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError

from schemas.dispatch import CauseCleared, CrewStatus
from services.kernel import timers as timers_module
from services.kernel.desk import Desk
from services.kernel.health import Health
from services.kernel.ingest import Ingest
from services.kernel.kafka import Produce, Producer, instant, record_of
from services.kernel.model import Message
from services.kernel.quarantine import Limit
from services.kernel.retry import retry
from services.kernel.runner import Process
from services.kernel.timers import Timers
from tests.kernel.paper import tell
from tests.kernel.test_faults import P0, TimerBug, toy_with
from tests.kernel.test_write_path import cleared, column, enquiry
from tests.kernel.toy import START, Toy


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


def replace_cleared(mrid: str) -> CauseCleared:

    return CauseCleared(mrid=mrid, cleared_at=START + timedelta(seconds=5))


async def test_a_record_with_an_empty_header_is_read_by_the_hole_reader_as_by_faust() -> None:

    item = ConsumerRecord("t", 0, 0, 1000, 0, b"k", b"v", None, 1, 1, (("x", None),))
    record_of(item).digest()


async def test_a_timestamp_in_microseconds_does_not_end_the_process() -> None:

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

    ingest = Ingest(Desk(Toy(), pool, telemetry), broker, clock)
    process = Process.__new__(Process)
    process.clock, process.ingest, process.telemetry = clock, ingest, telemetry

    process.health = Health(clock)
    process.shell = types.SimpleNamespace(places={P0})
    died = []
    process._die = lambda code, why, _error: died.append((code, why)) or (_ for _ in ()).throw(SystemExit(code))

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

    limit = Limit()
    limit.start(
        ["decide-failed"] * 60 + ["recorded"] * 940
    )  # 60 failed words from within: submit() does not check the limit, the inbox has them
    limit.check([False] * 10)
