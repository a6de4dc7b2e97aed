"""Bound the buffer between Faust's fetcher and the service, by bytes as well as by count."""

from typing import Any

from mode.utils.queues import ThrowableQueue

from services.kernel.bounds import ROW_BYTES


class ByteQueue(ThrowableQueue[Any]):
    """Full once `max_bytes` lie in it: Faust's conductor then waits, and through it the fetcher.

    Stock Faust counts records (`stream_buffer_maxsize`): 4,000 of a legal size are 3 GB.
    """

    def __init__(self, *args: Any, max_bytes: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.max_bytes = max_bytes
        self.bytes = 0

    def full(self) -> bool:
        """Whether whoever puts something in must wait. One event always goes in."""
        return super().full() or self.bytes >= self.max_bytes

    def clear(self) -> None:
        """Forget everything, as on a rebalance."""
        super().clear()
        self.bytes = 0

    def _put(self, item: Any) -> None:
        super()._put(item)
        self.bytes += weight(item)

    def _get(self) -> Any:
        item = super()._get()
        self.bytes -= weight(item)
        return item


def weight(event: Any) -> int:
    """Bytes that a Faust event holds."""
    message = getattr(event, "message", None)
    if message is None:
        return ROW_BYTES
    return len(message.value or b"") + len(message.key or b"") + ROW_BYTES
