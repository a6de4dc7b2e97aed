"""See that partitions still hold the log that was read, where the numbers do not show it.

A topic that was deleted and made anew may hold as many records as were read of the one before it, or more: by its end all of it
counts as read, or the rest of it as what comes next. But all that lies on it was put there after the record that was read last.
So one question to the broker, what came first after that record, shows where to look; a broker's clock that was put back
shows the same, and there the record itself is looked at.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from services.kernel.model import KernelError, Record, TopicPartition
from services.kernel.writing.fence import Fence, holds_another

_NEXT_INSTANT: Final = timedelta(milliseconds=1)
"""Kafka dates records to the millisecond."""


class PartitionEnds(Protocol):
    """What those ask of Kafka who must know that all is read."""

    async def partitions(self, topics: Collection[str]) -> Sequence[TopicPartition]:
        """Every partition of these topics."""
        ...

    async def ends(self, places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offset that comes next, of each partition."""
        ...

    async def since(self, instants: Mapping[TopicPartition, datetime]) -> Mapping[TopicPartition, int]:
        """The first offset of each partition whose record was put there at its instant or later; its end where none was."""
        ...

    async def read(self, place: TopicPartition, start: int, end: int, limit: int | None = None) -> Sequence[Record]:
        """All records in [start, end).

        Raises:
            KernelError: the log ends before `end`.

        """
        ...


async def made_anew(
    broker: PartitionEnds, before: Mapping[TopicPartition, Fence], ends: Mapping[TopicPartition, int]
) -> frozenset[TopicPartition]:
    """Those of the partitions in `ends` that hold another log than was read.

    `before`: the fences as they stood before the ends were asked for. Both only rise, so a lower end is another log's.
    """
    shorter = {place for place, end in ends.items() if place in before and end < before[place].next_offset}
    asked = {
        place: fence.stamp + _NEXT_INSTANT
        for place, fence in before.items()
        if place in ends and place not in shorter and fence.digest is not None and fence.stamp is not None
    }
    after = await broker.since(asked) if asked else {}
    doubtful = [place for place in sorted(asked) if after[place] < before[place].next_offset]
    return frozenset(shorter.union([place for place in doubtful if await _is_another(broker, place, before[place])]))


async def _is_another(broker: PartitionEnds, place: TopicPartition, fence: Fence) -> bool:
    try:
        return await holds_another(broker, place, fence)
    except KernelError:
        return True  # it has become shorter meanwhile
