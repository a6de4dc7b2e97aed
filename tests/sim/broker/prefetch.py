"""Hold records ready that were fetched ahead, as Faust does between its fetcher and its stream."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from typing import Final

from aiokafka.errors import KafkaError

from services.kernel.bounds import BUFFER_BYTES, PARTITION_FETCH_BYTES
from services.kernel.model import Record, TopicPartition
from tests.sim.broker.link import RETRY_SECONDS, Link

FETCHES: Final = 5
"""Batches that one fetch brings at most (broker_max_poll_records)."""
BUFFERED: Final = 20
"""Batches that lie ready at most (stream_buffer_maxsize)."""


class Prefetch:
    """Reads ahead in the partitions it was given, until they are taken from it."""

    def __init__(self, link: Link, group: str, topics: Iterable[str], batch_max: int) -> None:
        self._link, self._broker, self._group = link, link.broker, group
        self._batch_max = batch_max
        self._records: deque[Record] = deque()
        self._bytes = 0
        self._positions: dict[TopicPartition, int] = {}
        self._read: dict[TopicPartition, int] = {}
        self._more, self._filled, self._taken = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._broker.listen(topics, self._more)

    @property
    def empty(self) -> bool:
        """Whether nothing lies ready."""
        return not self._records

    def begin(self, starts: Mapping[TopicPartition, int]) -> None:
        """Read these partitions from these offsets on, and no others."""
        self.clear()
        self._positions, self._read = dict(starts), dict(starts)
        self._more.set()

    def clear(self) -> None:
        """Forget all partitions, and what was fetched of them."""
        self._records.clear()
        self._bytes = 0
        # New ones: an answer to what was asked before finds that these are others.
        self._positions, self._read = {}, {}
        self._taken.set()

    def close(self) -> None:
        """Hear of new records no more."""
        self._broker.deafen(self._more)

    def reads(self, place: TopicPartition) -> bool:
        """Whether this partition is read now."""
        return place in self._positions

    async def filled(self) -> None:
        """Return once something lies ready."""
        while not self._records:
            self._filled.clear()
            await self._filled.wait()

    def take(self) -> Record:
        """The next record."""
        record = self._records.popleft()
        self._bytes -= record.size
        self._taken.set()
        return record

    async def run(self) -> None:
        """Fetch until cancelled."""
        while True:
            await self._room()
            self._more.clear()
            asked = self._positions
            try:
                found = await self._link.call(partial(self._fetch, asked))
            except KafkaError:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if asked is self._positions and not self._put(found):
                await self._something(asked)

    async def _room(self) -> None:
        while len(self._records) >= self._batch_max * BUFFERED or self._bytes >= BUFFER_BYTES:
            self._taken.clear()
            await self._taken.wait()

    async def _something(self, asked: Mapping[TopicPartition, int]) -> None:
        """Wait until something is put on a topic, or what lags becomes ripe."""
        now = asyncio.get_running_loop().time()
        ripe = [at for place in asked if (at := self._ripe_at(place, asked[place])) is not None]
        try:
            async with asyncio.timeout(max(min(ripe) - now, 0) if ripe else None):
                await self._more.wait()
        except TimeoutError:
            return

    def _ripe_at(self, place: TopicPartition, start: int) -> float | None:
        lag = self._broker.faults.lag.get(place)
        if lag is None or place[0] not in self._broker.topics:
            return None
        at = self._broker.partition(place).ripe_at(start)
        return None if at is None else at + lag

    def _fetch(self, asked: Mapping[TopicPartition, int]) -> list[tuple[TopicPartition, Sequence[Record], int]]:
        """At the broker: what it has of each partition, and the position after it."""
        now, left = asyncio.get_running_loop().time(), self._batch_max * FETCHES
        found = []
        for place, position in asked.items():
            if place[0] not in self._broker.topics:
                continue
            partition = self._broker.partition(place)
            start = self._broker.faults.rewound.get((self._group, place), position)
            until = now - self._broker.faults.lag.get(place, 0.0)
            records, after = partition.fetch(partition.valid(start), PARTITION_FETCH_BYTES, until)
            if len(taken := records[:left]) < len(records):
                after = records[len(taken)].offset
            left -= len(taken)
            found.append((place, taken, after))
        return found

    def _put(self, found: Iterable[tuple[TopicPartition, Sequence[Record], int]]) -> bool:
        """Lay ready what was fetched, a record of each partition in turn; whether it was anything."""
        columns = []
        for place, records, after in found:
            rewound = self._broker.faults.rewound.pop((self._group, place), None)
            floor = self._read[place] if rewound is None else rewound
            self._positions[place] = after
            # Whatever lies below what was read is dropped, after a reset to the earliest offset too.
            columns.append([record for record in records if record.offset >= floor])
            if columns[-1]:
                self._read[place] = columns[-1][-1].offset
        for record in (one for row in zip_longest(*columns) for one in row if one is not None):
            if ((record.topic, record.partition), record.offset) not in self._broker.faults.skipped:
                self._records.append(record)
                self._bytes += record.size
        self._filled.set()
        return any(columns)
