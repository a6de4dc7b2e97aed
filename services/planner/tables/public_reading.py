"""Keep as rows, in the deciding transaction, what of notices people must look at; and count what stands, for the metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import asyncpg
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.model import Stream
from services.kernel.observing.every import every
from services.kernel.queries import queries
from services.planner.domain.shown.standing import causes
from services.planner.domain.state import PlanState
from services.policy.model import PublicNoticePolicy
from services.tasks.domain.kinds import OF_THE_PUBLIC

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "public_reading.sql")
LOOK_SECONDS: Final = 5.0


async def keep_public(connection: Any, stream: Stream, before: PlanState, figures: PublicNoticePolicy) -> None:
    """The rows of one work, where its events moved them."""
    state: PlanState = stream.state
    now, was = [*causes(state, figures)], [*causes(before, figures)]
    if now == was:
        return
    notices, kinds = [one.notice_id for one in now], [one.kind for one in now]
    await connection.execute(SQL["drop"], state.mrid, notices, kinds)
    if now:
        reasons, since = [one.reason for one in now], [one.since for one in now]
        until = [one.useful_until for one in now]
        await connection.execute(SQL["put"], state.mrid, notices, kinds, reasons, since, until)


class PublicSilence:
    """Metrics `outage_public_silence_notices` and `outage_public_silence_oldest_seconds`, by what is wrong with a notice."""

    def __init__(
        self, pool: asyncpg.Pool, clock: Clock, figures: PublicNoticePolicy, registry: CollectorRegistry
    ) -> None:
        self._pool, self._clock, self._counted_by = pool, clock, list(figures.counted_by)
        self._notices = Gauge(
            "outage_public_silence_notices",
            "Notices in force that no channel has shown, that were shown in other words, or that could not be read for too long",
            ("kind",),
            registry=registry,
        )
        self._oldest = Gauge(
            "outage_public_silence_oldest_seconds",
            "For how long the first of them has stood so",
            ("kind",),
            registry=registry,
        )
        for kind in OF_THE_PUBLIC:
            self._notices.labels(kind).set(0)
            self._oldest.labels(kind).set(0.0)

    async def run(self) -> None:
        """Count every few seconds, until cancelled; while the database is away the last count is shown."""
        await every(LOOK_SECONDS, self.once, cures=DATABASE, waits="counting of notices that nobody shows waits")

    async def once(self) -> None:
        """Count once, forget what is of no use any more, and say by which channels the public counts as told."""
        now = self._clock.now()
        await self._pool.execute(SQL["counting"], self._counted_by)
        rows = {row["kind"]: row for row in await self._pool.fetch(SQL["counts"], now)}
        for kind in OF_THE_PUBLIC:
            row = rows.get(kind)
            self._notices.labels(kind).set(row["notices"] if row is not None else 0)
            self._oldest.labels(kind).set((now - row["oldest"]).total_seconds() if row is not None else 0.0)
        await self._pool.execute(SQL["forget"], now)
