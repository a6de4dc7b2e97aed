"""Time for tests and measurements: it stands until somebody moves it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from services.kernel.clock import refuse_backwards, utc


class ManualClock:
    """Time that moves only when told; all three faces move together, and only forward."""

    real = False

    def __init__(self, start: datetime) -> None:
        self._now = self._start = utc(start)
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        """The instant last set."""
        return self._now

    def wall(self) -> datetime:
        """The instant last set."""
        return self._now

    def monotonic(self) -> float:
        """Seconds moved since the start."""
        return (self._now - self._start).total_seconds()

    def advance(self, by: timedelta) -> datetime:
        """Move forward and wake who waits for it; returns the new instant."""
        return self.set(self._now + by)

    def set(self, instant: datetime) -> datetime:
        """Move to `instant` and wake who waits for it.

        Raises:
            ClockError: it lies in the past.

        """
        refuse_backwards(utc(instant), self._now)
        self._now = utc(instant)
        self._moved.set()
        self._moved = asyncio.Event()
        return self._now

    async def sleep_until(self, instant: datetime | None, at_most: float) -> None:
        """See Clock; `at_most` counts real seconds, so a forgotten `advance` does not hang a test."""
        await asyncio.sleep(0)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(at_most, 0)):
                while instant is None or self._now < instant:
                    await self._moved.wait()
