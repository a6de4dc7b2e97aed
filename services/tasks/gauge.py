"""Count open tasks for the metrics."""

from typing import Final

import asyncpg
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.adapters.away import DATABASE
from services.kernel.observing.every import every
from services.tasks.tables import SQL

LOOK_SECONDS: Final = 5.0


class TaskGauge:
    """Metric `outage_tasks_open` by kind, and whether they were raised because nobody has done them in time."""

    def __init__(self, pool: asyncpg.Pool, registry: CollectorRegistry) -> None:
        self._pool = pool
        self._open = Gauge(
            "outage_tasks_open", "Tasks for people that are open or taken", ("kind", "raised"), registry=registry
        )
        self._seen: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Count every few seconds, until cancelled; while the database is away the last count is shown."""
        await every(LOOK_SECONDS, self.once, cures=DATABASE, waits="counting of tasks waits")

    async def once(self) -> None:
        """Count once."""
        rows = await self._pool.fetch(SQL["counted"])
        found = {(row["kind"], "yes" if row["raised"] else "no"): row["tasks"] for row in rows}
        for kind, raised in self._seen - found.keys():
            self._open.labels(kind, raised).set(0)
        for (kind, raised), tasks in found.items():
            self._open.labels(kind, raised).set(tasks)
        self._seen |= found.keys()
