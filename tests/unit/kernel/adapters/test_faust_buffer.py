"""The buffer between Kafka and the service is full by bytes."""

from types import SimpleNamespace
from typing import Any

from mode.utils.queues import FlowControlEvent

from services.kernel.adapters.faust_buffer import ByteQueue
from services.kernel.bounds import ROW_BYTES


def event(size: int) -> Any:
    return SimpleNamespace(message=SimpleNamespace(value=b"x" * size, key=None))


def queue(max_bytes: int) -> ByteQueue:
    return ByteQueue(maxsize=1_000, flow_control=FlowControlEvent(), clear_on_resume=True, max_bytes=max_bytes)


async def test_few_large_events_fill_the_buffer_as_many_small_ones_do() -> None:
    buffer = queue(10 * ROW_BYTES)
    buffer.force_put_nowait(event(10 * ROW_BYTES))
    assert buffer.full(), "one event alone may be larger than the buffer, and nothing goes in beside it"
    buffer.get_nowait()
    assert not buffer.full()
    for count in range(10):
        assert not buffer.full(), count
        buffer.force_put_nowait(event(0))
    assert buffer.full()


async def test_a_buffer_that_is_cleared_on_a_rebalance_is_empty_by_bytes_too() -> None:
    buffer = queue(10 * ROW_BYTES)
    buffer.force_put_nowait(event(20 * ROW_BYTES))
    buffer.clear()
    assert not buffer.full()
    assert buffer.bytes == 0
