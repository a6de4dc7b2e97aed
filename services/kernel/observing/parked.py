"""Count what waits for a person: valid messages that are parked must not look like a quiet day."""

from datetime import datetime
from typing import Final, NamedTuple

import asyncpg

from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.observing.health import Health
from services.kernel.observing.telemetry import Telemetry
from services.kernel.queries import SQL

LOOK_SECONDS: Final = 5.0
REMARK: Final = "parked"


class WaitingCounts(NamedTuple):
    """What of a service waits: streams that are parked, valid messages behind a failure, records nobody could read."""

    streams: int
    valid: int
    unreadable: int
    oldest: datetime | None
    """Since when the oldest valid one does."""


async def look(pool: asyncpg.Pool) -> WaitingCounts:
    """What waits now."""
    (row,) = await pool.fetch(SQL["waiting_for_a_person"])
    return WaitingCounts(row["streams"], row["valid"], row["unreadable"], row["oldest"])


class ParkedWatch:
    """Feeds the gauges and the remark at /healthz/ready until cancelled; a process that holds no partition does so too."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, health: Health, telemetry: Telemetry) -> None:
        self._pool, self._clock, self._health, self._telemetry = pool, clock, health, telemetry

    async def run(self) -> None:
        """Look every few seconds."""
        await every(LOOK_SECONDS, self._look, cures=DATABASE, waits="what waits for a person cannot be seen")

    async def _look(self) -> None:
        self.show(await look(self._pool))

    def show(self, waiting: WaitingCounts) -> None:
        """Say it."""
        age = (self._clock.now() - waiting.oldest).total_seconds() if waiting.oldest is not None else 0.0
        self._telemetry.waiting(waiting.streams, waiting.valid, waiting.unreadable, max(age, 0.0))
        self._health.remark(
            REMARK,
            f"{waiting.valid} valid messages wait parked on {waiting.streams} streams: outagectl quarantine list"
            if waiting.valid
            else None,
        )
