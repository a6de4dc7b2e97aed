"""A line of the log book, and how a log book writes instants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from operations.history.history import HistoryEntry
from operations.times import NO_PERIOD, DayTimes
from schemas.contracts.base import Period
from services.kernel.values.zones import mark

Tone = Literal["plain", "good", "bad", "text"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the book."""

    at: datetime
    who: str
    what: str
    notes: tuple[str, ...] = ()
    body: str | None = None
    """A text, as it stands on the handset or in the paper."""
    gloss: str | None = None
    """What the text says, in English."""
    tone: Tone = "plain"
    about: str = ""
    """The outage it is about."""


@dataclass(frozen=True, slots=True)
class BookTimes(DayTimes):
    """Instants as a log book writes them: `02:14` on the day it is open at, else `Thu 5 March 02:14`."""

    def at(self, instant: datetime | None, *beside: datetime) -> str:
        """The time, with its day where that is another one; with its clock where one `beside` it is of another."""
        if instant is None:
            return "–"
        local = instant.astimezone(self.zone)
        clock = f"{local:%H:%M} {mark(instant, self.zone, *beside)}".rstrip()
        if local.date() == self.today:
            return clock
        # Another year is said: "Fri 1 January" alone would be the one before.
        year = f" {local.year}" if self.today is not None and local.year != self.today.year else ""
        return f"{day(local)}{year} {clock}"

    def period(self, value: Period | None) -> str:
        """`Wed 11 March 08:00 to 17:00`; the day only once where there is only one."""
        if value is None:
            return NO_PERIOD
        return f"{self.at(value.start, value.end)} to {self.on(value.start).at(value.end, value.start)}"

    def on(self, instant: datetime) -> BookTimes:
        """The book, open at the day of `instant`."""
        return BookTimes(self.zone, self.name, instant.astimezone(self.zone).date())


def day(local: datetime) -> str:
    """`Thu 5 March`."""
    return f"{local:%a} {local.day} {local:%B}"


def name_of(entry: HistoryEntry) -> str:
    """The outage or customer that an event is about."""
    return entry.stream_id.partition("/")[2]
