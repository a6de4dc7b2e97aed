"""Count what waits: for a person, so that valid messages that are parked do not look like a quiet day; or for a newer version."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import asyncpg
import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.observing.health import Health
from services.kernel.observing.telemetry import Telemetry
from services.kernel.queries import SQL

log = structlog.get_logger()
LOOK_SECONDS: Final = 5.0
REMARK: Final = "parked"
NEWER: Final = "written by a newer version"
LEFT: Final = "deadlines of a newer version"


class WaitingCounts(NamedTuple):
    """What of a service waits: streams that are parked, valid messages behind a failure, records nobody could read."""

    streams: int
    valid: int
    unreadable: int
    oldest: datetime | None
    """Since when the oldest valid one does."""
    newer: int = 0
    """Streams that hold what a pod did not know, for pods of the version that wrote it."""
    left_alone: int = 0
    """Deadlines due of kinds that this code does not know."""


async def look(pool: asyncpg.Pool, now: datetime, categories: Sequence[str]) -> WaitingCounts:
    """What waits now. `categories`: of streams that this code decides of."""
    (row,) = await pool.fetch(SQL["waiting_for_a_person"], now, list(categories))
    return WaitingCounts(
        row["streams"], row["valid"], row["unreadable"], row["oldest"], row["newer"], row["left_alone"]
    )


class ParkedWatch:
    """Feeds the gauges and the remarks at /healthz/ready until cancelled; a process that holds no partition does so too.

    `left`: set where a stream waits for a pod that knows what is in it (services/kernel/upkeep/taking_over.py).
    """

    def __init__(
        self, pool: asyncpg.Pool, clock: Clock, health: Health, telemetry: Telemetry, categories: Sequence[str]
    ) -> None:
        self._pool, self._clock, self._health, self._telemetry = pool, clock, health, telemetry
        self._categories = categories
        self._said = 0
        self.left = asyncio.Event()

    async def run(self) -> None:
        """Look every few seconds."""
        await every(LOOK_SECONDS, self._look, cures=DATABASE, waits="what waits for a person cannot be seen")

    async def _look(self) -> None:
        self.show(await look(self._pool, self._clock.now(), self._categories))

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
        self._health.remark(
            NEWER,
            f"{waiting.newer} of these streams hold what a newer version wrote, whose pods take them over"
            if waiting.newer
            else None,
        )
        self._left(waiting.left_alone)
        if waiting.newer:
            self.left.set()

    def _left(self, count: int) -> None:
        """Deadlines of kinds of streams that this code does not know: the remark, and one line where the first ones come."""
        self._health.remark(
            LEFT,
            f"{count} deadlines are due on streams of kinds that this version does not know: left to newer pods"
            if count
            else None,
        )
        if count and not self._said:
            log.warning("deadlines of kinds that this version does not know are left to newer pods", due=count)
        self._said = count
