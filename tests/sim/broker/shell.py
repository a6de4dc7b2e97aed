"""Hand a group's records over in batches, as the kernel's Faust shell does."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from aiokafka.errors import KafkaError

from services.kernel.bounds import BATCH_BYTES
from services.kernel.model import Record, TopicPartition
from tests.sim.broker.link import Link
from tests.sim.broker.membership import Membership, Places
from tests.sim.broker.prefetch import Prefetch
from tests.sim.broker.reader import connected

log = structlog.get_logger()

COMMIT_SECONDS: Final = 1.0

Take = Callable[[list[Record]], Awaitable[object]]


class Shell:
    """services.kernel.adapters.faust_shell.Shell on a link; `take` returns only when a batch is durable, and never raises."""

    def __init__(
        self,
        *,
        name: str,
        link: Link,
        topics: Sequence[str],
        take: Take,
        assigned: Places,
        revoked: Places,
        batch_max: int,
        instance: str | None,
    ) -> None:
        self._link, self._take, self._batch_max = link, take, batch_max
        self._on_assigned, self._on_revoked = assigned, revoked
        self.places: set[TopicPartition] = set()
        self.topics = frozenset(topics)
        group = f"outage-{name}"
        self._prefetch = Prefetch(link, group, sorted(self.topics), batch_max)
        # Under another name where other topics are read: a static member gets what it had, whatever it asks for.
        known_as = f"{instance}-{'+'.join(sorted(self.topics))}" if instance else None
        self._member = Membership(
            link, group, sorted(self.topics), known_as, self._prefetch, self._assigned, self._revoked
        )
        self._acked: dict[TopicPartition, int] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._begun, self._ended = asyncio.Event(), asyncio.Event()

    async def start(self) -> None:
        """Join the group; returns once partitions were assigned for the first time, or it ended.

        Raises:
            KafkaConnectionError: the broker is away.

        """
        await connected(self._link, lambda: None)
        work = {
            "membership": self._member.run,
            "prefetch": self._prefetch.run,
            "batches": self._batches,
            "commits": self._commits,
        }
        for name, run in work.items():
            task = self._tasks[name] = asyncio.create_task(run())
            task.add_done_callback(lambda _: self._ended.set())
        started = [asyncio.create_task(event.wait()) for event in (self._begun, self._ended)]
        await asyncio.wait(started, return_when=asyncio.FIRST_COMPLETED)
        for task in started:
            task.cancel()

    async def stop(self) -> None:
        """Break off the batch in hand, commit, leave the group."""
        await self._end("membership", "prefetch", "commits", "batches")
        self._prefetch.close()
        try:
            await self._commit()
            await self._member.leave()
        except KafkaError:
            return  # its session ends by itself, and what was not committed comes again

    async def rest(self) -> None:
        """Wait until it stops by itself."""
        await self._ended.wait()

    def crash(self) -> None:
        """Stop by itself, as Faust does at times: its tasks end, and the group only hears silence."""
        for task in self._tasks.values():
            task.cancel()
        self._prefetch.close()
        self._ended.set()

    async def _end(self, *names: str) -> None:
        for name in names:
            if task := self._tasks.pop(name, None):
                task.cancel()
                await asyncio.wait([task])

    async def _batches(self) -> None:
        ready = self._prefetch
        while True:
            await ready.filled()
            batch: list[Record] = []
            size = 0
            while len(batch) < self._batch_max and size < BATCH_BYTES:
                if ready.empty:
                    await asyncio.sleep(0)
                if ready.empty:
                    break
                batch.append(ready.take())
                size += batch[-1].size
            await self._link.awake()
            try:
                await self._take(batch)
            except Exception as error:  # noqa: BLE001 - as Faust does it: the agent begins anew behind what raised
                log.error("a batch raised, and is lost", error=repr(error), first=batch[0].offset)
                continue
            for record in batch:
                place = (record.topic, record.partition)
                if ready.reads(place):
                    self._acked[place] = max(record.offset + 1, self._acked.get(place, 0))

    async def _commits(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            try:
                await self._commit()
            except KafkaError:
                continue  # a hint: the next one says more

    async def _commit(self) -> None:
        acked = {place: offset for place, offset in self._acked.items() if place in self._member.places}
        if acked:
            await self._member.commit(acked)
            self._acked = {place: offset for place, offset in self._acked.items() if acked.get(place) != offset}

    async def _assigned(self, places: Sequence[TopicPartition]) -> None:
        self.places.update(places)
        await self._on_assigned(places)
        self._begun.set()

    async def _revoked(self, places: Sequence[TopicPartition]) -> None:
        self.places.difference_update(places)
        for place in places:
            self._acked.pop(place, None)
        await self._on_revoked(places)
