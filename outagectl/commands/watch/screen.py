"""Print a watcher's lines, readable or one JSON object each; every wanted event once."""

from __future__ import annotations

import sys
from collections import OrderedDict

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from operations.times import DayTimes, Times
from outagectl.commands.watch.filter import WatchFilter
from outagectl.commands.watch.lines import EarlierEvents, WatchedEvent, about, tone, what
from services.places import escaped

REMEMBERED = 50_000


class Screen:
    """Where lines go: readable, or one JSON object each. What is not an event goes to standard error."""

    def __init__(self, out: Console, t: DayTimes, *, json: bool) -> None:
        self._out = out
        self._t = t
        self._json = json

    def note(self, words: str, style: str = "dim") -> None:
        """A word about the watching itself."""
        Console(file=sys.stderr, highlight=False).print(words, style=style, markup=False)

    @property
    def times(self) -> Times:
        """How instants are written in notes."""
        return Times(self._t.zone, self._t.name)

    @property
    def zone_note(self) -> str:
        """Which zone the times are in."""
        return self._t.note

    def told(self, told: WatchedEvent, memory: EarlierEvents) -> None:
        """One event."""
        if self._json:
            self._write_json(told)
            return
        local = told.at.astimezone(self._t.zone)
        if local.date() != self._t.today:
            self._t = DayTimes(self._t.zone, self._t.name, local.date())
            self._out.print(f"── {local:%A} {local.day} {local:%B %Y} ──", style="dim", markup=False)
        who, subject = Text(f"{told.who:<13}", style="cyan"), Text(escaped(f"{about(told, memory):<14}"), style="bold")
        said = Text(escaped(what(told, memory, self._t)), style=tone(told) or "")
        if not self._out.is_terminal:  # for a pipe an event is a line
            self._out.print(Text("  ").join((Text(f"{local:%H:%M:%S}"), who, subject, said)), soft_wrap=True)
            return
        row = Table.grid(padding=(0, 2, 0, 0))
        for width in (8, 13, 16):
            row.add_column(width=width, overflow="fold")
        row.add_column(overflow="fold")
        row.add_row(f"{local:%H:%M:%S}", who, subject, said)
        self._out.print(row)

    def _write_json(self, told: WatchedEvent) -> None:
        document: dict[str, object] = {
            "at": told.at,
            "topic": told.topic,
            "key": told.key,
            "who": told.who,
            "source": told.source,
            "id": told.id,
            "type": told.type,
            "data": told.event or {},
            **({"problem": told.problem} if told.problem else {}),
        }
        sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
        sys.stdout.flush()


class EventFeed:
    """Tells each wanted event once: the relay may publish again what it is not sure of."""

    def __init__(self, wanted: WatchFilter, memory: EarlierEvents, screen: Screen) -> None:
        self._wanted = wanted
        self._memory = memory
        self._screen = screen
        self._seen: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def tell(self, told: WatchedEvent) -> None:
        """One event, if it is wanted and new."""
        self._memory.learn(told)
        name = (told.topic, told.source, told.id)
        new = told.problem is not None or name not in self._seen
        self._seen[name] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        if new and self._wanted.wants(told, self._memory):
            self._screen.told(told, self._memory)
