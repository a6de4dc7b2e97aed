"""Measure our deadlines: found, claimed, fired whole, and how late; each on tables in which all others are armed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any, Final

import asyncpg
import msgspec

from bench.deadlines.filling import PARTITIONS
from services.kernel.clock import SystemClock
from services.kernel.model import Service
from services.kernel.observing.telemetry import Telemetry
from services.kernel.queries import SQL as KERNEL
from services.kernel.streams.newer import known_categories
from services.kernel.upkeep.rounds import DeadlineRounds
from services.kernel.writing.copies import judged_inputs
from services.kernel.writing.timers import BATCH, Timers
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.toy import Toy

GRACE: Final = 60.0
POLL_SECONDS: Final = 0.2
"""As services are deployed (OUTAGE_POLL_SECONDS)."""
EVERY: Final = frozenset(range(PARTITIONS))
MARK: Final = datetime(2198, 1, 1, tzinfo=UTC)


class Kettles(Toy):
    """The least a service can be that has deadlines: a fact, a deadline, an event when it comes."""

    name = "bench"


class Lateness(msgspec.Struct, frozen=True, rename="camel"):
    """Seconds from when deadlines were due until what followed was committed, of those that came at a rate."""

    fired: int
    wanted: int
    rate: float
    p50: float
    p99: float
    most: float


class _Late(Telemetry):
    """Keeps how late each deadline was fired."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.seconds: list[float] = []

    def timer_lateness(self, seconds: float) -> None:
        """Measured at the beginning of its transaction."""
        super().timer_lateness(seconds)
        self.seconds.append(seconds)


class _NoMarks:
    """Nothing is to be raised: all facts are known."""

    def is_due(self) -> bool:
        """Never."""
        return False

    async def raise_marks(self) -> None:
        """Nothing to do."""


class FiringBench:
    """One process's deadlines, of one service on one database."""

    def __init__(self, service: Service, pool: asyncpg.Pool) -> None:
        self._service, self._pool = service, pool
        self._telemetry = _Late(service.name)
        self._transaction = Transaction(service, pool, self._telemetry)
        self._clock = SystemClock()
        self._known = known_categories(service)
        self._timers = Timers(self._transaction, self._clock, grace=GRACE)

    async def start(self) -> None:
        """Ready to fire."""
        await self._transaction.start()

    async def _due(self, connection: Any) -> list[asyncpg.Record]:
        marks = [MARK] * PARTITIONS
        rows: list[asyncpg.Record] = await connection.fetch(
            KERNEL["due_timers"], sorted(EVERY), marks, self._clock.now(), [], MARK, BATCH, self._known
        )
        return rows

    async def found(self, times: int) -> float:
        """Deadlines found a second: the question that is asked before each batch, of 500 that are due."""
        rows, began = 0, time.perf_counter()
        for _ in range(times):
            rows += len(await self._due(self._pool))
        return rows / (time.perf_counter() - began)

    async def claimed(self) -> tuple[int, float]:
        """How many were found, locked, looked at again and taken off, nothing decided; and how many a second."""
        count, began = 0, time.perf_counter()
        while True:
            async with self._pool.acquire() as connection, connection.transaction():
                rows = await self._due(connection)
                if not rows:
                    break
                names = sorted(row["timer_id"] for row in rows)
                await connection.fetch(KERNEL["lock_streams"], sorted({row["stream_id"] for row in rows}))
                still = await connection.fetch(KERNEL["recheck_timers"], names)
                await connection.execute(KERNEL["disarm"], [row["timer_id"] for row in still])
                count += len(still)
        return count, count / (time.perf_counter() - began)

    async def fired(self) -> tuple[int, float]:
        """How many due deadlines were fired whole (loaded, decided, appended, committed), and how many a second."""
        count, began = 0, time.perf_counter()
        while fired := await self._timers.fire_due(EVERY):
            count += fired
        return count, count / (time.perf_counter() - began)

    async def late(self, dues: Sequence[datetime], rate: float, at_once: int = 1) -> Lateness:
        """How late deadlines are that come at a rate, so many at each instant, looked for as where there is nothing else to do."""
        wanted = len(dues) * at_once
        topic = judged_inputs(self._service)[0]
        places = [(topic, partition) for partition in EVERY]
        timed = _Timed(self._timers, self._telemetry)
        rounds = DeadlineRounds(_NoMarks(), timed, self._pool, self._clock, lambda: places, pause=POLL_SECONDS)
        running = asyncio.create_task(rounds.run())
        try:
            last = max(dues) + timedelta(seconds=60)
            while len(timed.late) < wanted and self._clock.now() < last:
                await asyncio.sleep(POLL_SECONDS)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        if len(timed.late) < wanted:
            raise SystemExit(f"of {wanted} deadlines {len(timed.late)} were fired a minute after the last was due")
        cuts = quantiles(timed.late, n=100)
        return Lateness(len(timed.late), wanted, rate, cuts[49], cuts[98], max(timed.late))


class _Timed:
    """Deadlines with how late each was, once its transaction was committed."""

    def __init__(self, timers: Timers, telemetry: _Late) -> None:
        self._timers, self._telemetry = timers, telemetry
        self.late: list[float] = []
        telemetry.seconds.clear()

    async def any_due(self) -> bool:
        """Whether any is due."""
        return await self._timers.any_due()

    async def fire_due(self, partitions: Any) -> int:
        """Fire them. Until the commit, so that none looks sooner than it was: the whole of this call is added."""
        began = time.perf_counter()
        count = await self._timers.fire_due(partitions)
        took = time.perf_counter() - began
        self.late += [seconds + took for seconds in self._telemetry.seconds]
        self._telemetry.seconds.clear()
        return count
