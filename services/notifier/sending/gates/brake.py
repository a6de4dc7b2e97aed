"""Watch the operators' brake: a row in table brake stops a lane. Claims look at the table itself, so it holds at once.

What is here only tells people: the gauge for alarms, and a line in the log when a lane stops or goes on.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.observing.lookout import Work
from services.kernel.queries import queries
from services.notifier.domain.customer.lanes import LANE_RANK

log = structlog.get_logger()

SQL = queries(Path(__file__).parents[2] / "sql" / "brake.sql")
CLAIMING: Final = advisory_key("notifier", "claim")
"""Held shared by every claim; who puts the brake on takes it once, after that, to wait for claims under way."""
LANES: Final[tuple[str, ...]] = tuple(LANE_RANK)
LOOK_SECONDS: Final = 0.5

_gauges: WeakKeyDictionary[CollectorRegistry, Gauge] = WeakKeyDictionary()


class BrakeMonitor:
    """Shows the brake of a running sender: gauge `outage_sending_stopped` by lane, 1 while stopped."""

    def __init__(self, pool: asyncpg.Pool, registry: CollectorRegistry, clock: Clock) -> None:
        self._pool = pool
        self.work = Work(clock)
        """Lanes that are stopped."""
        self._gauge = _gauge(registry)
        self._stopped: frozenset[str] = frozenset()
        for lane in LANES:
            self._gauge.labels(lane).set(0)

    async def run(self) -> None:
        """Look until cancelled."""
        waits = "whether sending is stopped cannot be seen"
        await every(LOOK_SECONDS, self._look, cures=DATABASE, waits=waits)

    async def _look(self) -> None:
        if self._stopped or self.work.perhaps:
            self._show({row["lane"]: dict(row) for row in await self._pool.fetch(SQL["brakes"])})

    def _show(self, brakes: Mapping[str, Mapping[str, Any]]) -> None:
        for lane in LANES:
            self._gauge.labels(lane).set(lane in brakes)
        for lane in sorted(brakes.keys() - self._stopped):
            row = brakes[lane]
            log.warning(
                "sending is stopped", lane=lane, since=row["stopped_at"].isoformat(), by=row["who"], why=row["reason"]
            )
        for lane in sorted(self._stopped - brakes.keys()):
            log.warning("sending goes on", lane=lane)
        self._stopped = frozenset(brakes)


def _gauge(registry: CollectorRegistry) -> Gauge:
    """The one gauge of a registry, whoever asks first."""
    if registry not in _gauges:
        _gauges[registry] = Gauge(
            "outage_sending_stopped", "1 while operators have stopped this lane", ("lane",), registry=registry
        )
    return _gauges[registry]
