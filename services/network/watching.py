"""Show how old the network model is by which a service decides, and that an edition does not come whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.queries import queries

SQL: Final = queries(Path(__file__).parent / "sql" / "watching.sql")
LOOK_SECONDS: Final = 10.0
WAITS_AT_MOST: Final = timedelta(hours=1)
"""So long an edition may take from the word that it is told whole: a million elements take a quarter of it."""


@dataclass(frozen=True, slots=True)
class ModelStanding:
    """One model: of which date the edition is by which decisions go, and since when a newer one waits for its elements."""

    model_id: str
    date: datetime | None
    waits_since: datetime | None


def is_fit(models: Iterable[ModelStanding], now: datetime, days: int) -> bool:
    """Whether nobody need look: no model is older than `days` (0: may be), and no edition waits for long. Pure.

    >>> from datetime import UTC
    >>> now = datetime(2026, 3, 9, tzinfo=UTC)
    >>> is_fit([ModelStanding("GIS", datetime(2026, 3, 1, tzinfo=UTC), None)], now, 7)
    False
    """
    return not any(
        (days and one.date is not None and now - one.date > timedelta(days=days))
        or (one.waits_since is not None and now - one.waits_since > WAITS_AT_MOST)
        for one in models
    )


class NetworkWatch:
    """Metrics of the copy. `days`: see NetworkSettings."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, registry: CollectorRegistry, days: int) -> None:
        self._pool, self._clock, self._days = pool, clock, days
        self._waiting: dict[tuple[str, datetime], datetime] = {}
        self._date = Gauge(
            "outage_network_edition_timestamp_seconds",
            "Date of the edition of the network model by which decisions go",
            ("model",),
            registry=registry,
        )
        self._fit = Gauge(
            "outage_network_ok",
            "0: an edition of the network model is older than OUTAGE_NETWORK_DAYS, or a newer one does not come whole",
            registry=registry,
        )
        self._fit.set(1)

    async def run(self) -> None:
        """Look now and then; while Postgres is away the last word stands."""
        await every(LOOK_SECONDS, self.once, cures=DATABASE, waits="the network model cannot be looked at")

    async def once(self) -> None:
        """Look once."""
        now, rows = self._clock.now(), await self._pool.fetch(SQL["editions"])
        waiting = {(row["model_id"], row["waiting"]): now for row in rows if row["waiting"] is not None}
        self._waiting = {**waiting, **{key: since for key, since in self._waiting.items() if key in waiting}}
        models = [
            ModelStanding(row["model_id"], row["date"], self._waiting.get((row["model_id"], row["waiting"])))
            for row in rows
        ]
        self._fit.set(is_fit(models, now, self._days))
        self._date.clear()
        for one in models:
            if one.date is not None:
                self._date.labels(one.model_id).set(one.date.timestamp())
