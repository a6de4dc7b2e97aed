"""Kafka for commands: the kernel's producer and reader, with errors that say what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from operations.errors import Away

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from operations.system.location import Where
    from schemas.cloudevent import KafkaMessage
    from services.kernel.adapters.kafka import Producer, Reader
    from services.kernel.clock import Clock

PATIENCE_SECONDS = 30.0
AT_ONCE = 1_000
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


async def send_all(where: Where, messages: Sequence[KafkaMessage], clock: Clock) -> int:
    """Send in order; returns how many are durable. It stops at the first that Kafka does not take.

    Raises:
        Away: the broker cannot be reached.

    """
    from services.kernel.adapters.kafka import Produce  # noqa: PLC0415 - see above

    sent = 0
    async with producer(where) as made:
        for start in range(0, len(messages), AT_ONCE):
            now = clock.now()
            rows = [Produce(m.topic, m.key, m.value, m.headers, now) for m in messages[start : start + AT_ONCE]]
            taken = await reached(where, made.send(rows))
            sent += sum(taken)
            if not all(taken):
                break
    return sent
