"""Count working days, from the `holidays` package, versioned, and honest about years nobody has announced yet.

China moves working days onto weekends by a State Council notice for each year (about November of the year before).
`holidays` keeps these notices as `special_public_holidays[year]`, pairs (day off, day worked instead); for a year
without an entry it only estimates the statutory days. So a calendar *with* such moved days is known through the last
year that has an entry, less the days at its end which the next notice can still move (2018-12-29 was worked for 2019);
what lies beyond is answered and marked provisional. A calendar without moved days is never provisional. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from services.kernel.clock import utc

DAY = timedelta(days=1)
YEAR_END = (12, 28)  # from here on the next year's notice may speak; the earliest it did since 2001 is 29 December
MOVED_PAIR = 4  # an entry with at least two (month, day) pairs moves a working day
LONGEST_BREAK = 60

At = Literal["same-clock-time", "start-of-day", "end-of-day"]


class CalendarError(ValueError):
    """The calendar cannot be made or asked so; the message says what can."""


@dataclass(frozen=True, slots=True)
class DayKind:
    """Whether a day is worked, why, and whether that may still change. True as a condition when it is worked."""

    working: bool
    reason: str
    provisional: bool

    def __bool__(self) -> bool:
        return self.working


@dataclass(frozen=True, slots=True)
class Reckoned:
    """The end of a count: the day in the calendar's zone, the instant in UTC, and whether it may still change."""

    day: date
    at: datetime
    provisional: bool


class WorkingCalendar:
    """Working days of a country (ISO 3166 code) and of one utility.

    `closures` are own days off, `workdays` own days worked; workdays win. `announced_through` says that these two
    already hold the notices through that year, when the package is behind.

    Raises:
        CalendarError: the package does not know the country.

    """

    def __init__(
        self,
        country: str = "CN",
        zone: str = "Asia/Shanghai",
        *,
        closures: Collection[date] = (),
        workdays: Collection[date] = (),
        announced_through: int | None = None,
    ) -> None:
        # Here, because everybody who reads a policy's words imports this module, and few of them count days.
        import holidays  # noqa: PLC0415 - see above
        from holidays.version import __version__ as package_version  # noqa: PLC0415 - see above

        try:
            # In the country's own language, never the machine's: reasons end up in events.
            language = holidays.country_holidays(country).default_language
            self._days = holidays.country_holidays(country, language=language)
        except NotImplementedError:
            raise CalendarError(
                f"no calendar for country {country!r}: give an ISO 3166 code such as CN or GB"
            ) from None
        self.zone = ZoneInfo(zone)
        self._closures, self._workdays = frozenset(closures), frozenset(workdays)
        own = (country, sorted(self._closures), sorted(self._workdays), announced_through)
        digest = hashlib.sha256(repr(own).encode()).hexdigest()[:8]
        self.version = f"holidays-{package_version}/{country}/{digest}"
        self.announced_through: int | None = None
        if self._days.has_substituted_holidays:
            self.announced_through = max(_last_notice(self._days.special_public_holidays), announced_through or 0)

    def is_working_day(self, day: date) -> DayKind:
        """What kind of day `day` is."""
        # The package learns days moved across a year's end only while it fills the later year.
        for year in (day.year, day.year + 1):
            if year not in self._days.years:
                self._days.get(date(year, 1, 1))
        provisional = self._is_provisional(day)
        if day in self._workdays:
            return DayKind(working=True, reason="own working day", provisional=False)
        if day in self._closures:
            return DayKind(working=False, reason="own closure", provisional=False)
        working = self._days.is_working_day(day)
        if day in self._days.weekend_workdays:
            reason = "make-up working day"
        else:
            reason = self._days.get(day) or ("weekday" if working else "weekend")
        return DayKind(working, reason, provisional)

    def next_working_day(self, day: date) -> Reckoned:
        """The first working day after `day`; the instant is its start."""
        return self._reckon(day, 1, time.min, "start-of-day")

    def add_working_days(self, instant: datetime, n: int, at: At) -> Reckoned:
        """The n-th working day after (n < 0: before) the day of `instant`; n = 0 is that day itself, worked or not.

        `at` is the moment in it: its start, its end (the start of the day after, exclusive), or the clock time of
        `instant`; where daylight saving skips that time the count ends as much later, where it comes twice, at the
        first. Raises ValueError for an instant without zone.
        """
        local = utc(instant).astimezone(self.zone)
        return self._reckon(local.date(), n, local.time(), at)

    def add_calendar_days(self, instant: datetime, n: int, at: At) -> Reckoned:
        """As add_working_days, every day counting; never provisional."""
        local = utc(instant).astimezone(self.zone)
        day = local.date() + n * DAY
        return Reckoned(day, self._moment(day, local.time(), at), provisional=False)

    def _reckon(self, day: date, n: int, clock: time, at: At) -> Reckoned:
        step, left, idle, provisional = (DAY if n > 0 else -DAY), abs(n), 0, False
        while left:
            day += step
            kind = self.is_working_day(day)
            provisional |= kind.provisional
            idle = 0 if kind else idle + 1
            left -= kind.working
            if idle > LONGEST_BREAK:
                raise CalendarError(f"{idle} days without work before {day}: check the closures")
        return Reckoned(day, self._moment(day, clock, at), provisional)

    def _moment(self, day: date, clock: time, at: At) -> datetime:
        if at == "same-clock-time":
            return utc(datetime.combine(day, clock, self.zone))
        return utc(datetime.combine(day + (DAY if at == "end-of-day" else 0 * DAY), time.min, self.zone))

    def _is_provisional(self, day: date) -> bool:
        last = self.announced_through
        return last is not None and day >= date(last, *YEAR_END)


def _last_notice(special: object) -> int:
    """The latest year in which the package holds a moved day; 0 for none."""
    if not isinstance(special, dict):
        return 0
    years = [0]
    for year, entries in special.items():
        pairs = entries if isinstance(entries[0], tuple) else (entries,)
        if any(len(pair) >= MOVED_PAIR for pair in pairs):
            years.append(year)
    return max(years)
