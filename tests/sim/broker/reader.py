"""Read partitions of the in-memory broker by offset, in no group."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, RequestTimedOutError

from services.kernel.adapters.kafka import READ_SECONDS, in_milliseconds
from services.kernel.bounds import PARTITION_FETCH_BYTES
from services.kernel.model import KernelError, Record, TopicPartition
from tests.sim.broker.link import REQUEST_SECONDS, RETRY_SECONDS, Link

T = TypeVar("T")

POLL_SECONDS: Final = 0.2
MOST_RECORDS: Final = 500


class Reader:
    """services.kernel.adapters.kafka.Reader on a link."""

    def __init__(self, link: Link) -> None:
        self._link, self._broker = link, link.broker
        self._lock = asyncio.Lock()
        self._open = False

    async def close(self) -> None:
        """Disconnect."""
        async with self._lock:
            self._open = False

    async def partitions(self, topics: Iterable[str]) -> Sequence[TopicPartition]:
        """Every partition of these topics."""
        return await connected(self._link, lambda: self._broker.places(sorted(topics)))

    async def bounds(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """First offset still there and the offset that comes next, of each partition."""
        wanted = list(places)
        async with self._lock:
            return await self._ask(lambda: self._broker.bounds(wanted))

    async def ends(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offset that comes next, of each partition."""
        return {place: end for place, (_, end) in (await self.bounds(places)).items()}

    async def since(self, instants: Mapping[TopicPartition, datetime]) -> Mapping[TopicPartition, int]:
        """The first offset of each partition whose record was put there at its instant or later; its end where none was."""
        ends = await self.ends(instants)
        async with self._lock:
            found = await self._ask(
                lambda: {place: self._broker.partition(place).since(in_milliseconds(instants[place])) for place in ends}
            )
        return {place: ends[place] if offset is None else offset for place, offset in found.items()}

    async def follow(
        self, starts: Mapping[TopicPartition, int], *, silence: float
    ) -> AsyncGenerator[Sequence[Record], None]:
        """Records from these offsets on, as they come; an empty batch after each `silence` in seconds without any."""
        positions = dict(starts)
        more = asyncio.Event()
        async with self._lock:
            await self._connect()
            self._broker.listen(sorted({topic for topic, _ in positions}), more)
            try:
                while True:
                    yield await self._many(positions, more, silence)
            finally:
                self._broker.deafen(more)
                self._open = False

    async def read(self, place: TopicPartition, start: int, end: int, limit: int | None = None) -> Sequence[Record]:
        """All records in [start, end), or the first of them that together reach `limit` bytes.

        Raises:
            KernelError: the log ends before `end`.
            TimeoutError: the broker did not show all up to it in time; waiting may cure that.

        """
        async with self._lock:
            there = (await self._ask(lambda: self._broker.bounds([place])))[place][1]
            if there < end:
                raise KernelError(f"{place[0]}[{place[1]}] ends at {there}, before offset {end}")
            try:
                async with asyncio.timeout(READ_SECONDS):
                    return await self._all(place, start, end, limit)
            except TimeoutError:
                raise TimeoutError(f"{place[0]}[{place[1]}] showed nothing up to offset {end}") from None

    async def _all(self, place: TopicPartition, start: int, end: int, limit: int | None) -> Sequence[Record]:
        positions, found, size = {place: start}, list[Record](), 0
        while True:
            for record in await self._fetched(positions):
                if record.offset >= end:
                    return found
                found.append(record)
                size += record.size
                if limit is not None and size >= limit:
                    return found
            if positions[place] >= end:
                return found
            await asyncio.sleep(POLL_SECONDS)

    async def _many(
        self, positions: dict[TopicPartition, int], more: asyncio.Event, silence: float
    ) -> Sequence[Record]:
        """Records from `positions` on, which move; none after `silence` seconds, whatever the reason."""
        try:
            async with asyncio.timeout(silence):
                while True:
                    more.clear()
                    if found := await self._fetched(positions):
                        return found
                    await more.wait()
        except TimeoutError:
            return []

    async def _fetched(self, positions: dict[TopicPartition, int]) -> Sequence[Record]:
        """What the broker has from `positions` on; they move once the answer is here."""
        while True:
            try:
                found, after = await self._link.call(lambda: self._fetch(positions))
            except KafkaError:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                positions.update(after)
                return found

    def _fetch(self, positions: Mapping[TopicPartition, int]) -> tuple[Sequence[Record], Mapping[TopicPartition, int]]:
        found: list[Record] = []
        after: dict[TopicPartition, int] = {}
        for place, start in positions.items():
            partition = self._broker.partition(place)
            records, after[place] = partition.fetch(partition.valid(start), PARTITION_FETCH_BYTES)
            if len(taken := records[: MOST_RECORDS - len(found)]) < len(records):
                after[place] = records[len(taken)].offset
            found.extend(taken)
        return found, after

    async def _connect(self) -> None:
        if not self._open:
            await connected(self._link, lambda: None)
            self._open = True

    async def _ask(self, work: Callable[[], T]) -> T:
        """What the broker says to it; who is connected tries again until it is well, or the time is over."""
        await self._connect()
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                while True:
                    try:
                        return await self._link.call(work)
                    except KafkaError as error:
                        if not error.retriable:
                            raise
                    await asyncio.sleep(RETRY_SECONDS)
        except TimeoutError:
            raise KafkaTimeoutError(f"no offsets in {REQUEST_SECONDS:.0f} s") from None


async def connected(link: Link, work: Callable[[], T]) -> T:
    """What a new connection brings.

    Raises:
        KafkaConnectionError: nobody answers.

    """
    try:
        return await link.call(work)
    except RequestTimedOutError as error:
        raise KafkaConnectionError(f"nobody answers {link.node}: {error}") from None
