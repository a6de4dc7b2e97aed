"""Keep the log of a topic: records by offset in its partitions, with everything that makes offsets jump."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.kernel.model import Record, TopicPartition


@dataclass(frozen=True, slots=True)
class Stored:
    """A record and when it was appended, in seconds of the loop; `milliseconds` is its stamp as Kafka keeps it."""

    record: Record
    at: float
    milliseconds: int


@dataclass(slots=True)
class Partition:
    """Records of one partition. `first`: the earliest offset still there; `end`: the offset that comes next."""

    place: TopicPartition
    records: list[Stored] = field(default_factory=list)
    first: int = 0
    end: int = 0
    sequences: dict[int, int] = field(default_factory=dict)
    """The last batch taken of each idempotent producer, by its id."""

    def append(self, stored: Stored) -> None:
        """Put a record at the end; its offset is `end`."""
        self.records.append(stored)
        self.end += 1

    def at(self, offset: int) -> int:
        """Where in `records` the first one at or past `offset` stands."""
        return bisect_left(self.records, offset, key=lambda stored: stored.record.offset)

    def valid(self, position: int) -> int:
        """The position, or where it is out of range the earliest (auto.offset.reset)."""
        return position if self.first <= position <= self.end else self.first

    def fetch(self, start: int, limit: int, until: float = math.inf) -> tuple[Sequence[Record], int]:
        """Records from `start` on that were appended up to `until`, about `limit` bytes, one at least; and the position after.

        Where nothing more follows, the position is the end: offsets of markers and of what compaction took are passed over.
        """
        if start >= self.end:
            return (), start
        found: list[Record] = []
        size = 0
        for index in range(self.at(start), len(self.records)):
            stored = self.records[index]
            if stored.at > until:
                return found, stored.record.offset
            if found and size + stored.record.size > limit:
                return found, stored.record.offset
            found.append(stored.record)
            size += stored.record.size
        return found, max(self.end, start)

    def ripe_at(self, start: int) -> float | None:
        """When the first record from `start` on was appended."""
        index = self.at(start)
        return self.records[index].at if index < len(self.records) else None

    def since(self, milliseconds: int) -> int | None:
        """The offset of the first record with this stamp or a later one."""
        return next((one.record.offset for one in self.records if one.milliseconds >= milliseconds), None)

    def cut(self, before: int) -> None:
        """Delete what lies before this offset, as retention does."""
        self.first = max(self.first, min(before, self.end))
        del self.records[: self.at(self.first)]

    def markers(self, count: int) -> None:
        """Offsets that hold nothing, as transactions leave them."""
        self.end += count

    def compact(self, *, tombstones: bool) -> None:
        """Keep the last record of each key; `tombstones` goes on to remove the records that say a key is gone."""
        last = {stored.record.key: stored.record.offset for stored in self.records}
        self.records = [
            stored
            for stored in self.records
            if last[stored.record.key] == stored.record.offset and not (tombstones and stored.record.value is None)
        ]


@dataclass(slots=True)
class Topic:
    """Partitions under a name, and how they are kept."""

    name: str
    partitions: list[Partition]
    broker_time: bool
    compacted: bool

    @property
    def places(self) -> list[TopicPartition]:
        """Its partitions by name and number."""
        return [partition.place for partition in self.partitions]
