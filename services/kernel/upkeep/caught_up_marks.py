"""Raise the caught-up mark: up to which instant a service knows all facts, with or without deadlines due.

A quiet night and a dead service must look different: a worker that lives and reads raises the marks of its partitions
every RAISE_SECONDS of real time, so a mark that grows old says that somebody is stuck or dead, and nothing else does.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final

import asyncpg

from services.kernel.clock import Clock
from services.kernel.model import Feeder, Service, TopicPartition
from services.kernel.queries import SQL
from services.kernel.upkeep.same_log import PartitionEnds, made_anew
from services.kernel.writing.fence import Fence, standing
from services.kernel.writing.ingest import Ingest

RAISE_SECONDS: Final = 5.0


class MarkRaiser:
    """Raises the marks of the partitions that this worker holds."""

    def __init__(
        self,
        service: Service,
        ingest: Ingest,
        pool: asyncpg.Pool,
        broker: PartitionEnds,
        clock: Clock,
        places: Callable[[], Collection[TopicPartition]],
    ) -> None:
        self._service, self._ingest, self._pool, self._broker = service, ingest, pool, broker
        self._clock, self._places = clock, places
        self._raised: float | None = None

    def is_due(self) -> bool:
        """Whether the last time is RAISE_SECONDS ago."""
        return self._raised is None or self._clock.monotonic() - self._raised >= RAISE_SECONDS

    async def raise_marks(self) -> None:
        """Raise the marks of what is read to the end, and say that these partitions are read."""
        await self._watermarks()
        if numbers := sorted({partition for _, partition in self._places()}):
            await self._pool.execute(SQL["raise_standing"], list(self._service.inputs), numbers, self._clock.wall())

    async def _watermarks(self) -> None:
        """A partition whose every record is handled knows all facts up to the moment before its end was asked for.

        Topics that the service feeds itself know only what their sources know, and only once our outbox has let it go. Of a topic
        that was made anew nothing is known before somebody accepts it, however far the one before it was read.
        """
        self._raised = self._clock.monotonic()
        ours, feeds = sorted(self._places()), self._service.feeds
        if not ours:
            return
        before = await standing(self._pool)
        now = self._clock.now()
        outer = [place for place in ours if place[0] not in feeds]
        await self._raise(outer, before, now)
        inner = [place for place in ours if place[0] in feeds]
        if not inner:
            return
        # In this order: the mark, then nothing still to be made, then the outbox empty, then the ends.
        mark = await self._pool.fetchval(SQL["outer_mark"], [t for t in self._service.inputs if t not in feeds])
        if isinstance(self._service, Feeder) and await self._service.feeding(self._pool):
            return
        if mark is not None and not await self._pool.fetchval(SQL["feeds_waiting"], list(feeds)):
            await self._raise(inner, before, mark)

    async def _raise(
        self, places: Collection[TopicPartition], before: Mapping[TopicPartition, Fence], mark: datetime
    ) -> None:
        """Raise the marks of those that are read to the end and hold the log that was read."""
        ends = await self._broker.ends(places)
        lost = await made_anew(self._broker, before, ends)
        await self._ingest.caught_up({place: end for place, end in ends.items() if place not in lost}, mark)
