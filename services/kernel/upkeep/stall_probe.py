"""Find records that Faust never delivered: it has stopped before (issues 596, 606), so silent partitions are looked at."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol

import structlog

from services.kernel.bounds import BATCH_BYTES
from services.kernel.clock import Clock
from services.kernel.model import Record, TopicPartition
from services.kernel.upkeep.same_log import PartitionEnds, made_anew
from services.kernel.writing.fence import Broker, Fence, another_log, long_enough, present
from services.kernel.writing.ingest import Ingest

log = structlog.get_logger()

STALL_SECONDS = 5.0


class Reading(Broker, PartitionEnds, Protocol):
    """Kafka, as this asks it."""


class StallProbe:
    """Looks at each partition of which nothing was taken for STALL_SECONDS, and reads what waits there."""

    def __init__(
        self,
        ingest: Ingest,
        reader: Reading,
        clock: Clock,
        places: Callable[[], Collection[TopicPartition]],
        take: Callable[[list[Record]], Awaitable[None]],
    ) -> None:
        self._ingest, self._reader, self._clock, self._places, self._take = ingest, reader, clock, places, take
        self._took: dict[TopicPartition, float] = {}
        self._looked: float | None = None

    def took(self, places: Collection[TopicPartition]) -> None:
        """Records of these partitions were just taken."""
        self._took.update(dict.fromkeys(places, self._clock.monotonic()))

    async def look(self) -> None:
        """Look, at most every STALL_SECONDS.

        Raises:
            FenceError: the record that comes next is not there any more, or less is there than was read, or as much and
                another record where the last one lay: the topic was made anew, and so soon that the group did not see it gone.

        """
        at = self._clock.monotonic()
        places = sorted(self._places())
        if not places or (self._looked is not None and at - self._looked < STALL_SECONDS):
            return
        self._looked = at
        # Fences first: both they and the ends only rise, so an end below its fence is another log's.
        fences = await self._ingest.fences(places)
        bounds = await self._reader.bounds(places)
        await self._see_that_it_is_the_same(fences, {place: end for place, (_, end) in bounds.items()})
        for place, start in ((place, fence.next_offset) for place, fence in fences.items()):
            first, end = bounds[place]
            if start < end and at - self._took.setdefault(place, at) >= STALL_SECONDS:
                await self._read(place, first, start, end)

    async def _see_that_it_is_the_same(
        self, fences: Mapping[TopicPartition, Fence], ends: Mapping[TopicPartition, int]
    ) -> None:
        for place, fence in fences.items():
            long_enough(place, ends[place], fence.next_offset)
        for place in sorted(await made_anew(self._reader, fences, ends)):
            raise another_log(place, fences[place].next_offset)

    async def _read(self, place: TopicPartition, first: int, start: int, end: int) -> None:
        present(place, first, start)
        there = list(await self._reader.read(place, start, end, BATCH_BYTES))
        log.warning("records were not delivered; read them", place=place, next=start, end=end, there=len(there))
        if there:
            await self._take(there)
        else:
            # However wide: compaction leaves nothing of a thousand customers who are gone, and no record may ever follow.
            await self._ingest.pass_over(place, start, end)
