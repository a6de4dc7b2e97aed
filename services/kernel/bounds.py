"""Limit how many bytes one process holds at once: the pods have 512 MiB, and a legal event may have 1 MB.

Counts of records bound nothing, for two of them may differ by a factor of a thousand. Bytes here are those of the JSON on
the wire; as Python objects names cost about five times as much, which is why the sums below stay far under the pod's. A
single event, and a single stream's state, are always let through, however large.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

MIB = 1 << 20

PARTITION_FETCH_BYTES = MIB // 4
"""What Kafka answers per partition and request, times up to 72 partitions of a notifier; a larger record comes alone."""
FETCH_BYTES = 8 * MIB
"""What one broker answers to a reader of ours at once."""
BUFFER_BYTES = 4 * MIB
"""What Faust holds ready for us: two batches, so that fetching and writing overlap."""
BATCH_BYTES = 2 * MIB
"""The records of one transaction: decoded, judged, and written twice (log and outbox) before they are let go."""
LOAD_BYTES = 16 * MIB
"""Streams loaded by one transaction; where it needs more, it is split (`TooMuchAtOnce`)."""
STATES_BYTES = 8 * MIB
"""States kept in memory after their transaction; a state that is not kept is loaded again."""
PAGE_BYTES = 2 * MIB
"""Rows of the log read in one go."""
READ_BYTES = 2 * MIB
"""Events folded into a read model in one transaction: a name of 39 bytes may become a row, which takes 20 times as much."""
RELAY_BYTES = 4 * MIB
"""Outbox rows under way to Kafka at once."""
PAYLOAD_BYTES = 900_000
"""One event on the wire: a broker takes 1 MiB with headers, and a larger record would hold up those behind it for ever."""
ROW_BYTES = 1_024
"""What a row or a remembered state costs beside its JSON."""

_FIRST_PAGE, _LONGEST_PAGE = 16, 2_048


class TooMuchAtOnce(Exception):
    """The streams that one transaction needs are too large to be held together; nothing was written: take fewer."""

    def __init__(self, streams: int, size: int) -> None:
        super().__init__(
            f"{streams} streams of together {size:,} bytes are more than {LOAD_BYTES:,}: take fewer at once"
        )


def within(sizes: Iterable[int], limit: int) -> int:
    """How many of the first of `sizes` (bytes) may be taken together; always one, if there is any.

    >>> within([3, 3, 3], 7), within([9, 1], 7), within([], 7)
    (2, 1, 0)
    """
    count = total = 0
    for size in sizes:
        total += size
        if count and total > limit:
            break
        count += 1
    return count


async def pages(
    connection: Any,
    statement: str,
    *arguments: Any,
    size: Callable[[Any], int],
    limit: int = PAGE_BYTES,
    first: int = _FIRST_PAGE,
) -> AsyncIterator[list[Any]]:
    """The rows of a query in pages of about `limit` bytes, as `size` counts a row. Needs a transaction.

    The rows before say how many may come at once; the page of the `first` is small, and one at most twice the one before.
    """
    cursor = await connection.cursor(statement, *arguments)
    count = first
    while rows := await cursor.fetch(count):
        yield rows
        if len(rows) < count:
            return
        heaviest = max(1, *(size(row) for row in rows)) if len(rows) > 1 else max(1, size(rows[0]))
        count = max(1, min(count * 2, limit // heaviest, _LONGEST_PAGE))
