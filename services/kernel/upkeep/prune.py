"""Delete old rows of the inbox in small steps, and record up to where.

The fence drops what is delivered again, the inbox what is sent again. A message that is sent again after its inbox row
was pruned is found in the log instead: the ids of the events it once made follow from its name (`decided_before`),
whatever time it carries now. One that did nothing is judged again, and has its first effect at most.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import Connection, advisory_key, alone
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "prune.sql")
log = structlog.get_logger()

WITHIN = "(within)"
STEP = 1_000
PAUSE_SECONDS = 0.2
ROUND_SECONDS = 3_600.0
LEAST_DAYS = 7


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows one round deleted."""

    inbox: int = 0
    skipped: int = 0
    quarantine: int = 0
    snapshots: int = 0

    @property
    def total(self) -> int:
        """All together."""
        return self.inbox + self.skipped + self.quarantine + self.snapshots


class Pruner:
    """Background work of one process; of several, one works at a time.

    `inbox_days` and `quarantine_days` are days of the domain's clock, at least LEAST_DAYS.
    """

    def __init__(
        self,
        service: str,
        pool: asyncpg.Pool,
        clock: Clock,
        *,
        inbox_days: int,
        quarantine_days: int,
        step: int = STEP,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        if min(inbox_days, quarantine_days) < LEAST_DAYS:
            raise ValueError(f"what is younger than {LEAST_DAYS} days is never pruned: keep at least so many")
        self._pool, self._clock = pool, clock
        self._inbox, self._quarantine = timedelta(days=inbox_days), timedelta(days=quarantine_days)
        self._step, self._pause = step, pause
        self._key = advisory_key(service, "prune")

    async def run(self) -> None:
        """Prune every hour until cancelled; what fails is tried again an hour later."""
        await every(ROUND_SECONDS, self._prune, cures=DATABASE, waits="pruning waits")

    async def _prune(self) -> None:
        done = await self.once()
        if done is not None and done.total:
            log.info(
                "pruned", inbox=done.inbox, skipped=done.skipped, quarantine=done.quarantine, snapshots=done.snapshots
            )

    async def once(self) -> Pruned | None:
        """One round; None if another process is at it."""
        async with self._pool.acquire() as connection:
            async with alone(connection, self._key) as lock:
                return await self._round(connection, self._clock.now()) if lock.stands else None

    async def _round(self, connection: Connection, now: datetime) -> Pruned:
        cutoff = now - self._inbox
        await self._raise_horizons(connection, cutoff)
        first_kept = await connection.fetchval(SQL["first_kept"], cutoff)
        inbox = await self._steps(connection, "prune_inbox", cutoff, self._step, first_kept)
        skipped = await self._steps(connection, "prune_skipped", self._step)
        quarantine = await self._steps(connection, "prune_quarantine", now - self._quarantine, self._step)
        # Whoever needs one that is gone replays the log; those that are needed are made again long before.
        snapshots = await self._steps(connection, "prune_snapshots", cutoff, self._step)
        return Pruned(inbox, skipped, quarantine, snapshots)

    async def _raise_horizons(self, connection: Connection, cutoff: datetime) -> None:
        if not await connection.fetchval(SQL["any_old"], cutoff):
            return
        rows = [
            (row["topic"], row["partition"], row["below"])
            for row in await connection.fetch(SQL["horizons"], cutoff)
            if row["below"] is not None
        ]
        rows.append((WITHIN, 0, 0))
        await connection.execute(
            SQL["raise_horizon"], *(list(column) for column in zip(*sorted(rows), strict=True)), cutoff
        )

    async def _steps(self, connection: Connection, query: str, *arguments: object) -> int:
        """Small deletes, each committed by itself, until one finds less than it might take."""
        total = 0
        while True:
            if query == "prune_skipped":
                gone: int = await connection.fetchval(SQL[query], *arguments)
            else:
                gone = int((await connection.execute(SQL[query], *arguments)).rpartition(" ")[2])
            total += gone
            if gone < self._step:
                return total
            await asyncio.sleep(self._pause)
