"""Go on with streams that a pod of an older version held, because they have what it does not know (`written-by-newer`).

In a rolling update a partition may move back to such a pod. It sets aside what comes for such a stream, in order, and goes on
with all others; whoever knows what is in the stream judges that, as an operator's retry would.
"""

import asyncio
from typing import NoReturn
from uuid import UUID

import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.queries import SQL
from services.kernel.upkeep.retry import Retried, RetryRefused, retry
from services.kernel.writing.transaction import Transaction

log = structlog.get_logger()
REST_SECONDS = 60.0
FAILING = (1.0, 10.0)


class TakingOver:
    """Judges it until cancelled. `wake`: set where there may be something."""

    def __init__(self, transaction: Transaction, clock: Clock, wake: asyncio.Event) -> None:
        self._transaction, self._clock, self._wake = transaction, clock, wake
        self._vain: set[UUID] = set()
        """What this code could not judge, either: it waits for pods newer than this one, or for a person."""

    async def run(self) -> NoReturn:
        """Look where it is woken, and now and then."""
        waits = "streams that an older version held wait"
        await every(REST_SECONDS, self.look, cures=DATABASE, waits=waits, failing=FAILING, wake=self._wake)

    async def look(self) -> None:
        """Once, at each that waits."""
        rows = await self._transaction.pool.fetch(SQL["written_by_newer"])
        self._vain &= {row["quarantine_id"] for row in rows}
        for row in rows:
            if row["quarantine_id"] not in self._vain:
                await self._take_over(row["quarantine_id"], row["stream_id"])

    async def _take_over(self, quarantine_id: UUID, stream: str) -> None:
        try:
            done = await self._judge(quarantine_id)
        except RetryRefused as refused:
            self._vain.add(quarantine_id)
            log.warning("a stream that an older version held waits for a person", stream=stream, why=str(refused))
            return
        if done.still_open:
            self._vain.add(quarantine_id)
            log.info("a stream is left to pods of the version that wrote it", stream=stream, why=done.still_open[0][1])
        else:
            log.info("a stream that an older version held goes on here", stream=stream, judged=len(done.judged))

    async def _judge(self, quarantine_id: UUID) -> Retried:
        transaction = self._transaction
        async with transaction.turn:
            async with transaction.pool.acquire() as connection, connection.transaction():
                now = self._clock.now()
                done = await retry(connection, transaction.decisions, transaction.service, now, quarantine_id)
        transaction.published.set()
        transaction.appended.set()
        return done
