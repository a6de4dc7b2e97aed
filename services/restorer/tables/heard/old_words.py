"""Forget what was said to customers long ago, text by text: whoever heard nothing for so long was called long since."""

import asyncio
from datetime import timedelta
from typing import Final

import asyncpg
import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, alone
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.restorer.tables.heard.words import SQL

log = structlog.get_logger()

KEPT: Final = timedelta(days=90)
"""Counted from the last instant that is known of a text, or for which it waits: the watch over silence looks back a third of it."""
STEP: Final = 1_000
PAUSE_SECONDS: Final = 0.2
ROUND_SECONDS: Final = 3_600.0


class OldCustomerWords:
    """Background work of one process; of several, one works at a time. What is read anew from the topic is forgotten anew."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, service: str, *, step: int = STEP) -> None:
        self._pool, self._clock, self._step = pool, clock, step
        self._key = advisory_key(service, "old-words")

    async def run(self) -> None:
        """Look every hour until cancelled."""
        await every(ROUND_SECONDS, self._round, cures=DATABASE, waits="forgetting of what was said to customers waits")

    async def _round(self) -> None:
        if gone := await self.once():
            log.info("what was said to customers long ago is forgotten", texts=gone, days=KEPT.days)

    async def once(self) -> int:
        """Small deletes, each committed by itself, until one finds less than it might take; how many texts are gone."""
        total = 0
        async with self._pool.acquire() as connection, alone(connection, self._key) as lock:
            while lock.stands:
                done: str = await connection.execute(SQL["forget_old"], self._clock.now() - KEPT, self._step)
                gone = int(done.rpartition(" ")[2])
                total += gone
                if gone < self._step:
                    break
                await asyncio.sleep(PAUSE_SECONDS)
        return total
