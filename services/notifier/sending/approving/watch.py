"""Let texts go whose sends were approved, and count what waits for a person."""

from typing import Final

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.adapters.away import DATABASE
from services.kernel.observing.every import MORE, Turn, every
from services.notifier.sending.approving.large_sends import SQL

log = structlog.get_logger()

LOOK_SECONDS: Final = 0.5


class ApprovalWatch:
    """Looks whether held texts may go: whoever asks for a text while its send is approved may still have seen it wait."""

    def __init__(self, pool: asyncpg.Pool, registry: CollectorRegistry) -> None:
        self._pool = pool
        self._gauge = Gauge("outage_sends_waiting", "Sends that wait for a person's approval", registry=registry)

    async def run(self) -> None:
        """Look until cancelled."""
        await every(LOOK_SECONDS, self.look, cures=DATABASE, waits="held texts wait for the database")

    async def look(self) -> Turn | None:
        """Once: a thousand texts at most."""
        (row,) = await self._pool.fetch(SQL["waiting"])
        self._gauge.set(row["sends"])
        if not row["held"]:
            return None
        gone = await self._pool.fetch(SQL["let_go"])
        if gone:
            log.info("texts of an approved send may go", texts=len(gone))
        return MORE if gone else None
