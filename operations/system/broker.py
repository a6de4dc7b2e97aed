"""Kafka for commands: the kernel's producer and reader, with errors that say what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from operations.errors import Away

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from operations.system.location import Where
    from schemas.cloudevent import KafkaMessage
    from services.kernel.adapters.kafka import Producer, Reader
    from services.kernel.adapters.ports import RecordProducer
    from services.kernel.clock import Clock
    from services.kernel.model import Record

PATIENCE_SECONDS = 30.0
AT_ONCE = 1_000
READ_BYTES = 8 << 20
# What the kernel's producer lets through, less the record's own frame. The broker's limit is a little higher.
LARGEST_BYTES = 1_000_000 - 1_000

T = TypeVar("T")


def size_of(message: KafkaMessage) -> int:
    """Bytes of key, value and headers."""
    return len(message.key) + len(message.value) + sum(len(name) + len(value) + 4 for name, value in message.headers)


@asynccontextmanager
async def producer(where: Where) -> AsyncIterator[Producer]:
    """A producer that is connected.

    Raises:
        Away: the broker cannot be reached.

    """
    from services.kernel.adapters.kafka import Producer  # noqa: PLC0415 - aiokafka takes its time; only who sends waits for it

    made = Producer(where.need_kafka())
    await reached(where, made.start())
    try:
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def reader(where: Where) -> AsyncIterator[Reader]:
    """A reader in no group; wrap what is asked of it in `reached`."""
    from services.kernel.adapters.kafka import Reader  # noqa: PLC0415 - aiokafka takes its time; only who reads waits for it

    made = Reader(where.need_kafka())
    try:
        yield made
    finally:
        await made.close()


async def reached(where: Where, asked: Awaitable[T]) -> T:
    """The broker's answer.

    Raises:
        Away: none came in PATIENCE_SECONDS, or the broker cannot be reached.

    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await asked
    except Exception as error:  # noqa: BLE001 - aiokafka's errors are known to one module of the kernel
        raise Away(
            f"Kafka at {where.kafka} does not answer ({error or type(error).__name__}): is it running? "
            "`outagectl up` starts a local one, OUTAGE_KAFKA names yours"
        ) from None


async def each_record(
    where: Where, topic: str, progress: Callable[[int, int], None] | None = None
) -> AsyncIterator[Record]:
    """All records that a topic holds now, a partition after the other, each in its order. `progress`: offsets passed, of how many.

    Raises:
        Away: the broker cannot be reached, or has no such topic.

    """
    async with reader(where) as asking:
        places = await reached(where, asking.partitions([topic]))
        if not places:
            raise Away(f"Kafka at {where.kafka} has no topic {topic}: make it as deploy/k8s/base/topics has it")
        bounds = await reached(where, asking.bounds(places))
        passed, total = 0, sum(end - first for first, end in bounds.values())
        for place, (first, end) in bounds.items():
            start = first
            while start < end:
                records = await reached(where, asking.read(place, start, end, READ_BYTES))
                for record in records:
                    yield record
                # Compaction may have left nothing up to the end.
                following = records[-1].offset + 1 if records else end
                passed, start = passed + following - start, following
                if progress is not None:
                    progress(passed, total)


async def send_all(
    where: Where, messages: Iterable[KafkaMessage], clock: Clock, advance: Callable[[int], None] | None = None
) -> int:
    """Send in order; returns how many are durable. It stops at the first batch that Kafka does not take whole.

    Raises:
        Away: the broker cannot be reached.

    """
    async with producer(where) as made:
        return await send_over(made, messages, clock, advance, partial(reached, where))


async def send_over(
    made: RecordProducer,
    messages: Iterable[KafkaMessage],
    clock: Clock,
    advance: Callable[[int], None] | None = None,
    waited: Callable[[Awaitable[list[bool]]], Awaitable[list[bool]]] | None = None,
) -> int:
    """The same over a producer that is connected. `waited`: how its answer is waited for, else without a limit."""
    from services.kernel.adapters.kafka import Produce  # noqa: PLC0415 - see above

    sent, waiting = 0, iter(messages)
    while batch := list(islice(waiting, AT_ONCE)):
        now = clock.now()
        rows = [Produce(m.topic, m.key, m.value, m.headers, now) for m in batch]
        taken = await (made.send(rows) if waited is None else waited(made.send(rows)))
        sent += sum(taken)
        if advance is not None:
            advance(sum(taken))
        if not all(taken):
            break
    return sent
