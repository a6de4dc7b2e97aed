"""Measure lag, progress and the outbox in a task of their own, so that they rise while the work is stuck.

Both probes bring what they see: Kafka where partitions end, Postgres how far the fences and the outbox are. Where one of
the two is silent the last it said stands, and what can still grow (the other side, ages) grows.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

from services.kernel.clock import Clock
from services.kernel.model import TopicPartition
from services.kernel.observing.health import Health
from services.kernel.observing.telemetry import Telemetry
from services.kernel.queries import SQL

FIGURES: Final = "select * from ({outbox_pending}) o, ({standing}) s, ({open_questions}) q".format_map(SQL)
"""All that is shown beside the fences, in one row."""


class Measure:
    """What one worker is behind with. `places`: the partitions it reads now."""

    def __init__(
        self, clock: Clock, health: Health, telemetry: Telemetry, places: Callable[[], Collection[TopicPartition]]
    ) -> None:
        self._clock, self._health, self._telemetry, self._places = clock, health, telemetry, places
        self._next: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._outbox = 0
        self._oldest: datetime | None = None

    async def database(self, connection: Any) -> None:
        """Read what is committed."""
        fences = {
            (row["topic"], row["partition"]): row["next_offset"] for row in await connection.fetch(SQL["read_fences"])
        }
        row = await connection.fetchrow(FIGURES)
        self._outbox, self._oldest = row["waiting"], row["oldest"]
        if row["caught_up_at"] is not None:
            self._telemetry.standing(row["caught_up_at"], row["raised_at"])
        self._telemetry.questions(row["questions"])
        wall = self._clock.wall()
        for place in self._places():
            if place not in fences:
                continue
            before, now = self._next.get(place), fences[place]
            # Level with the end, there is nothing to be late with: that counts as progress, made or not.
            if before is None or now > before or now >= self._ends.get(place, now + 1):
                self._telemetry.progress(place, wall)
            self._next[place] = now
        self.show()

    async def broker(self, ends: Mapping[TopicPartition, int]) -> None:
        """Take the ends of partitions."""
        self._ends.update(ends)
        self.show()

    def show(self) -> None:
        """Set the gauges, and tell health what waits."""
        for place in self._places():
            following, end = self._next.get(place), self._ends.get(place)
            if following is not None and end is not None:
                self._telemetry.lag(place, max(end - following, 0))
                self._health.progress(place, following - 1, end)
        age = (self._clock.now() - self._oldest).total_seconds() if self._oldest is not None else 0.0
        self._telemetry.outbox(self._outbox, max(age, 0.0))
