"""Instants, spans and counts as people read them; no terminal is needed for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from services.kernel.values.zones import mark

SECONDS = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}


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


def span(duration: timedelta) -> str:
    """The two largest units: `1 d 3 h`, `45 min`, `12 s`; the sign is left to the words around it."""
    left = abs(int(duration.total_seconds()))
    parts: list[str] = []
    for unit, size in SECONDS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 event`, `2 events`, `12,000 events`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
