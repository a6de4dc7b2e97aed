"""Tell how old the truth on the pages is, whatever the clocks of machines say. Pure; time through the clock.

A standing says how old its truth was when it was written, by the database's clock. From when it came the front counts on by its
own monotonic seconds. Only what it found at its start and nobody has dated since is held against its wall clock: a renderer that is
dead must not pass for a living one. An hour by which that clock is wrong ends with the first standing that is seen to be new.
"""

from __future__ import annotations

from typing import Final

from services.board.snapshot.form import Standing
from services.kernel.clock import Clock

STALE_SECONDS: Final = 300.0


class Freshness:
    """Of the standing that is shown."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._standing: Standing | None = None
        self._since = 0.0
        self._dated = False

    def took(self, standing: Standing, seconds: float | None) -> None:
        """This standing is shown from now on. `seconds`: how long ago it was written, as the renderer says; None: nobody knows.

        The same one again changes nothing, but that its age may have become known.
        """
        if standing == self._standing and (self._dated or seconds is None):
            return
        self._dated = seconds is not None
        self._standing = standing
        self._since = self._clock.monotonic() - (seconds or 0.0)

    def age(self) -> float:
        """Seconds since all facts were known; 0 while nothing is shown."""
        if self._standing is None:
            return 0.0
        counted = self._standing.age_seconds + self._clock.monotonic() - self._since
        if self._dated:
            return counted
        return max(counted, (self._clock.now() - self._standing.as_of).total_seconds())

    @property
    def stale(self) -> bool:
        """Whether the banner stands over the pages."""
        return self.age() > STALE_SECONDS
