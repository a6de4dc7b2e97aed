"""Nothing is lost, doubled or held up when a message, its facts, its topic, the broker or Postgres is at fault."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

import asyncpg
import pytest
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError

from schemas.contracts.dispatch import CrewStatus
from services.kernel.adapters.kafka import Produce, Producer, instant, record_of
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Message, TopicPartition
from services.kernel.observing.health import Health
from services.kernel.observing.telemetry import Telemetry
from services.kernel.running.boot import Die
from services.kernel.running.boot import die as die_at_once
from services.kernel.running.taking import Taking
from services.kernel.writing.failures.limit import FailureLimit, JudgedMessage
from services.kernel.writing.fence import FenceError
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.asked import drop, retry
from tests.kits.kernel.facts import column, enquiry
from tests.kits.kernel.faults import DISPATCH, Unwritable
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START, Toy


def word(id_: str, mrid: str = "o1") -> Message:
    """Something the service says to itself."""
    data = CrewStatus(mrid=mrid, crew_status="arrived", at=START)
    return Message("/outage/toy/sender", id_, "crew.status.v1", START, data, mrid, 0, stream=f"outage/{mrid}")


def taking_of(
    ingest: Ingest, broker: PaperBroker, clock: ManualClock, places: Iterable[TopicPartition], die: Die = die_at_once
) -> Taking:
    """What the input of a process that reads `places` hands its records to."""
    return Taking(ingest, broker, lambda: set(places), Health(clock), ingest.transaction.telemetry, clock, die)


async def test_a_word_from_within_said_again_after_its_stream_was_freed_is_kept_and_counts_once(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(subject="bug"), id="1")])
    await ingest.submit([word("m/1/accepted/SM1")])
    failed = await pool.fetchval("select quarantine_id from quarantine where id = '1'")
    await drop(pool, Toy(), clock, failed, "night shift", "mended")
    await ingest.submit([word("m/1/accepted/SM1")])  # as the look-up says it again
    assert await column(pool, "select type from event where stream_id like 'outage/%'") == ["crew.status.v1"], (
        "the word is in the inbox and nowhere else"
    )


async def test_one_word_from_within_that_cannot_be_written_does_not_hold_up_the_others(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> None:
    toy = Toy()
    toy.projections = (Unwritable("outage/poison", "crew.status.v1"),)
    ingest = Ingest(Transaction(toy, pool, telemetry), broker, clock)
    for _ in range(3):
        await ingest.submit([word(f"{mrid}/expired", mrid) for mrid in ("a", "poison", "b")])
    assert await column(pool, "select count(*) from event") == [2]


class FactsThatFail(Toy):
    """Reads facts with a bug, or with a query that Postgres refuses."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self._error = error

    async def facts(self, connection: Any, stream_id: str, state: Any, message: Message) -> None:
        if getattr(message.data, "subject", None) != "no facts":
            return
        if self._error is not None:
            raise self._error
        await connection.fetch("select 1/0")


@pytest.mark.parametrize("error", [KeyError("x"), ValueError("x"), AttributeError("x")], ids=repr)
async def test_a_bug_in_facts_parks_its_stream_like_a_bug_in_decide(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry, error: Exception
) -> None:
    ingest = Ingest(Transaction(FactsThatFail(error), pool, telemetry), broker, clock)
    tell(broker, "enquiry.received.v1", enquiry(subject="no facts"), id="1")
    tell(broker, "enquiry.received.v1", enquiry("o2"), id="2")
    taken = await ingest.take(broker.logs[DISPATCH])
    assert [bad.reason for bad in taken.bad] == ["decide-failed"]


async def test_a_message_that_the_query_of_facts_chokes_on_is_set_aside(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> None:
    ingest = Ingest(Transaction(FactsThatFail(), pool, telemetry), broker, clock)
    taken = await ingest.take([tell(broker, "enquiry.received.v1", enquiry(subject="no facts"), id="1")])
    assert [bad.reason for bad in taken.bad] == ["decide-failed"]


async def test_a_bad_message_sent_again_and_taken_can_still_be_closed_by_a_retry(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1", key="wrong")])
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    bad = await pool.fetchval("select quarantine_id from quarantine")
    await pool.execute("update quarantine set key = 'o1'")  # stands for: this version understands it
    await retry(pool, Toy(), clock, bad, "night shift")
    assert await column(pool, "select state from quarantine") == ["retried"]


def test_the_limit_lets_a_mended_version_begin() -> None:
    limit = FailureLimit()
    # The inbox holds more failures than the limit allows where internal messages failed, which it does not stop.
    failed = [JudgedMessage(f"/sender{n % 5}", failed=True) for n in range(60)]
    limit.start(failed + [JudgedMessage("/dispatch", failed=False)] * 940)
    limit.check([JudgedMessage("/dispatch", failed=False)] * 10)


async def test_records_deleted_by_retention_while_we_ran_stop_the_service(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    records = [tell(broker, "enquiry.received.v1", enquiry(), id=str(n)) for n in range(6)]
    await ingest.take(records[:1])
    broker.first[DISPATCH] = 5  # Faust's reset is to the earliest record there is
    broker.logs[DISPATCH] = records[5:]
    with pytest.raises(FenceError, match="records are lost"):
        await ingest.take(records[5:])
    assert await column(pool, "select reason from skipped") == []


async def test_a_compacted_topic_full_of_gaps_is_read(ingest: Ingest, broker: PaperBroker) -> None:
    for n in range(60):
        tell(broker, "enquiry.received.v1", enquiry(), id=str(n))
        broker.gap(DISPATCH)
    taken = await ingest.take(broker.logs[DISPATCH])
    assert taken.records == 60


async def test_after_a_topic_was_made_anew_and_accepted_a_bad_record_at_an_old_offset_is_kept(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1", value=b"{")])
    await pool.execute("update consumer_offset set next_offset = 0, last_digest = null")  # offsets accept
    broker.logs.clear()
    broker.next.clear()
    ingest.unassigned()
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="7", value=b"[")])
    assert await column(pool, "select count(*) from quarantine") == [2]


async def test_a_fence_that_moves_while_it_is_checked_is_no_alarm(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    newcomer = Ingest(Transaction(Toy(), pool, ingest.transaction.telemetry), broker, clock)

    async def bounds_while_the_old_worker_goes_on(
        places: Iterable[TopicPartition],
    ) -> Mapping[TopicPartition, tuple[int, int]]:
        monkeypatch.undo()
        answer = await broker.bounds(places)
        await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="2")])
        return answer

    monkeypatch.setattr(broker, "bounds", bounds_while_the_old_worker_goes_on)
    await newcomer.assigned([DISPATCH])
    assert await column(pool, "select next_offset from consumer_offset where partition = 0") == [2]


async def test_with_kafka_away_during_assignment_the_process_goes_on(
    ingest: Ingest, broker: PaperBroker, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(places: Iterable[TopicPartition]) -> NoReturn:
        raise KafkaConnectionError("no brokers")

    def die(code: int, why: str, error: BaseException | None) -> NoReturn:
        pytest.fail(f"the process ended with {code}, {why}: {error!r}")

    monkeypatch.setattr(broker, "bounds", away)
    await taking_of(ingest, broker, clock, [DISPATCH], die).assigned([DISPATCH])


class SmallBroker:
    """What AIOKafkaProducer.send does with a record that is too large, where ten bytes are the most."""

    def __init__(self, landed: list[bytes]) -> None:
        self._landed = landed

    async def send(self, topic: str, value: bytes, **_: object) -> asyncio.Future[None]:
        if len(value) > 10:
            raise MessageSizeTooLargeError("too large")
        self._landed.append(value)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future

    async def stop(self) -> None:
        """Nothing is buffered."""


async def test_behind_a_refused_row_later_rows_of_its_key_are_not_put_on_the_topic_again_and_again() -> None:
    landed: list[bytes] = []
    producer = Producer("unused")
    rows = [Produce("t", b"k", value, (), START) for value in (b"x" * 11, b"later")]
    for _ in range(3):
        producer._producer = SmallBroker(landed)
        assert await producer.send(rows) == [False, False]
    assert landed == [], "sent and reported as not sent: once every poll, for ever, and ahead of the one before it"


def test_a_record_with_an_empty_header_is_read_by_the_hole_reader_as_by_faust() -> None:
    item = ConsumerRecord("t", 0, 0, 1000, 0, b"k", b"v", None, 1, 1, (("x", None),))
    assert record_of(item).headers == {"x": b""}
    assert len(record_of(item).digest()) == 32


def test_a_timestamp_in_microseconds_does_not_end_the_process() -> None:
    assert instant(1_772_000_000_000_000) == datetime(9999, 12, 31, tzinfo=UTC)
