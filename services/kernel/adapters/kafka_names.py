"""Read records with a header name that is not UTF-8: aiokafka would stop at such a record for good.

Here such a name is read with its bytes escaped, and the record goes the way of any other. The batch is read again by
aiokafka's own reader in Python, only where its fast one gives up; everything else costs one step more per record.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import aiokafka.consumer.fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy

_NEWEST = 2  # the record format that has headers at all


class _Name(bytes):
    def decode(self, *_: object) -> str:
        return bytes.decode(self, "utf-8", "backslashreplace")


class _Bytes(bytearray):
    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Name(found) if isinstance(at, slice) else found


class _Patient(_DefaultRecordBatchPy):  # type: ignore[misc]
    """A batch whose names may be any bytes."""

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Bytes(self._buffer)  # type: ignore[has-type]


class _Batch:
    """A batch as the fast reader gives it, for as long as that can read it."""

    def __init__(self, fast: Any, raw: memoryview) -> None:
        self._fast, self._raw = fast, raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fast, name)

    def __next__(self) -> Any:
        return next(self._fast)

    def __iter__(self) -> Iterator[Any]:
        given = 0
        try:
            for record in self._fast:
                given += 1
                yield record
        except UnicodeDecodeError:
            yield from islice(_Patient(bytes(self._raw)), given, None)


class Records(_MemoryRecordsPy):  # type: ignore[misc]
    """What a fetch brought, batch by batch."""

    def next_batch(self, *_: object) -> Any:
        """The next batch; None after the last."""
        raw = self._next_slice
        batch = super().next_batch()
        return batch if batch is None or raw is None or raw[self.MAGIC_OFFSET] < _NEWEST else _Batch(batch, raw)


def install() -> None:
    """Have every consumer of this process read so. aiokafka is pinned exactly, and a test reads such a record from Kafka."""
    aiokafka.consumer.fetcher.MemoryRecords = Records  # type: ignore[attr-defined, unused-ignore]
