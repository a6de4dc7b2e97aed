"""Printing: for people in words and tables, for programs one JSON document on standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from services.kernel.values.zones import mark
from services.places import escaped

if TYPE_CHECKING:
    from outagectl.where import Where

SECONDS = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}


class SafeConsole(Console):
    """A console that no text can steer: what is hidden, turns direction or moves the cursor is shown by its number.

    Names and addresses come from other systems and are kept as they came. Line breaks are our own.
    """

    def render_str(self, text: str, **how: Any) -> Text:
        """As rich does, of text that was made safe."""
        return super().render_str("\n".join(map(escaped, text.split("\n"))), **how)


def console() -> Console:
    """Standard output as it is now; long lines wrap at the terminal's width, in a pipe at 160."""
    terminal = SafeConsole(file=sys.stdout, highlight=False)
    return terminal if terminal.is_terminal else SafeConsole(file=sys.stdout, highlight=False, width=160)


def as_json(document: Any) -> None:
    """Print one JSON document, indented; instants as RFC 3339 in UTC."""
    raw = msgspec.json.encode(document, enc_hook=str)
    sys.stdout.write(msgspec.json.format(raw, indent=2).decode() + "\n")


@dataclass(frozen=True, slots=True)
class Times:
    """Instants as people read them, all in one zone that is named once (`note`)."""

    zone: tzinfo = UTC
    name: str = "UTC"

    @property
    def note(self) -> str:
        """The line that names the zone."""
        return f"Times are {self.name}."

    def at(self, instant: datetime | None) -> str:
        """`2026-03-05 09:12:00`, an hour that comes twice as `… 01:45:00 BST`; an en dash where there is none."""
        return "–" if instant is None else self._shown(instant, "%Y-%m-%d %H:%M:%S")

    def text(self, value: object) -> str:
        """An RFC 3339 text as `2026-03-05 09:12`, with seconds where there are any; anything else as it stands."""
        if not isinstance(value, str):
            return "–" if value is None else str(value)
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            return value
        if not instant.tzinfo:
            return value
        return self._shown(instant, "%Y-%m-%d %H:%M:%S" if instant.second else "%Y-%m-%d %H:%M")

    def _shown(self, instant: datetime, form: str) -> str:
        return f"{instant.astimezone(self.zone):{form}} {mark(instant, self.zone)}".rstrip()


@dataclass(frozen=True, slots=True)
class DayTimes(Times):
    """Instants as `02:14` on the day of the line, else `03-05 02:14`, and in another year `2024-03-05 02:14`."""

    today: date | None = None

    def at(self, instant: datetime | None) -> str:
        """The time, with its day where that is another one."""
        if instant is None:
            return "–"
        local = instant.astimezone(self.zone)
        if local.date() == self.today:
            return self._shown(instant, "%H:%M")
        other = self.today is not None and local.year != self.today.year
        return self._shown(instant, "%Y-%m-%d %H:%M" if other else "%m-%d %H:%M")

    def text(self, value: object) -> str:
        """An RFC 3339 text likewise; anything else as it stands."""
        if not isinstance(value, str):
            return "–" if value is None else str(value)
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            return value
        return self.at(instant) if instant.tzinfo else value


def times(where: Where, *, utc: bool) -> Times:
    """How this command shows instants."""
    return Times() if utc else Times(where.zone, where.zone_name)


def span(duration: timedelta) -> str:
    """The two largest units: `1 d 3 h`, `45 min`, `12 s`; the sign is left to the words around it."""
    left = abs(int(duration.total_seconds()))
    parts: list[str] = []
    for unit, size in SECONDS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def table(title: str | None, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A plain table; cells are text, never markup."""
    made = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for name in columns:
        made.add_column(name, overflow="fold")
    for row in rows:
        made.add_row(*(escape(str(cell)) if cell is not None else "–" for cell in row))
    return made


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 event`, `2 events`, `12,000 events`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
