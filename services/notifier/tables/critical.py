"""Find critical customers whom a held fact leaves untold, and count them for the alarm."""

from pathlib import Path
from typing import Any

import asyncpg
from prometheus_client import CollectorRegistry, Gauge

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import FaultReported, OutageReopened, OutageStarted
from services.concerned.matching import counted, sql_arrays
from services.kernel.adapters.away import DATABASE
from services.kernel.model import Message
from services.kernel.observing.every import every
from services.kernel.queries import queries
from services.notifier.domain.outage.decider import Critical, NotifierOutage, Outage
from services.notifier.domain.outage.truth import truth
from services.notifier.tables.customer_points import corners, inside_of
from services.notifier.tables.network_places import meant

SQL = queries(Path(__file__).parents[1] / "sql" / "critical.sql")
OPENING = (OutageStarted, FaultReported, OutageReopened)
POLL_SECONDS = 5.0


async def read_critical(connection: Any, decider: NotifierOutage, state: Outage, message: Message) -> Critical | None:
    """The special and life-support customers that a start or report touches which is to be held; else None.

    A fact that names no place is where the outage is known to be.
    """
    fact = message.data
    if not isinstance(fact, OPENING) or decider.sift(state, message).fact is not None:
        return None
    extent = Extent() if isinstance(fact, OutageReopened) else fact.extent
    known = truth(state.facts)
    if extent.is_empty() and known is not None:
        extent = known.extent
    named = zip(*sql_arrays(extent), strict=True)
    places = {*named, *await meant(connection, extent)}
    shape, inside = extent.shape, list[str]()
    if shape is not None:
        inside = inside_of(shape, await connection.fetch(SQL["critical_points"], *corners(shape)))
    row = await connection.fetchrow(
        SQL["critical_touched"],
        [kind for kind, _ in places],
        [value for _, value in places],
        counted(extent),
        shape is not None,
        inside,
    )
    return Critical(row["customers"], tuple(row["named"]))


class UntoldGauge:
    """Metric: how many special and life-support customers are told nothing, while a fact that touches them is held."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        registry: CollectorRegistry,
    ) -> None:
        self._pool = pool
        self._gauge = Gauge(
            "outage_critical_customers_untold",
            "Special and life-support customers touched by a fact that is held: a person must act",
            registry=registry,
        )

    async def run(self) -> None:
        """Count every few seconds, until cancelled; while the database is away the last count is shown."""
        await every(POLL_SECONDS, self.once, cures=DATABASE, waits="counting of untold customers waits")

    async def once(self) -> None:
        """Count once."""
        self._gauge.set(await self._pool.fetchval(SQL["untold"]))
