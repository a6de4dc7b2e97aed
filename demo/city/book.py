"""Print the log book: one paragraph per day, at a pace that can be read."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from rich.console import Console
from rich.text import Text

from demo.logbook.news import Sources
from demo.logbook.story import Story
from demo.logbook.times import BookTimes, Line, Tone, day
from operations.history.decoding import decoded
from schemas.contracts.messages import MessageRequested
from services.kernel.clock import Clock

WIDTH = 100
GUTTER = 20  # where the words begin
ROOM = 2  # for a stop that hangs over
STOPS = "。,、;:!?)》】"
# Seconds: a line at least, each of its characters, a line at most; some forty for the whole book.
LEAST, PER_CHARACTER, MOST = 0.08, 0.0015, 0.6
WHO = {"dispatch": "magenta", "planner": "blue", "restorer": "cyan", "notifier": "green", "phone": "yellow"}
TONES: dict[Tone, str] = {"plain": "", "good": "green", "bad": "red", "text": "bold"}


def _no_stop_alone(parts: list[Text]) -> list[Text]:
    """Lines of which none begins with a Chinese comma or stop: that hangs on the line before."""
    made: list[Text] = []
    for part in parts:
        hanging = len(part.plain) - len(part.plain.lstrip(STOPS)) if made else 0
        if hanging:
            made[-1].append_text(part[:hanging])
        if part.plain[hanging:]:
            made.append(part[hanging:])
    return made


class Book:
    """Prints lines. `seconds` is the time it may spend on pauses: none in a pipe or when someone is in a hurry."""

    def __init__(self, out: Console, times: BookTimes, clock: Clock, *, seconds: float) -> None:
        self._out, self._times, self._clock, self._left = out, times, clock, seconds
        self._day: date | None = None
        self._minute = ""
        self.sources: Sources
        self.story: Story

    async def say(self, who: str, what: str, *notes: str, about: str = "") -> None:
        """A line of the narrator's own; `about` an outage."""
        await self._write(Line(self._clock.now(), who, what, notes, about=about))

    async def look(self, *, without: str | None = None) -> int:
        """Tell what is new, `without` one service and what it sends; returns how many lines that were."""
        lines = self.story.lines(await self.sources.news(without=without))
        for line in lines:
            await self._write(line)
        return len(lines)

    async def looked(self) -> None:
        """As `look`, in the shape that Play calls."""
        await self.look()

    def missing(self, mrid: str) -> tuple[int, int, int]:
        """Texts about an outage: asked for, on handsets, on handsets more than once."""
        asked = self.asked(mrid)
        held = Counter(text.message_id for text in self.sources.all.texts if text.message_id in asked)
        return len(asked), len(held), sum(times > 1 for times in held.values())

    def asked(self, mrid: str) -> frozenset[str]:
        """The ids of the texts asked for about an outage."""
        return frozenset(text.message_id for text in self._requested() if mrid in text.mrids)

    def told(self, trigger: str, since: datetime) -> frozenset[str]:
        """The customers on whose handsets a text of that occasion has come since that instant."""
        asked = {text.message_id: text for text in self._requested()}
        came = [asked.get(text.message_id or "") for text in self.sources.all.texts if text.at >= since]
        return frozenset(one.customer_id for one in came if one and one.trigger == trigger)

    def _requested(self) -> Iterator[MessageRequested]:
        for entry in self.sources.all.entries:
            event = decoded(entry.type, entry.data)
            if isinstance(event, MessageRequested):
                yield event

    async def _write(self, line: Line) -> None:
        self._open_at(line.at)
        minute = f"{line.at.astimezone(self._times.zone):%H:%M}"
        head = "" if minute == self._minute else minute
        self._minute = minute
        what = Text.assemble((f"  {head:<5}  ", "bold"), (f"{line.who:<11}", WHO.get(line.who, "bold")))
        about = (f"{line.about}  ", "dim") if line.about else ""
        self._hang(what, Text.assemble(about, (line.what, TONES[line.tone])))
        if line.body is not None:
            self._hang(Text(" " * GUTTER), Text(line.body), bar="│ ")
        if line.gloss is not None:
            self._hang(Text(" " * GUTTER), Text(line.gloss, "italic dim"), bar="≈ ")
        for note in line.notes:
            self._hang(Text(" " * GUTTER), Text(note, "dim"))
        await self._pause(len(line.what) + sum(len(note) for note in line.notes) + 2 * len(line.body or ""))

    def _hang(self, gutter: Text, words: Text, *, bar: str = "") -> None:
        """Words that wrap under themselves, not under the time."""
        wrapped = words.wrap(self._out, self._out.width - GUTTER - len(bar) - ROOM)
        parts = _no_stop_alone([part for part in wrapped if part.plain.strip()])
        for number, part in enumerate(parts):
            part.rstrip()
            made = Text.assemble(gutter if number == 0 else " " * GUTTER, (bar, "dim"), part)
            self._out.print(made, no_wrap=True, overflow="ignore", crop=False)

    def _open_at(self, instant: datetime) -> None:
        local = instant.astimezone(self._times.zone)
        if local.date() != self._day:
            self._day, self._minute = local.date(), ""
            self._out.print(f"\n[bold underline]{day(local)} {local.year}[/]")

    async def _pause(self, characters: int) -> None:
        seconds = min(self._left, MOST, LEAST + PER_CHARACTER * characters)
        if seconds > 0:
            self._left -= seconds
            await asyncio.sleep(seconds)
