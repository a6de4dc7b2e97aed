"""The offset fence: Postgres, not Kafka, says which record comes next."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from services.kernel.log import Connection
from services.kernel.model import KernelError, Record
from services.kernel.queries import SQL

Place = tuple[str, int]


# The watermark of a partition of which no record was handled: a backlog may hold the answer to any deadline.
NOTHING_KNOWN = datetime(1970, 1, 1, tzinfo=UTC)


class FenceError(KernelError):
    """The topic is not the one this service has read: it was cut, made anew, or lost records."""


class Hole(Exception):
    """Records are missing between the fence and what came; they must be looked for before the batch is taken."""

    def __init__(self, place: Place, expected: int, found: int) -> None:
        self.place, self.expected, self.found = place, expected, found
        super().__init__(f"{place[0]}[{place[1]}] goes on at {found} but {expected} is next")


class Broker(Protocol):
    """What the fence asks of Kafka, with the isolation of the service's own reader."""

    async def bounds(self, places: Iterable[Place]) -> Mapping[Place, tuple[int, int]]:
        """First offset still there and the offset that comes next, of each partition."""
        ...

    async def read(self, place: Place, start: int, end: int) -> Sequence[Record]:
        """All records in [start, end), read from `start` without any group until something at or past `end` is seen.

        Raises:
            KernelError: the broker did not show enough to be sure.

        """
        ...


async def check(connection: Connection, broker: Broker, places: Sequence[Place]) -> None:
    """On assignment: make missing fences, and see that the topic is still the one whose records we handled.

    Raises:
        FenceError: the log ends before the fence, starts after it, or the record below it is another one.

    """
    bounds = await broker.bounds(places)
    rows = [(topic, partition, *bounds[(topic, partition)]) for topic, partition in sorted(places)]
    await connection.execute(
        SQL["open_fences"],
        [r[0] for r in rows],
        [r[1] for r in rows],
        [r[2] for r in rows],
        [NOTHING_KNOWN] * len(rows),
    )
    fences = {(row["topic"], row["partition"]): row for row in await connection.fetch(SQL["read_fences"])}
    for topic, partition, first, end in rows:
        fence = fences[(topic, partition)]
        expected = fence["next_offset"]
        way_on = f"; if that is meant: outagectl offsets accept {topic} {partition}"
        if end < expected:
            raise FenceError(f"{topic}[{partition}] ends at {end} but {expected} records were handled{way_on}")
        if first > expected:
            raise FenceError(
                f"{topic}[{partition}] starts at {first} but {expected} was next: records are lost{way_on}"
            )
        if fence["last_digest"] is not None and first < expected:
            below = await broker.read((topic, partition), expected - 1, expected)
            if below and below[0].digest() != bytes(fence["last_digest"]):
                raise FenceError(
                    f"{topic}[{partition}] holds another record at {expected - 1} than was handled{way_on}"
                )


async def lock(connection: Connection, places: Iterable[Place]) -> dict[Place, int]:
    """Lock the fences of these partitions and return what comes next in each.

    Raises:
        FenceError: a fence is missing, so the partition was never checked.

    """
    wanted = sorted(set(places))
    rows = await connection.fetch(SQL["lock_fences"], [topic for topic, _ in wanted], [number for _, number in wanted])
    found = {(row["topic"], row["partition"]): int(row["next_offset"]) for row in rows}
    for place in wanted:
        if place not in found:
            raise FenceError(f"no fence for {place[0]}[{place[1]}]: the partition was not checked on assignment")
    return found


def sift(records: Sequence[Record], expected: Mapping[Place, int], explained: Mapping[Place, int]) -> list[Record]:
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


async def advance(connection: Connection, fresh: Sequence[Record], expected: Mapping[Place, int]) -> None:
    """Move the fences past `fresh`, and say why offsets between them hold nothing."""
    last: dict[Place, Record] = {}
    holes: list[tuple[str, int, int, int, str, None]] = []
    position = dict(expected)
    newest: dict[Place, datetime] = {}
    for record in fresh:
        place = (record.topic, record.partition)
        if record.offset > position[place]:
            holes.append((*place, position[place], record.offset, "hole-explained", None))
        position[place] = record.offset + 1
        last[place] = record
        newest[place] = max(newest.get(place, record.timestamp), record.timestamp)
    if holes:
        await connection.execute(SQL["skip"], *(list(column) for column in zip(*holes, strict=True)))
    rows = [(*place, record.offset + 1, record.digest(), newest[place]) for place, record in sorted(last.items())]
    await connection.execute(SQL["advance_fences"], *(list(column) for column in zip(*rows, strict=True)))
