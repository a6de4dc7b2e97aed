"""Months and years as the utility's clocks have them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

_WRITTEN: Final = re.compile(r"(\d{4})(?:-(\d{2}))?")


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """A month or a year; the days `first` until before `after`."""

    name: str
    first: date
    after: date
    zone: tzinfo

    @property
    def start(self) -> datetime:
        """When it begins."""
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """When it is over."""
        return midnight(self.after, self.zone)

    @property
    def is_year(self) -> bool:
        """Whether it is a year."""
        return "-" not in self.name

    def days(self) -> Iterator[date]:
        """Its days."""
        day = self.first
        while day < self.after:
            yield day
            day += timedelta(days=1)


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a day begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(instant: datetime, zone: tzinfo) -> date:
    """The day of an instant by the clocks of a zone."""
    return instant.astimezone(zone).date()


def period_of(written: str, zone: tzinfo) -> ReportPeriod:
    """The month 2026-03 or the year 2026.

    Raises:
        ValueError: it is neither.

    """
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        raise ValueError(f"{written!r} is no month and no year: write 2026-03 or 2026")
    year, month = int(found[1]), int(found[2] or 1)
    try:
        first = date(year, month, 1)
    except ValueError:
        raise ValueError(f"{written!r} is no month: write 2026-03 or 2026") from None
    if found[2] is None:
        return ReportPeriod(f"{year:04}", first, date(year + 1, 1, 1), zone)
    return ReportPeriod(f"{year:04}-{month:02}", first, date(year + month // 12, month % 12 + 1, 1), zone)
