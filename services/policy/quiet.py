"""The quiet hours of a regime ([settings.quiet]): when a night begins and ends by the clocks of the utility's zone. Pure.

Which text waits for its end is the notifier's rule (services/notifier/domain/customer/quiet_hours.py).
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Final


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begins` until before `ends`, local time; over midnight where it begins later than it ends, never where they are one."""

    begins: time = time(21, 0)
    """From then on nobody is woken for what can wait."""
    ends: time = time(7, 0)
    """What waited is said first thing in the morning."""
    prepare: timedelta = timedelta(hours=2)
    """Whoever must prepare for what begins so soon after the night is told before it."""

    def over(self, at: datetime, zone: tzinfo) -> datetime:
        """The end of the quiet hours that `at` lies in; `at` itself outside them. Instants are aware.

        A night in which the clocks change is as long as it is: the end is a time of day, not a number of hours.
        """
        local = at.astimezone(zone)
        if not self._holds(local.time()):
            return at
        day = local.date() if local.time() < self.ends else local.date() + timedelta(days=1)
        ends = datetime.combine(day, self.ends, zone)
        if ends.timestamp() <= at.timestamp():
            # The clocks went back over the end: it comes a second time.
            ends = ends.replace(fold=1)
        return ends.astimezone(at.tzinfo)

    def _holds(self, clock: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends


QUIET: Final = QuietHours()
"""The product's own, where a regime says nothing."""


@dataclass(frozen=True, slots=True)
class Nights:
    """The quiet hours by the clocks of one zone."""

    hours: QuietHours
    zone: tzinfo

    def over(self, at: datetime) -> datetime:
        """The end of the night that `at` lies in; `at` itself by day."""
        return self.hours.over(at, self.zone)

    def prepared(self, morning: datetime) -> datetime:
        """Until when who hears in that morning is ready for what comes: what begins later leaves time to prepare."""
        return morning + self.hours.prepare
