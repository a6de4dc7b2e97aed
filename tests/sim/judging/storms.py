"""Know when something may have been broken, for nothing is asked to be in time then."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

SOON: Final = timedelta(seconds=10)
"""What is due is done so soon after its instant where nothing is broken."""
Storm = tuple[datetime, datetime]
"""From when until when something may have been broken."""


@dataclass(frozen=True, slots=True)
class WrongClock:
    """From when until when the clock of a service's machine was wrong, and by how much, ahead or behind."""

    service: str
    since: datetime
    until: datetime
    by: timedelta

    def may_have_dated(self, at: datetime) -> bool:
        """Whether an instant that the service wrote down may be one of its wrong ones."""
        return self.since - self.by <= at <= self.until + self.by

    def meant(self, at: datetime) -> Sequence[datetime]:
        """When it may have been that the service wrote this instant down: then, or while its clock showed it wrongly."""
        return [at, *(then for then in (at - self.by, at + self.by) if self.since <= then <= self.until)]


def with_clocks(storm: Storm, clocks: Iterable[WrongClock]) -> Storm:
    """The same, longer by as much as any clock was wrong in it: what was decided then is dated so."""
    begin, end = storm
    by = max((clock.by for clock in clocks if begin <= clock.until <= end), default=timedelta(0))
    return begin - by, end + by


def whole(at: datetime, storms: Sequence[Storm]) -> datetime:
    """That instant, or the first one after it at which nothing was broken."""
    for begin, end in sorted(storms):
        if begin <= at < end:
            at = end
    return at


def short(at: datetime) -> str:
    """For a person: day of the month and time."""
    return f"{at.astimezone(UTC):%d %H:%M:%S}"
