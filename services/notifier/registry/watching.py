"""Show how old the registry is by which customers are told: whoever moved in since hears nothing."""

from datetime import datetime, timedelta
from typing import Final

import asyncpg
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.notifier.registry.topic import SQL

LOOK_SECONDS: Final = 10.0


def is_refreshed(file_date: datetime | None, now: datetime, days: int) -> bool:
    """Whether the registry's file is not older than `days` (0: it may be); None: none ever came in. Pure.

    >>> from datetime import UTC
    >>> is_refreshed(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC), 7)
    False
    """
    return not days or (file_date is not None and now - file_date <= timedelta(days=days))


class RegistryWatch:
    """Metrics of the registry. `days`: NotifierSettings.registry_days."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, registry: CollectorRegistry, days: int) -> None:
        self._pool, self._clock, self._days = pool, clock, days
        self._date = Gauge(
            "outage_registry_file_timestamp_seconds",
            "Date of the registry's file that was imported last, changed or not; 0: none was",
            registry=registry,
        )
        self._fit = Gauge(
            "outage_registry_ok",
            "0: the registry's file that was imported last is older than OUTAGE_REGISTRY_DAYS, or none ever was",
            registry=registry,
        )
        self._fit.set(1)

    async def run(self) -> None:
        """Look now and then; while Postgres is away the last word stands."""
        await every(LOOK_SECONDS, self.once, cures=DATABASE, waits="the age of the registry cannot be looked at")

    async def once(self) -> None:
        """Look once."""
        date: datetime | None = await self._pool.fetchval(SQL["file_date"])
        self._date.set(0.0 if date is None else date.timestamp())
        self._fit.set(is_refreshed(date, self._clock.now(), self._days))
