"""Fence the offsets: Postgres, not Kafka, says which record comes next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import asyncpg

from services.kernel.adapters.locks import Connection
from services.kernel.model import KernelError, Record, TopicPartition
from services.kernel.queries import SQL

# The watermark of a partition of which no record was handled: a backlog may hold the answer to any deadline.
NOTHING_KNOWN = datetime(1970, 1, 1, tzinfo=UTC)


class FenceError(KernelError):
    """The topic is not the one this service has read: it was cut, made anew, or lost records."""


class Hole(Exception):
    """Records are missing between the fence and what came; they must be looked for before the batch is taken."""

    def __init__(self, place: TopicPartition, expected: int, found: int) -> None:
        self.place, self.expected, self.found = place, expected, found
        super().__init__(f"{place[0]}[{place[1]}] goes on at {found} but {expected} is next")


@dataclass(frozen=True, slots=True)
class Fence:
    """How far a partition was read: what comes next, and the record before it (None: not known), by content and instant."""

    next_offset: int
    digest: bytes | None = None
    stamp: datetime | None = None


class RecordsByOffset(Protocol):
    """Kafka, of whom one record is asked."""

    async def read(self, place: TopicPartition, start: int, end: int, limit: int | None = None) -> Sequence[Record]:
        """All records in [start, end)."""
        ...


class Broker(Protocol):
    """What the fence asks of Kafka, with the isolation of the service's own reader."""

    async def partitions(self, topics: Iterable[str]) -> Sequence[TopicPartition]:
        """Every partition of these topics."""
        ...

    async def bounds(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """First offset still there and the offset that comes next, of each partition."""
        ...

    async def read(self, place: TopicPartition, start: int, end: int, limit: int | None = None) -> Sequence[Record]:
        """All records in [start, end), read from `start` without any group until something at or past `end` is seen.

        With `limit` only the first of them, up to and with the one that makes them that many bytes together.

        Raises:
            KernelError: the broker did not show enough to be sure.

        """
        ...


async def standing(where: Connection | asyncpg.Pool) -> dict[TopicPartition, Fence]:
    """All fences of a service, as committed."""
    return {
        (row["topic"], row["partition"]): Fence(row["next_offset"], row["last_digest"], row["last_stamp"])
        for row in await where.fetch(SQL["read_fences"])
    }


async def open_all(connection: Connection, broker: Broker, topics: Iterable[str]) -> None:
    """Make missing fences of every partition, also of those that others read: a deadline waits for all it depends on.

    Raises:
        FenceError: partitions that were read are gone. Their marks would never rise again, and hold all others down.

    """
    there = await standing(connection)
    found = await broker.partitions(topics)
    if lost := gone(there, found):
        (topic, number), count = lost[0], sum(place[0] == lost[0][0] for place in found)
        others = f" (as are {', '.join(map(named, lost[1:]))})" if lost[1:] else ""
        raise FenceError(
            f"{named((topic, number))} was read and is gone{others}: {topic} has {count} partitions, so it was made anew with "
            f"fewer{way_on((topic, number))}"
        )
    missing = [place for place in found if place not in there]
    if missing:
        bounds = await broker.bounds(missing)
        rows = [(*place, bounds[place][0], NOTHING_KNOWN) for place in sorted(missing)]
        await connection.execute(SQL["open_fences"], *(list(column) for column in zip(*rows, strict=True)))


async def check(connection: Connection, broker: Broker, places: Sequence[TopicPartition]) -> None:
    """On assignment: see that each topic is still the one whose records we handled.

    Raises:
        FenceError: the log ends before the fence, starts after it, or the record below it is another one.

    """
    # Fences first: both they and the log's ends only rise, and another worker may still be writing.
    fences = await standing(connection)
    bounds = await broker.bounds(places)
    for place in sorted(places):
        if place not in fences:
            raise FenceError(f"no fence for {named(place)}: the topic was not there when this service started")
        (first, end), expected = bounds[place], fences[place].next_offset
        long_enough(place, end, expected)
        present(place, first, expected)
        if first < expected and await holds_another(broker, place, fences[place]):
            raise another_log(place, expected)


async def holds_another(broker: RecordsByOffset, place: TopicPartition, fence: Fence) -> bool:
    """Whether another record lies where the one that was handled last lay. One that was deleted, or is not known, says nothing.

    Raises:
        KernelError: the log ends before it.

    """
    if fence.digest is None:
        return False
    below = await broker.read(place, fence.next_offset - 1, fence.next_offset)
    return bool(below) and not is_the_one(below[0], bytes(fence.digest), fence.stamp)


def another_log(place: TopicPartition, expected: int) -> FenceError:
    """What to say where another record lies below the fence."""
    return FenceError(f"{named(place)} holds another record at {expected - 1} than was handled{way_on(place)}")


def gone(fences: Iterable[TopicPartition], found: Iterable[TopicPartition]) -> list[TopicPartition]:
    """Partitions with a fence that their topic no longer has. A topic that is not shown at all says nothing of the kind.

    >>> gone([("a", 0), ("a", 1), ("b", 0)], [("a", 0)])
    [('a', 1)]
    """
    there = set(found)
    topics = {topic for topic, _ in there}
    return sorted(place for place in fences if place[0] in topics and place not in there)


def long_enough(place: TopicPartition, end: int, expected: int) -> None:
    """See that all that was read is still there, or was.

    Raises:
        FenceError: the log ends before it.

    """
    if end < expected:
        raise FenceError(f"{named(place)} ends at {end} but {expected} records were handled{way_on(place)}")


def present(place: TopicPartition, first: int, expected: int) -> None:
    """See that the record which comes next has not been deleted.

    Raises:
        FenceError: the log starts after it.

    """
    if first > expected:
        raise FenceError(f"{named(place)} starts at {first} but {expected} was next: records are lost{way_on(place)}")


def is_the_one(record: Record, digest: bytes, stamp: datetime | None) -> bool:
    """Whether it is the record that was handled: the same content, taken by the broker at the same instant (None: not known).

    Whoever fills a topic made anew says the same again, and now and then the same record comes to lie at the same offset.
    """
    return record.digest() == digest and (stamp is None or not record.by_broker or record.timestamp == stamp)


def named(place: TopicPartition) -> str:
    """A partition as operators write it."""
    return f"{place[0]}[{place[1]}]"


def way_on(place: TopicPartition) -> str:
    """What an operator can do about it."""
    return f"; if that is meant: outagectl offsets accept {place[0]} {place[1]}"


async def lock(connection: Connection, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    """Lock the fences of these partitions and return what comes next in each.

    Raises:
        FenceError: a fence is missing, so the partition was never checked.

    """
    wanted = sorted(set(places))
    rows = await connection.fetch(SQL["lock_fences"], [topic for topic, _ in wanted], [number for _, number in wanted])
    found = {(row["topic"], row["partition"]): int(row["next_offset"]) for row in rows}
    for place in wanted:
        if place not in found:
            raise FenceError(f"no fence for {named(place)}: the partition was not checked on assignment")
    return found


def sift(
    records: Sequence[Record], expected: Mapping[TopicPartition, int], explained: Mapping[TopicPartition, int]
) -> list[Record]:
    """The records that come next, in order; redeliveries are dropped.

    `explained` says, by partition, up to which offset a hole is known to be empty.

    Raises:
        Hole: records are missing that nobody has looked for.

    """
    position = dict(expected)
    fresh: list[Record] = []
    for record in records:
        place = (record.topic, record.partition)
        if record.offset < position[place]:
            continue
        if record.offset > position[place] and explained.get(place, -1) < record.offset:
            raise Hole(place, position[place], record.offset)
        position[place] = record.offset + 1
        fresh.append(record)
    return fresh


async def advance(
    connection: Connection,
    fresh: Sequence[Record],
    expected: Mapping[TopicPartition, int],
    now: datetime,
    feeds: frozenset[str],
    *,
    believed: bool = True,
) -> None:
    """Move the fences past `fresh`, and say why offsets between them hold nothing.

    The watermark follows the instants at which the broker took the records, but never past `now`. A sender's own stamp lifts
    it only where stamps are `believed` (a warped clock: all senders are the stack's own): one fast clock would switch the
    guard off for a whole backlog. Without it the mark rises when the end is reached. On topics that the service feeds itself
    (`feeds`) it stays: what lies in the outbox is not there yet.
    """
    last: dict[TopicPartition, Record] = {}
    holes: list[tuple[str, int, int, int, str, None]] = []
    position = dict(expected)
    newest: dict[TopicPartition, datetime] = {}
    for record in fresh:
        place = (record.topic, record.partition)
        if record.offset > position[place]:
            holes.append((*place, position[place], record.offset, "hole-explained", None))
        position[place] = record.offset + 1
        last[place] = record
        known = record.timestamp if record.by_broker or believed else NOTHING_KNOWN
        newest[place] = max(newest.get(place, known), known)
    if holes:
        await connection.execute(SQL["skip"], *(list(column) for column in zip(*holes, strict=True)))
    rows = [
        (
            *place,
            record.offset + 1,
            record.digest(),
            NOTHING_KNOWN if place[0] in feeds else min(newest[place], now),
            record.timestamp if record.by_broker else None,
        )
        for place, record in sorted(last.items())
    ]
    await connection.execute(SQL["advance_fences"], *(list(column) for column in zip(*rows, strict=True)))


async def pass_over(connection: Connection, place: TopicPartition, start: int, end: int) -> None:
    """Offsets [start, end) hold nothing to read (transaction markers): move the fence past them, on record."""
    if (await lock(connection, [place]))[place] != start:
        return
    topic, partition = place
    await connection.execute(SQL["skip"], [topic], [partition], [start], [end], ["hole-explained"], [None])
    await connection.execute(SQL["move_fence"], topic, partition, end)
