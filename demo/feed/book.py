"""Write a feed's days as a log book with an entry every few hours: what began and ended, what was promised and said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import msgspec
from rich.console import Console
from rich.text import Text

from demo.feed.folder import ImportState
from demo.feed.show import ImportProgress
from demo.logbook.times import day
from operations.history.decoding import decoded
from operations.system.database import Connection
from operations.times import count
from outagectl.terminal.say import table
from schemas.contracts.dispatch import OutageStarted
from schemas.contracts.messages import MessageRequested
from schemas.contracts.promises import PromiseBroken, PromiseKept
from schemas.contracts.restorations import RestorationConfirmed
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "feed.sql")
HOURS = 3
NAMED_TRIGGERS = 4
LARGEST = 8
GUTTER = 15  # where the words begin


@dataclass(slots=True)
class PeriodSummary:
    """What a few hours came to."""

    began: list[OutageStarted] = field(default_factory=list)
    """As dispatch said it."""
    ended: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    @property
    def largest(self) -> OutageStarted | None:
        """The outage with the most customers; among equals the first by name."""
        return min(self.began, key=lambda one: (-_customers(one), one.mrid), default=None)


class FeedBook(ImportProgress):
    """Tells instead of counting. `zone` is the place's own."""

    again = "The same command begins anew."

    def __init__(self, out: Console, zone: tzinfo) -> None:
        super().__init__(0)
        self._out, self._zone = out, zone
        self._logs: Mapping[str, Connection] = {}
        self._positions: dict[str, int] = {}
        self._from: datetime | None = None
        self._day: date | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def say(self, line: str) -> None:
        """A line about the machinery."""
        self._out.print(f"  {line}", style="dim", markup=False)

    def begin(self, state: ImportState, logs: Mapping[str, Connection]) -> None:
        """The first list comes."""
        del state
        self._logs = logs
        self._positions = dict.fromkeys(logs, 0)

    async def at(self, state: ImportState, at: datetime) -> None:
        """A list was played: tell of the hours before it when they are over."""
        del state
        start = self._start_of(at)
        if self._from is None:
            self._from = start
        elif start > self._from:
            await self._tell(self._from, start)
            self._from = start

    async def end(self) -> None:
        """Tell of the last hours, and which outages were the largest."""
        if self._from is not None:
            await self._tell(self._from, self._from + timedelta(hours=HOURS))
            self._from = None
        rows = [
            (
                row["mrid"],
                row["area"],
                f"{row['customers']:,}",
                row["cause"],
                _local(row["started_at"], self._zone),
                _local(row["restored_at"], self._zone),
            )
            for row in await self._logs["restorer"].fetch(SQL["largest"], LARGEST)
        ]
        heads = ("outage", "where", "customers", "cause", "off", "back")
        self._out.print()
        self._out.print(table("The largest outages", heads, rows))

    def _start_of(self, at: datetime) -> datetime:
        local = at.astimezone(self._zone)
        return local.replace(hour=local.hour // HOURS * HOURS, minute=0, second=0, microsecond=0)

    async def _tell(self, start: datetime, end: datetime) -> None:
        hours = await self._read(end)
        if start.date() != self._day:
            self._day = start.date()
            self._out.print(f"\n[bold underline]{day(start)} {start.year}[/]")
        verdicts = ", ".join(f"{n} {name}" for name, n in sorted(hours.verdicts.items()))
        said = [f"{count(len(hours.began), 'outage')} began, {hours.ended} ended", _texts(hours.texts)]
        if verdicts:
            said.append(f"promises {verdicts}")
        self._hang(Text(f"  {start:%H:%M}–{end:%H:%M}  ", "bold"), Text("; ".join(said)))
        if (largest := hours.largest) is not None:
            self._hang(Text(" " * GUTTER), Text(f"largest: {_named(largest, self._zone)}", "dim"))

    def _hang(self, gutter: Text, words: Text) -> None:
        for number, part in enumerate(words.wrap(self._out, self._out.width - GUTTER - 1)):
            part.rstrip()
            head = gutter if number == 0 else Text(" " * GUTTER)
            self._out.print(Text.assemble(head, part), no_wrap=True, overflow="ignore", crop=False)

    async def _read(self, before: datetime) -> PeriodSummary:
        hours = PeriodSummary()
        for name, log in self._logs.items():
            rows = await log.fetch(SQL["told_since"], self._positions[name], OWN[name], before)
            for row in rows:
                _count(hours, decoded(row["type"], msgspec.json.decode(row["data"])))
            if rows:
                self._positions[name] = rows[-1]["position"]
        return hours


# What each service is asked about: its own word, so that nothing counts twice.
OWN: Mapping[str, list[str]] = {
    "planner": ["promise.kept.v1", "promise.broken.v1"],
    "restorer": ["outage.started.v1", "restoration.confirmed.v1", "promise.kept.v1", "promise.broken.v1"],
    "notifier": ["message.requested.v1"],
}


def _count(hours: PeriodSummary, event: object) -> None:
    match event:
        case OutageStarted():
            hours.began.append(event)
        case RestorationConfirmed():
            hours.ended += 1
        case MessageRequested():
            hours.texts[event.trigger] += 1
        case PromiseKept():
            hours.verdicts["kept"] += 1
        case PromiseBroken():
            hours.verdicts["broken"] += 1


def _texts(texts: Counter[str]) -> str:
    if not texts:
        return "no texts"
    most = ", ".join(
        f"{n} {name}" for name, n in sorted(texts.items(), key=lambda one: (-one[1], one[0]))[:NAMED_TRIGGERS]
    )
    return f"{count(texts.total(), 'text')} ({most}{', …' if len(texts) > NAMED_TRIGGERS else ''})"


def _local(instant: str | None, zone: tzinfo) -> str:
    if instant is None:
        return "–"
    local = datetime.fromisoformat(instant).astimezone(zone)
    return f"{local.day} {local:%b %H:%M}"


def _customers(one: OutageStarted) -> int:
    return one.extent.customers_affected or 0


def _named(one: OutageStarted, zone: tzinfo) -> str:
    where = ", ".join(one.extent.areas) or "place not said"
    cause = f", {one.cause[:1].lower()}{one.cause[1:]}" if one.cause else ""
    back = f", expected back {one.ert.astimezone(zone):%a %H:%M}" if one.ert else ", no expected time"
    return f"{one.mrid}, {where}, {_customers(one):,} customers{cause}{back}"
