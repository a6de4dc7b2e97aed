"""Look after deadlines, round by round; nothing that is asked of Kafka delays one.

A deadline is never forgotten: while Kafka is away no mark rises, so what older marks prove fires as ever, and the rest
fires marked unproven once its grace is over (kinds whose patience is None never do). What is decided then lies in the
outbox until Kafka is back, and no text goes while the sending gate is shut.
"""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final, Protocol

import asyncpg

from services.kernel.clock import Clock
from services.kernel.model import TopicPartition
from services.kernel.observing.complaint import Complaint
from services.kernel.observing.every import every
from services.kernel.observing.lookout import Work
from services.kernel.queries import SQL

MARK_SECONDS: Final = 4.0
"""A frozen broker says nothing: so long is waited for it in each round."""
LONGEST_WAIT: Final = 1.0
ABANDONED: Final = timedelta(seconds=30)
"""Partitions of which nobody said for so long (real time) that he reads them are everybody's: six marks were missed."""


class RaisesMarks(Protocol):
    """What raises marks: services.kernel.upkeep.caught_up_marks.MarkRaiser."""

    def is_due(self) -> bool:
        """Whether they are to be raised again, deadlines due or not."""
        ...

    async def raise_marks(self) -> None:
        """Raise them."""
        ...


class Deadlines(Protocol):
    """What fires: services.kernel.writing.timers.Timers."""

    async def any_due(self) -> bool:
        """Whether anything is due."""
        ...

    async def fire_due(self, partitions: Collection[int]) -> int:
        """Fire what is due there; how many were."""
        ...


class DeadlineRounds:
    """Raises marks, then fires what is due in the partitions that this worker holds, and in those that nobody reads.

    A worker that started while Kafka is away holds none, and one that died leaves its behind: who looks at a deadline is a
    sharing out of work and no matter of proof, for marks and locks are in the database.
    """

    def __init__(
        self,
        marks: RaisesMarks,
        deadlines: Deadlines,
        pool: asyncpg.Pool,
        clock: Clock,
        places: Callable[[], Collection[TopicPartition]],
        *,
        pause: float,
    ) -> None:
        self._marks, self._deadlines, self._pool, self._clock = marks, deadlines, pool, clock
        self._places, self._pause = places, pause
        self.work = Work(clock)
        """Deadlines that are due."""
        self._no_marks = Complaint("no mark can be raised; deadlines fire by older marks, or unproven", clock)

    async def run(self) -> None:
        """Go on until cancelled; who is away the probes say."""
        # Whoever is away comes back, and no fault of ours may end it.
        failing = (LONGEST_WAIT, LONGEST_WAIT)
        waits, wake = "deadlines wait", self.work.wake
        await every(self._pause, self._turn, cures=(Exception,), waits=waits, failing=failing, wake=wake)

    async def _turn(self) -> None:
        if await self.once():
            # What is left of it waits for facts, and is asked for no more often because it is seen.
            await asyncio.sleep(self._pause)

    async def once(self) -> bool:
        """One round; whether anything was due. Raises whatever kept it from its end."""
        due = self.work.perhaps and await self._deadlines.any_due()
        if due or self._marks.is_due():
            await self._raise()
        if due:
            partitions = await self.looked_after()
            while await self._deadlines.fire_due(partitions):
                pass
        return due

    async def looked_after(self) -> set[int]:
        """The partitions whose deadlines are this worker's to fire now."""
        own = {partition for _, partition in self._places()}
        since: datetime = self._clock.wall() - ABANDONED
        rows = await self._pool.fetch(SQL["abandoned"], self._clock.now(), since)
        return own | {row["partition"] for row in rows}

    async def _raise(self) -> None:
        try:
            async with asyncio.timeout(MARK_SECONDS):
                await self._marks.raise_marks()
        except Exception as error:  # noqa: BLE001 - whatever it is, a deadline does not wait for it
            self._no_marks.say(error)
        else:
            self._no_marks.over()
