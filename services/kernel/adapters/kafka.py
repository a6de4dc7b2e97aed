"""Write to Kafka for the relay and read from it without a group; of aiokafka, kafka_names mends names and away knows the errors."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiokafka
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from services.kernel.adapters import kafka_names
from services.kernel.bounds import FETCH_BYTES, PARTITION_FETCH_BYTES
from services.kernel.model import KernelError, Record, TopicPartition

__all__ = ["KafkaError", "Produce", "Producer", "Reader", "instant"]

log = structlog.get_logger()

kafka_names.install()

READ_SECONDS = 30.0
STOP_SECONDS = 3.0
ANSWER_WAIT_SECONDS = 0.1
"""So long the broker keeps a fetch for which there is nothing: a question about offsets waits behind it."""
FOLLOW_WAIT_SECONDS = 1.5
"""And of a reader that asks nothing else, as of the services' own."""
ABANDON_SECONDS = 0.2
LOG_APPEND_TIME = 1  # Kafka's number for a stamp that the broker put on a record
LAST_MILLISECOND = 253_402_214_400_000  # 9999-12-31


@dataclass(frozen=True, slots=True)
class Produce:
    """One record to publish; `at` is the domain time it carries."""

    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]
    at: datetime


def in_milliseconds(at: datetime) -> int:
    """An instant as Kafka's epoch milliseconds; what is finer is cut off."""
    return (at - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)


def instant(milliseconds: float) -> datetime:
    """Kafka's epoch milliseconds as an instant; a stamp in micro- or nanoseconds ends at the last year there is."""
    return datetime.fromtimestamp(min(max(milliseconds, 0), LAST_MILLISECOND) / 1000, UTC)


class Producer:
    """Idempotent producer: acks=all, order kept per partition."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Connect, once however many ask.

        Raises:
            aiokafka.errors.KafkaError, OSError: the broker is away.

        """
        async with self._starting:
            if self._producer is None:
                self._producer = await self._connect()

    async def _connect(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            enable_idempotence=True,
            acks="all",
            linger_ms=2,
            max_request_size=1_000_000,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer

    async def stop(self) -> None:
        """Flush and disconnect; with the broker away, give up flushing soon, and nothing of it goes out any more.

        What was not acknowledged stays in the outbox, or with whoever was told so.
        """
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await producer.stop()
        except TimeoutError:
            await _abandon(producer)
        except asyncio.CancelledError:
            _let_go(producer)
            raise

    async def send(self, rows: Sequence[Produce]) -> list[bool]:
        """Send rows in order and wait for Kafka's word on each: true where it is durable.

        Once one row of a key has failed, later rows of that key count as failed too, so that order holds.
        """
        await self.start()
        producer = self._producer
        assert producer is not None  # noqa: S101 - start() sets it or raises
        waiting: list[asyncio.Future[object] | None] = []
        refused: set[tuple[str, bytes]] = set()
        for row in rows:
            if (row.topic, row.key) in refused:
                waiting.append(None)
                continue
            try:
                future = await producer.send(
                    row.topic,
                    row.value,
                    key=row.key,
                    headers=list(row.headers),
                    timestamp_ms=int(row.at.timestamp() * 1000),
                )
            except (KafkaError, ValueError) as error:
                log.error("record refused by the producer", topic=row.topic, error=repr(error))
                refused.add((row.topic, row.key))
                waiting.append(None)
            else:
                waiting.append(future)
        answers = await asyncio.gather(*(f for f in waiting if f is not None), return_exceptions=True)
        results = iter(answers)
        failed: set[tuple[str, bytes]] = set()
        done: list[bool] = []
        broken = False
        for row, future in zip(rows, waiting, strict=True):
            answer = next(results) if future is not None else KafkaError("not sent")
            if isinstance(answer, BaseException):
                failed.add((row.topic, row.key))
                broken = True
            done.append((row.topic, row.key) not in failed)
        if broken and self._producer is producer:
            # An idempotent producer that lost a batch may refuse all later ones; a new one starts clean.
            await self.stop()
        return done


def _let_go(producer: AIOKafkaProducer) -> "asyncio.Task[None] | None":
    """End the task that sends: aiokafka leaves it at work where flushing is broken off, to publish once the broker is back."""
    sender: asyncio.Task[None] | None = producer._sender.sender_task  # noqa: SLF001 - there is no other way to end it
    if sender is not None:
        sender.cancel()
    return sender


async def _abandon(producer: AIOKafkaProducer) -> None:
    while (sender := _let_go(producer)) is not None and not sender.done():
        # The first time it still waits for the requests under way; the next time it lets go of them.
        await asyncio.wait([sender], timeout=ABANDON_SECONDS)
    with contextlib.suppress(KafkaError, OSError):
        await producer.client.close()


class Reader:
    """Reads partitions by offset, in no group, uncommitted like the services' own reader."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._consumer: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()

    async def _open(self, most_wait: float = ANSWER_WAIT_SECONDS) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                isolation_level="read_uncommitted",
                fetch_max_wait_ms=int(most_wait * 1000),
                fetch_max_bytes=FETCH_BYTES,
                max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            )
            try:
                await consumer.start()
            except BaseException:
                await consumer.stop()
                raise
            self._consumer = consumer
        return self._consumer

    async def close(self) -> None:
        """Disconnect."""
        async with self._lock:
            await self._stop()

    async def _stop(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            # aiokafka's fetcher may swallow its cancellation while it drops an assignment; the second one reaches it.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await consumer.stop()

    async def partitions(self, topics: Iterable[str]) -> Sequence[TopicPartition]:
        """Every partition of these topics."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        try:
            await admin.start()
            found = await admin.describe_topics(list(topics))
        finally:
            await admin.close()
        return [(topic["topic"], part["partition"]) for topic in found for part in topic["partitions"]]

    async def bounds(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """First offset still there and the offset that comes next, of each partition."""
        partitions = [aiokafka.TopicPartition(topic, number) for topic, number in places]
        async with self._lock:
            consumer = await self._open()
            first = await consumer.beginning_offsets(partitions)
            end = await consumer.end_offsets(partitions)
        return {(p.topic, p.partition): (first[p], end[p]) for p in partitions}

    async def ends(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offset that comes next, of each partition."""
        partitions = [aiokafka.TopicPartition(topic, number) for topic, number in places]
        async with self._lock:
            consumer = await self._open()
            end = await consumer.end_offsets(partitions)
        return {(p.topic, p.partition): end[p] for p in partitions}

    async def since(self, instants: Mapping[TopicPartition, datetime]) -> Mapping[TopicPartition, int]:
        """The first offset of each partition whose record was put there at its instant or later; its end where none was."""
        ends = await self.ends(instants)
        partitions = [aiokafka.TopicPartition(topic, number) for topic, number in ends]
        async with self._lock:
            consumer = await self._open()
            found = await consumer.offsets_for_times(
                {there: in_milliseconds(instants[there.topic, there.partition]) for there in partitions}
            )
        return {
            place: there.offset if (there := found.get(aiokafka.TopicPartition(*place))) else ends[place]
            for place in ends
        }

    async def follow(
        self, starts: Mapping[TopicPartition, int], *, silence: float
    ) -> AsyncGenerator[Sequence[Record], None]:
        """Records from these offsets on, as they come; an empty batch after each `silence` in seconds without any.

        Holds this reader for as long as it is followed: who wants to ask it something else needs another one. While the
        broker is away there is only silence.
        """
        async with self._lock:
            await self._stop()  # what was opened for questions asks ten times a second whether there is more
            consumer = await self._open(FOLLOW_WAIT_SECONDS)
            consumer.assign([aiokafka.TopicPartition(*place) for place in starts])
            for place, offset in starts.items():
                consumer.seek(aiokafka.TopicPartition(*place), offset)
            try:
                while True:
                    batch = await consumer.getmany(timeout_ms=int(silence * 1000), max_records=500)
                    yield [record_of(item) for items in batch.values() for item in items]
            finally:
                await self._stop()

    async def read(self, place: TopicPartition, start: int, end: int, limit: int | None = None) -> Sequence[Record]:
        """All records in [start, end), or the first of them that together reach `limit` bytes.

        Raises:
            KernelError: the log ends before `end`.
            TimeoutError: within READ_SECONDS the broker did not show all up to it; waiting may cure that.

        """
        partition = aiokafka.TopicPartition(*place)
        found: list[Record] = []
        size = 0
        async with self._lock:
            consumer = await self._open()
            there = (await consumer.end_offsets([partition]))[partition]
            if there < end:
                raise KernelError(f"{place[0]}[{place[1]}] ends at {there}, before offset {end}")
            consumer.assign([partition])
            consumer.seek(partition, start)
            try:
                async with asyncio.timeout(READ_SECONDS):
                    while True:
                        batch = await consumer.getmany(partition, timeout_ms=200, max_records=500)
                        for item in batch.get(partition, []):
                            if item.offset >= end:
                                return found
                            found.append(record_of(item))
                            size += found[-1].size
                            if limit is not None and size >= limit:
                                return found
                        if await consumer.position(partition) >= end:
                            return found
            except TimeoutError:
                raise TimeoutError(
                    f"{place[0]}[{place[1]}] showed nothing up to offset {end} in {READ_SECONDS:.0f} s: is the broker well?"
                ) from None
            finally:
                consumer.unsubscribe()


def record_of(item: "ConsumerRecord[bytes | None, bytes | None]") -> Record:
    """Aiokafka's record as ours."""
    return Record(
        item.topic,
        item.partition,
        item.offset,
        item.key,
        item.value,
        {name: value or b"" for name, value in item.headers},
        instant(item.timestamp),
        item.timestamp_type == LOG_APPEND_TIME,
    )
