"""Ask in one statement, ten times a second, which work there is in the background, and wake or tell whoever does it.

Mostly there is none, so loops that would each ask for theirs are asked for together. Whoever has work asks for it in full, as if
nobody had looked.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import asyncpg

from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.observing.every import every

LOOK_SECONDS: Final = 0.1
FAILING: Final = (1.0, 1.0)
OLD_SECONDS: Final = 2.0
"""What was seen so long ago says nothing of now."""


class Work:
    """One kind of it, as it was last seen. `wake` is set by each look that finds some."""

    def __init__(self, clock: Clock, wake: asyncio.Event | None = None) -> None:
        self._clock = clock
        self._found, self._seen_at = True, float("-inf")
        self.wake = wake or asyncio.Event()

    @property
    def perhaps(self) -> bool:
        """Whether there may be some: there was a moment ago, or nobody has looked lately."""
        return self._found or self._clock.monotonic() - self._seen_at > OLD_SECONDS

    def seen(self, found: bool, at: float) -> None:  # noqa: FBT001 - what a look found
        """There is some, or none, as of then (monotonic)."""
        self._found, self._seen_at = found, at
        if found:
            self.wake.set()


class Lookout:
    """Looks by `statement`: one row that says of each kind of `work` whether there is any, for the `arguments` of the moment."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        statement: str,
        arguments: Callable[[], Sequence[object]],
        work: Mapping[str, Work],
        *,
        seconds: float = LOOK_SECONDS,
    ) -> None:
        self._pool, self._clock, self._seconds = pool, clock, seconds
        self._statement, self._arguments, self._work = statement, arguments, work

    async def run(self) -> None:
        """Look until cancelled, through outages of PostgreSQL."""
        waits = "what there is to do cannot be seen"
        await every(self._seconds, self.look, cures=DATABASE, waits=waits, failing=FAILING)

    async def look(self) -> None:
        """Look once."""
        at = self._clock.monotonic()
        (row,) = await self._pool.fetch(self._statement, *self._arguments())
        for kind, work in self._work.items():
            work.seen(row[kind], at)
