"""Say what is so of outages and notices in one language: times, places, counts, status. What the templates call `s`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from services.board.domain.public import (
    PublicCount,
    PublicNotice,
    PublicOutage,
    PublicPlaces,
    PublicVersion,
    SaidTime,
    StatementRow,
)
from services.board.pages.words import PageWords
from services.kernel.values.zones import mark
from services.wording.speakers import MONTHS, has_han, speaker

PLANNED: Final = ("planned", "temporary")
NAMES_IN_A_ROW: Final = 4

Tone = Literal["off", "back", "unsure"]


@dataclass(frozen=True, slots=True)
class Status:
    """A word of [status], and how it is marked: by icon and colour, never by colour alone."""

    word: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What outages come to together."""

    outages: int = 0
    customers: int = 0
    uncounted: int = 0
    """Outages of which no number is public."""


def now_off(count: PublicCount) -> int | None:
    """How many have no power now, as far as that may be said."""
    return count.customers if count.still_off is None and not count.few_still_off else count.still_off


def total_of(outages: Iterable[PublicOutage]) -> Total:
    """The sum over what each of them shows, so that list and sum cannot disagree."""
    each = tuple(outages)
    counts = [known for one in each if (known := now_off(one.count)) is not None]
    return Total(outages=len(each), customers=sum(counts), uncounted=len(each) - len(counts))


class Saying:
    """Says it in the language of `words`, as of an instant, in a zone. Names are escaped here: results are safe in HTML."""

    def __init__(self, words: PageWords, as_of: datetime, zone: ZoneInfo) -> None:
        self._w, self._as_of, self._zone = words, as_of, zone
        self._speaker = speaker(words.language, as_of, zone)
        self._chinese = words.language.startswith("zh")

    # Times

    def at(self, instant: datetime, beside: Sequence[datetime] = ()) -> str:
        """3月5日09:12; 5 March 09:12. With the year where it is another, and the zone where a clock shows the time twice."""
        return f"{self._speaker.day(instant, self._zone)}{self._gap}{self._clock(instant, beside)}"

    def day(self, day: date) -> str:
        """3月5日; 5 March."""
        return self._speaker.day(datetime.combine(day, time(12), self._zone), self._zone)

    def month(self, month: str) -> str:
        """2026年3月; March 2026; of `2026-03`."""
        year, _, number = month.partition("-")
        return f"{year}年{int(number)}月" if self._chinese else f"{MONTHS[int(number) - 1]} {year}"

    def period(self, start: datetime, end: datetime) -> str:
        """3月5日08:00至17:00; the second day is named where it is another."""
        ends = (start, end)
        same = start.astimezone(self._zone).date() == end.astimezone(self._zone).date()
        last = self._clock(end, ends) if same else self.at(end, ends)
        return f"{self.at(start, ends)}至{last}" if self._chinese else f"{self.at(start, ends)} to {last}"

    def length(self, length: timedelta) -> str:
        """3小时30分; 3 h 30 min."""
        hours, minutes = divmod(round(length.total_seconds() / 60), 60)
        if self._chinese:
            return (f"{hours}小时" if hours else "") + (f"{minutes}分" if minutes or not hours else "")
        return " ".join((*([f"{hours} h"] if hours else []), *([f"{minutes} min"] if minutes or not hours else [])))

    @property
    def _gap(self) -> str:
        return "" if self._chinese else " "

    def _clock(self, instant: datetime, beside: Sequence[datetime]) -> str:
        which = mark(instant, self._zone, *beside)
        return f"{instant.astimezone(self._zone):%H:%M}" + (f" {which}" if which else "")

    # Places

    def name(self, name: str) -> Markup:
        """One name or sentence of others; in English pages what is Chinese is marked so (WCAG 3.1.2)."""
        if has_han(name) != self._chinese and has_han(name):
            return Markup('<span lang="zh-CN">{}</span>').format(name)
        return escape(name)

    def names(self, names: Sequence[str], shown: int) -> Markup:
        """The first of them, and how many there are; – where there is none."""
        if not names:
            return Markup("–")
        said = escape(self._w("frame.comma")).join(map(self.name, names[:shown]))
        if len(names) > shown:
            said += ("" if self._chinese else " ") + self._w("frame.and_more", count=len(names))
        return said

    def where(self, places: PublicPlaces) -> Markup:
        """Where something is, by areas, else lines, else transformers."""
        for names in (places.areas, places.lines, places.transformers):
            if names:
                return self.names(names, NAMES_IN_A_ROW)
        return escape(self._w("place.unnamed"))

    def says(self, places: PublicPlaces) -> bool:
        """Whether any place is named."""
        return bool(places.areas or places.lines or places.transformers)

    # Outages

    def status(self, outage: PublicOutage) -> Status:
        """How it stands, in a word of [status]."""
        if outage.status in ("withdrawn", "restored"):
            return Status(outage.status, "back")
        if outage.status in ("predicted", "joined"):
            return Status(outage.status, "unsure")
        if outage.perhaps_back_since is not None:
            return Status("perhaps-back", "unsure")
        if outage.status == "partly-restored":
            return Status("partly-restored", "off")
        if outage.outage_class in PLANNED:
            return Status("at-work-planned", "off")
        if outage.outage_class == "curtailment":
            return Status("curtailed", "off")
        return Status("arranging" if outage.crew == "none" else outage.crew, "off")

    def expected(self, outage: PublicOutage) -> str:
        """When power is expected back, honestly: what passed is said to have passed (第1篇 4.2.4)."""
        if outage.status in ("withdrawn", "joined"):
            return "–"
        if outage.restored_at is not None:
            return self._w("expected.back_at", at=self.at(outage.restored_at))
        word = outage.next_word_at if outage.next_word_at and outage.next_word_at > self._as_of else None
        if outage.expected_at is not None and outage.expected_at <= self._as_of:
            at = self.at(outage.expected_at)
            return (
                self._w("expected.passed_next", at=at, next=self.at(word))
                if word
                else self._w("expected.passed", at=at)
            )
        return self._hoped(outage.expected_at, word)

    def said(self, said: SaidTime) -> str:
        """A time as it was told."""
        return self._hoped(said.expected_at, said.next_word_at)

    def _hoped(self, at: datetime | None, word: datetime | None) -> str:
        if at is not None:
            return self._w("expected.about", at=self.at(at))
        return self._w("expected.unknown_next", at=self.at(word)) if word else self._w("expected.unknown")

    def count(self, count: PublicCount) -> str:
        """How many customers, as the public is told."""
        if count.customers is None:
            return self._w("count.few" if count.few else "count.unknown")
        said = self._w("count.customers", count=self.number(count.customers))
        if count.few_still_off:
            return self._w("count.of_them_few", customers=said)
        if count.still_off is None or count.still_off == count.customers:
            return said
        return self._w("count.of_them", customers=said, count=self.number(count.still_off))

    def total(self, total: Total) -> str:
        """Outages and customers together."""
        name = "now_count" if total.customers else "now_count_unknown"
        return self._w(f"home.{name}", outages=self.number(total.outages), customers=self.number(total.customers))

    def sum(self, total: Total) -> str:
        """The customers of it alone."""
        return self._w("count.customers", count=self.number(total.customers)) if total.customers else "–"

    def is_cause_open(self, outage: PublicOutage) -> bool:
        """Whether the cause is being looked for."""
        return outage.outage_class == "fault" and outage.restored_at is None and outage.status != "withdrawn"

    # Notices

    def notice_state(self, notice: PublicNotice) -> str:
        """How it stands, in a word of [notice] behind `state_`: what changed is said as long as it is in force."""
        if notice.state != "in-force":
            return notice.state
        return notice.now.change or "in-force"

    def previous(self, notice: PublicNotice) -> PublicVersion | None:
        """The last version before the one that stands, whose time was another."""
        now = notice.now
        for version in reversed(notice.versions[:-1]):
            if (version.starts_at, version.ends_at) != (now.starts_at, now.ends_at):
                return version
        return None

    def apart(self, one: PublicVersion, other: PublicVersion) -> bool:
        """Whether the two do not touch in time."""
        return one.ends_at <= other.starts_at or other.ends_at <= one.starts_at

    def text(self, texts: Mapping[str, str]) -> tuple[str, str]:
        """The text in this language, else in the one there is, with its tag."""
        language = self._w.language if self._w.language in texts else next(iter(texts), self._w.language)
        return texts.get(language, ""), language

    # Figures

    def number(self, value: float | None) -> str:
        """4,200; 97.7; – where there is none."""
        if value is None:
            return "–"
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"

    def rate(self, row: StatementRow) -> str:
        """A rule's rate, or the figure that it is about."""
        if row.rate is not None:
            return f"{self.number(row.rate)}%"
        if row.figure is not None:
            return self._w(
                "fulfilment.figure", figure=self.number(row.figure), unit=self._w.known("unit", row.unit or "")
            ).strip()
        return self._w("fulfilment.not_due")
