"""Write instants and places in words, by language: absolute dates, never today or tomorrow; places cut, times never."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Final, Protocol

from schemas.contracts.base import Period
from services.kernel.values.zones import mark

PLACE_LIMIT: Final = 25
PLACE_LIMIT_LATIN: Final = 50  # Latin letters carry about half as much each, and cost less than half
PLACE_LEAST: Final = 8
# Where even that takes a segment too many: the line alone, and of the site only what tells it from the next (…路22号).
PLACE_TIGHT, SITE_TIGHT = 6, 5


class Speaker(Protocol):
    """How one language says times. All methods speak in the zone given, and name the day unless it is `known`.

    A day of another year than the one it is spoken in is named with its year; the clock that a time is read on, where
    it shows that time twice or an instant `beside` it in the text is read on another.
    """

    def at(self, instant: datetime, zone: tzinfo, known: date | None = None, beside: Sequence[datetime] = ()) -> str:
        """A moment."""
        ...

    def day(self, instant: datetime, zone: tzinfo) -> str:
        """The day of a moment."""
        ...

    def period(self, period: Period, zone: tzinfo) -> str:
        """From start to end."""
        ...


@dataclass(frozen=True, slots=True)
class Chinese:
    """3月12日8时至17时; minutes only where there are any. `year`: the one it is spoken in."""

    year: int

    def at(self, instant: datetime, zone: tzinfo, known: date | None = None, beside: Sequence[datetime] = ()) -> str:
        """3月5日9时12分, or 9时12分 on a day that was just named; 1时45分(BST)."""
        local = instant.astimezone(zone)
        clock = f"{local.hour}时{local.minute}分" if local.minute else f"{local.hour}时"
        which = mark(instant, zone, *beside)
        clock += f"({which})" if which else ""
        return clock if local.date() == known else f"{self.day(instant, zone)}{clock}"

    def day(self, instant: datetime, zone: tzinfo) -> str:
        """3月5日, in another year 2027年3月5日."""
        local = instant.astimezone(zone)
        said = f"{local.month}月{local.day}日"
        return said if local.year == self.year else f"{local.year}年{said}"

    def period(self, period: Period, zone: tzinfo) -> str:
        """3月12日8时至17时; over midnight the second day is named too."""
        ends, day = (period.start, period.end), period.start.astimezone(zone).date()
        return f"{self.at(period.start, zone, None, ends)}至{self.at(period.end, zone, day, ends)}"


@dataclass(frozen=True, slots=True)
class English:
    """08:00 on 12 March; 24-hour clock. `year`: the one it is spoken in."""

    year: int

    def at(self, instant: datetime, zone: tzinfo, known: date | None = None, beside: Sequence[datetime] = ()) -> str:
        """09:12 on 5 March, or 09:12 on a day that was just named; 01:45 BST."""
        local = instant.astimezone(zone)
        clock = f"{local:%H:%M} {mark(instant, zone, *beside)}".rstrip()
        return clock if local.date() == known else f"{clock} on {self.day(instant, zone)}"

    def day(self, instant: datetime, zone: tzinfo) -> str:
        """5 March, in another year 5 March 2027."""
        local = instant.astimezone(zone)
        said = f"{local.day} {MONTHS[local.month - 1]}"
        return said if local.year == self.year else f"{said} {local.year}"

    def period(self, period: Period, zone: tzinfo) -> str:
        """08:00 to 17:00 on 12 March; over midnight both days are named."""
        ends = (period.start, period.end)
        start, end = (instant.astimezone(zone).date() for instant in ends)
        known = start if start == end else None
        return f"{self.at(period.start, zone, known, ends)} to {self.at(period.end, zone, None, ends)}"


# Not strftime's %B: that one follows the machine's locale.
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SPEAKERS: Final[Mapping[str, Callable[[int], Speaker]]] = {"zh-CN": Chinese, "en": English}


def speaker(language: str, now: datetime, zone: tzinfo) -> Speaker:
    """Who says times in `language` to somebody who reads them about `now`."""
    return _SPEAKERS[language](now.astimezone(zone).year)


def has_han(text: str) -> bool:
    """Whether `text` holds Chinese characters (CJK unified ideographs and extension A)."""
    return any("\u3400" <= character <= "\u9fff" for character in text)


def shorten(line: str, area: str, limit: int) -> tuple[str, str]:
    """Line and area within `limit` characters together; the line, which everybody knows, keeps more."""
    if len(line) + len(area) <= limit:
        return line, area
    if not line:
        return "", cut(area, limit)
    keep = min(len(line), max(limit - len(area), limit - limit // 3))
    return cut(line, keep), cut(area, limit - keep)


def site(address: str, limit: int) -> str:
    """An address within `limit` characters; what tells it from its neighbours is kept.

    Chinese addresses go from the large to the small, so the end is kept; others begin with house and street.
    """
    if len(address) <= limit or not has_han(address):
        return cut(address, limit)
    return "…" + address[len(address) - limit + 1 :]


def cut(text: str, limit: int) -> str:
    """`text` within `limit` characters, dots in the last place where something is missing.

    Latin text gets full stops: an ellipsis would turn a GSM-7 text into UCS-2 and cost a segment.
    """
    if len(text) <= limit:
        return text
    dots = ".." if text.isascii() else "…"
    return text[: limit - len(dots)] + dots if limit > len(dots) else ""
