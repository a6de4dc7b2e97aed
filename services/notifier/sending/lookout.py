"""Ask in one statement what there is for a sender to do, and wake or tell whoever does it.

Mostly there is nothing. So the kinds of work are looked at together, ten times a second, and only what was seen is asked for in
full, by whoever does it.
"""

import asyncio
from typing import Final, NamedTuple

import asyncpg

from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.notifier.domain.customer.lanes import LANE_RANK
from services.notifier.sending.recorder import SQL

LOOK_SECONDS: Final = 0.1
FAILING: Final = (1.0, 1.0)
# What was seen so long ago says nothing of now.
OLD_SECONDS: Final = 2.0


class Seen(NamedTuple):
    """Which work there is; each name is that of the statement that gives it in full."""

    claim: bool = True
    ready_over: bool = True
    brakes: bool = True
    open_circuits: bool = True
    reported: bool = True


PERHAPS_ALL: Final = Seen()


class Lookout:
    """Looks for work at `provider`. `due` is set where a text may be claimed, `over` where one has become useless."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, provider: str) -> None:
        self._pool, self._clock, self._provider = pool, clock, provider
        self._seen, self._looked = PERHAPS_ALL, float("-inf")
        self.due, self.over = asyncio.Event(), asyncio.Event()

    @property
    def seen(self) -> Seen:
        """What there was a moment ago; perhaps all of it, where nobody has looked lately."""
        return self._seen if self._clock.monotonic() - self._looked <= OLD_SECONDS else PERHAPS_ALL

    async def run(self) -> None:
        """Look until cancelled, through outages of PostgreSQL."""
        waits = "what is to be sent cannot be seen"
        await every(LOOK_SECONDS, self.look, cures=DATABASE, waits=waits, failing=FAILING)

    async def look(self) -> None:
        """Look once."""
        looked = self._clock.monotonic()
        ranks = list(LANE_RANK.values())
        (row,) = await self._pool.fetch(SQL["at_hand"], self._clock.now(), self._clock.wall(), ranks, self._provider)
        self._seen, self._looked = Seen(**row), looked
        if self._seen.claim:
            self.due.set()
        if self._seen.ready_over:
            self.over.set()
