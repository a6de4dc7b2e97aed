"""Load the calendar that services and commands count with, and the utility's own days (OUTAGE_CALENDAR_FILE).

A TOML file; each key may be left out:

    closures = [2026-03-09]    # days off that the country does not have
    workdays = [2027-02-06]    # days worked though they are a weekend or a holiday
    announced_through = 2027   # both lists hold the official notices through this year

The last is for the weeks in which a notice is out and the `holidays` package does not have it yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from services.kernel.clock import SystemClock
from services.policy.calendar import DAY, LONGEST_BREAK, WorkingCalendar
from services.policy.model import PolicyError
from services.policy.written.table import Written
from services.policy.written.toml_file import TomlFile

EARLIEST = 2020  # nothing that is judged here lies before it
YEARS_AHEAD = 2  # own days are set that far; notices speak of the next year at most
MARGIN = timedelta(days=31)  # beside the first and last closure: longer than any holiday that could join them


_DAYS = Meta(extra={"what": "{value!s} is not a list", "remedy": "write {key} = [ … ]"})


class CalendarFile(Written):
    """Such a file. What stands in the lists is looked at one by one: a day that is none is shown on its own line."""

    closures: Annotated[tuple[Any, ...], _DAYS] = ()
    workdays: Annotated[tuple[Any, ...], _DAYS] = ()
    announced_through: (
        Annotated[int, Meta(extra={"what": "{value!r} is not a whole number", "remedy": "write {key} = 2027"})] | None
    ) = None


def working_calendar(
    country: str, zone: str, file: Path | str | None = None, *, today: date | None = None
) -> WorkingCalendar:
    """The working days of `country` (ISO 3166 code) in `zone`, with the utility's own days if a `file` names them.

    `today` tells a mistyped year; it is the machine's, even where a demo's clock says otherwise.

    Raises:
        CalendarError: there is no calendar for the country.
        PolicyError: the file is missing or wrong; names the file, the line, the key and the remedy.

    """
    plain = WorkingCalendar(country, zone)
    if file is None:
        return plain
    source = TomlFile(file, "a calendar file")
    written = source.read(CalendarFile)
    days = _OwnDays(source, today or SystemClock().wall().date())
    closures, workdays = days.listed("closures", written.closures), days.listed("workdays", written.workdays)
    announced = _announced(source, written.announced_through, country, plain, closures, days.today)
    for day in workdays & closures:
        raise days.wrong("workdays", day, "is in closures too", "a day is off or worked: remove it from one list")
    own = WorkingCalendar(country, zone, closures=closures, workdays=workdays, announced_through=announced)
    _refuse_endless(own, closures, days)
    return own


class _OwnDays:
    """The lists of days of one file."""

    def __init__(self, source: TomlFile, today: date) -> None:
        self.today = today
        self._source = source

    def listed(self, key: str, written: Sequence[Any]) -> frozenset[date]:
        """The days of one list."""
        found: set[date] = set()
        for value in written:
            if type(value) is not date:  # a TOML date-time is a date to Python
                raise self.wrong(key, value, "is not a day", "write 2027-02-06, without quotes or a time of day")
            if not EARLIEST <= value.year <= self.today.year + YEARS_AHEAD:
                what = f"is before {EARLIEST}, or in more than {YEARS_AHEAD} years from today ({self.today})"
                raise self.wrong(key, value, what, "correct the year")
            if value in found:
                raise self.wrong(key, value, "stands here twice", "remove one", nth=2)
            found.add(value)
        return frozenset(found)

    def wrong(self, key: str, value: object, what: str, remedy: str, *, nth: int = 1) -> PolicyError:
        """The error for one entry of a list, with the line that it stands on."""
        return self._source.wrong(key, f"{value} {what}", remedy, line=self._line(key, str(value)[:10], nth))

    def _line(self, key: str, written: str, nth: int) -> int | None:
        """Where `written` stands for the nth time in the list `key`; None where it is not found as it is shown."""
        within, seen = False, 0
        for number, line in enumerate(self._source.text.splitlines(), start=1):
            code = line.partition("#")[0]
            if "=" in code:
                within = code.partition("=")[0].strip() == key
            seen += code.count(written) if within else 0
            if seen >= nth:
                return number
        return None


def _announced(
    source: TomlFile, year: int | None, country: str, plain: WorkingCalendar, closures: frozenset[date], today: date
) -> int | None:
    """The year through which the lists hold the notices, believed only where they hold days of it."""
    key = "announced_through"
    if year is None:
        return None
    known = plain.announced_through
    if known is None:
        raise source.wrong(key, f"{country} does not announce its working days year by year", "remove it")
    if not EARLIEST <= year <= today.year + 1:
        what = f"{year} is before {EARLIEST}, or not announced yet today ({today})"
        raise source.wrong(key, what, f"write a year up to {today.year + 1}")
    for each in range(known + 1, year + 1):
        if not any(day.year == each for day in closures):
            remedy = f"copy the days off of the notice for {each} into closures, its make-up days into workdays"
            raise source.wrong(key, f"{year} asks for the days of {each}, and closures has none", remedy)
    return year


def _refuse_endless(own: WorkingCalendar, closures: frozenset[date], days: _OwnDays) -> None:
    """Refuse at the start what would make every count across it fail (CalendarError) later."""
    if not closures:
        return
    day, idle = min(closures) - MARGIN, 0
    while day <= max(closures) + MARGIN:
        idle = 0 if own.is_working_day(day) else idle + 1
        if idle > LONGEST_BREAK:
            last = max(closed for closed in closures if closed <= day)
            raise days.wrong("closures", last, f"ends {idle} days without work", "check the days before it")
        day += DAY
