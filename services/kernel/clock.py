"""Tell the time, always passed in. The only module, beside warp.py, that may ask the machine for it.

Three faces: `now` (the domain: deadlines, timers), `wall` (leases, quiet periods, a provider's dates) and `monotonic`
(time limits inside a process). Every instant is aware and in UTC.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class ClockError(Exception):
    """The clock cannot do what was asked; the message says what can be done."""


class Clock(Protocol):
    """What the kernel needs from time."""

    real: bool
    """Whether `now` is the machine's own time, and so, but for a little, the broker's too."""

    def now(self) -> datetime:
        """The instant of the domain."""
        ...

    def wall(self) -> datetime:
        """The instant of the world outside."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment, never backwards; for differences within this process only."""
        ...

    async def sleep_until(self, instant: datetime | None, at_most: float) -> None:
        """Return once `now()` has reached `instant`, or after `at_most` real seconds, whichever is first."""
        ...


def utc(instant: datetime) -> datetime:
    """`instant` in UTC.

    Raises:
        ValueError: it has no zone.

    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no zone: give an offset, e.g. +08:00")
    return instant.astimezone(UTC)


def refuse_backwards(wanted: datetime, now: datetime) -> None:
    """Raises ClockError where `wanted` lies before `now`."""
    if wanted < now:
        raise ClockError(
            f"time never runs backwards: it is {now.isoformat()}, and {wanted.isoformat()} has passed; "
            "choose a later instant, or start again with an empty data folder"
        )


class SystemClock:
    """The machine's own time."""

    real = True

    def now(self) -> datetime:
        """The machine's time."""
        return self.wall()

    def wall(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC)  # noqa: TID251 - this is the one place

    def monotonic(self) -> float:
        """Seconds since the machine started."""
        return time.monotonic()  # noqa: TID251 - this is the one place

    async def sleep_until(self, instant: datetime | None, at_most: float) -> None:
        """See Clock. Gives the loop at least one turn, so that nobody spins."""
        wait = at_most if instant is None else min(at_most, (instant - self.now()).total_seconds())
        await asyncio.sleep(max(wait, 0))
