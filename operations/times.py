"""Instants, spans and counts as people read them; no terminal is needed for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from schemas.contracts.base import Period
from services.kernel.values.zones import mark

NO_PERIOD = "at no time given"
_IN_UTC = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
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
        """An instant, or its RFC 3339 text, as `2026-03-05 09:12`, with seconds if any; anything else as it stands."""
        instant = _instant(value)
        return self.short(instant) if instant is not None else "–" if value is None else str(value)

    def within(self, text: str) -> str:
        """A sentence of a service, which names instants in UTC, with these as people read them; the zone is named behind it."""
        said = _IN_UTC.sub(lambda found: self.text(found.group()), text)
        return text if said == text else f"{said}. {self.note.removesuffix('.')}"

    def short(self, instant: datetime) -> str:
        """`2026-03-05 09:12`, with seconds where there are any."""
        return self._shown(instant, "%Y-%m-%d %H:%M:%S" if instant.second else "%Y-%m-%d %H:%M")

    def period(self, value: Period | None) -> str:
        """`2026-03-12 08:00 to 2026-03-12 17:00`."""
        return NO_PERIOD if value is None else f"{self.text(value.start)} to {self.text(value.end)}"

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

    def short(self, instant: datetime) -> str:
        """Likewise."""
        return self.at(instant)


def _instant(value: object) -> datetime | None:
    """An aware instant, given as such or in RFC 3339; None for anything else."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, datetime) and value.tzinfo else None


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
