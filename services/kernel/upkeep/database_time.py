"""Keep deadlines and marks from running ahead of the database's clock, which all services share."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from services.kernel.clock import Clock

log = structlog.get_logger()

APART: Final = timedelta(seconds=2)
"""Clocks that are further apart than this are worth a line in the log."""


class SharedClock:
    """The Clock of a process, but never ahead of the database's.

    A machine whose clock is set ahead would call promises broken that are not due yet, and say of facts to come that it knows
    them all. Between two looks at the database the bound goes on with the machine's own count of seconds, which no setting
    of its clock moves. A clock that is behind makes deadlines late, and nothing false.
    """

    def __init__(self, clock: Clock, ask: Callable[[Any], Awaitable[datetime]]) -> None:
        self._clock, self._ask = clock, ask
        self.real = clock.real
        self._seen: tuple[datetime, float] | None = None
        self._apart = False

    async def look(self, connection: Any) -> None:
        """See what the database's clock shows. A warped clock goes by no other, and has no bound."""
        if not self.real:
            return
        at = await self._ask(connection)
        self._seen = at, self._clock.monotonic()
        self._say(self._clock.now() - at)

    def now(self) -> datetime:
        """See Clock."""
        if self._seen is None:
            return self._clock.now()
        at, seen = self._seen
        return min(self._clock.now(), at + timedelta(seconds=self._clock.monotonic() - seen))

    def wall(self) -> datetime:
        """See Clock."""
        return self._clock.wall()

    def monotonic(self) -> float:
        """See Clock."""
        return self._clock.monotonic()

    async def sleep_until(self, instant: datetime | None, at_most: float) -> None:
        """See Clock."""
        await self._clock.sleep_until(instant, at_most)

    def _say(self, ahead: timedelta) -> None:
        apart = abs(ahead) > APART
        if apart != self._apart:
            self._apart = apart
            seconds = round(ahead.total_seconds(), 1)
            if apart:
                log.warning("the clock of this machine is not the database's", seconds_ahead=seconds)
            else:
                log.info("the clock of this machine agrees with the database's again", seconds_ahead=seconds)
