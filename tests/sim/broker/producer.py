"""Write to the in-memory broker as the kernel's idempotent producer writes to Kafka."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    UnknownTopicOrPartitionError,
)
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from services.kernel.adapters.kafka import STOP_SECONDS, Produce
from services.kernel.model import TopicPartition
from tests.sim.broker.broker import Broker
from tests.sim.broker.faults import Send
from tests.sim.broker.link import REQUEST_SECONDS, RETRY_SECONDS, Link
from tests.sim.broker.reader import connected

LARGEST: Final = 1_000_000
"""The largest record that our producer sends (max_request_size)."""
BATCH_BYTES: Final = 16_384
"""Records of one partition that go together (max_batch_size)."""

Place = TopicPartition
Batch = list[tuple[int, Produce]]
"""Rows that go together, with their numbers."""


@dataclass(slots=True)
class _Session:
    """One connected producer: its id at the broker, what it knows of topics, what is under way."""

    id: int
    topics: set[str] = field(default_factory=set)
    turns: dict[Place, asyncio.Lock] = field(default_factory=dict)
    sequences: dict[Place, int] = field(default_factory=dict)
    under_way: dict[asyncio.Task[None], None] = field(default_factory=dict)


class Producer:
    """services.kernel.adapters.kafka.Producer on a link."""

    def __init__(self, link: Link) -> None:
        self._link, self._broker = link, link.broker
        self._session: _Session | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Connect, once however many ask.

        Raises:
            KafkaConnectionError: the broker is away.

        """
        async with self._starting:
            if self._session is None:
                self._session = _Session(await connected(self._link, self._broker.new_producer))

    async def stop(self) -> None:
        """Flush and disconnect; with the broker away, give up flushing soon, and nothing of it goes out any more."""
        session, self._session = self._session, None
        if session is not None and session.under_way:
            await asyncio.wait(session.under_way, timeout=STOP_SECONDS)
            for task in list(session.under_way):
                task.cancel()

    async def send(self, rows: Sequence[Produce]) -> list[bool]:
        """Send rows in order and wait for the broker's word on each: true where it is durable.

        Once one row of a key has failed, later rows of that key count as failed too, so that order holds.
        """
        await self.start()
        session = self._session
        assert session is not None
        refused: set[tuple[str, bytes]] = set()
        batches: dict[Place, list[Batch]] = {}
        for number, row in enumerate(rows):
            if (row.topic, row.key) not in refused:
                try:
                    place = await self._place(session, row)
                except KafkaError:
                    refused.add((row.topic, row.key))
                else:
                    _add(batches.setdefault(place, []), number, row)
        durable: set[int] = set()
        tasks = [asyncio.create_task(self._deliver(session, *one, durable)) for one in batches.items()]
        for task in tasks:
            session.under_way[task] = None
            task.add_done_callback(session.under_way.pop)
        if tasks:
            # Whoever waits may give up; what was given to the producer goes out all the same.
            await asyncio.wait(tasks)
        done = _in_order(rows, durable)
        if not all(done) and self._session is session:
            await self.stop()
        return done

    async def _place(self, session: _Session, row: Produce) -> Place:
        """The partition that a row goes to."""
        if row.topic not in session.topics:
            await self._known(session, row.topic)
        size = DefaultRecordBatchBuilder.estimate_size_in_bytes(row.key, row.value, list(row.headers))
        if size > LARGEST:
            raise MessageSizeTooLargeError(f"{size} bytes are more than {LARGEST}")
        return self._broker.place_of(row.topic, row.key)

    async def _known(self, session: _Session, topic: str) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + REQUEST_SECONDS
        while True:
            try:
                there = await self._link.call(lambda: topic in self._broker.topics)
            except KafkaError:
                there = False
            if there:
                session.topics.add(topic)
                return
            if loop.time() > end:
                raise UnknownTopicOrPartitionError(topic)
            await asyncio.sleep(RETRY_SECONDS)

    async def _deliver(self, session: _Session, place: Place, batches: Sequence[Batch], durable: set[int]) -> None:
        """Send batches of one partition one after another; after the first that fails, none."""
        try:
            async with session.turns.setdefault(place, asyncio.Lock()):
                for batch in batches:
                    sequence = session.sequences[place] = session.sequences.get(place, 0) + 1
                    await self._until_answered(session, place, sequence, batch)
                    durable.update(number for number, _ in batch)
        except KafkaError:
            session.topics.discard(place[0])

    async def _until_answered(self, session: _Session, place: Place, sequence: int, batch: Batch) -> None:
        """An idempotent producer never gives a batch up while its partition exists: no copy can come of it."""
        loop = asyncio.get_running_loop()
        end = loop.time() + REQUEST_SECONDS
        while True:
            try:
                await self._link.call(lambda: _append(self._broker, session.id, place, sequence, batch))
            except KafkaError as error:
                gone = isinstance(error, UnknownTopicOrPartitionError) and loop.time() > end
                if gone or not error.retriable:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return


def _append(broker: Broker, producer: int, place: Place, sequence: int, batch: Batch) -> None:
    partition = broker.partition(place)
    if partition.sequences.get(producer, 0) >= sequence:
        return
    outcome = broker.faults.of_send()
    if outcome is not Send.REFUSED:
        for _, row in batch:
            broker.append(place, row.key, row.value, row.headers, row.at)
        partition.sequences[producer] = sequence
    if outcome is not Send.GOES_WELL:
        raise OutOfOrderSequenceNumber(f"the producer lost batch {sequence} of {place[0]}[{place[1]}]")


def _add(batches: list[Batch], number: int, row: Produce) -> None:
    size = sum(len(one.key) + len(one.value) for _, one in batches[-1]) if batches else BATCH_BYTES
    if size + len(row.key) + len(row.value) > BATCH_BYTES:
        batches.append([])
    batches[-1].append((number, row))


def _in_order(rows: Sequence[Produce], durable: set[int]) -> list[bool]:
    failed: set[tuple[str, bytes]] = set()
    done: list[bool] = []
    for number, row in enumerate(rows):
        if number not in durable:
            failed.add((row.topic, row.key))
        done.append((row.topic, row.key) not in failed)
    return done
