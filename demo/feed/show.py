"""Show an import on the screen: a bar while it plays, tables when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from demo.feed.folder import ImportState
from operations.system.database import Connection
from operations.times import count
from outagectl.terminal.say import table
from services.kernel.clock import SystemClock

EVERY_SECONDS = 10.0
PLAIN_WIDTH = 160


class ImportProgress:
    """Context manager. On a terminal a bar; elsewhere a line now and then. On standard error, as figures go to output."""

    again = "The same command goes on; --fresh begins anew."
    """What to do after a stop."""

    def __init__(self, total: int) -> None:
        terminal = Console(stderr=True, highlight=False)
        self.console = terminal if terminal.is_terminal else Console(stderr=True, highlight=False, width=PLAIN_WIDTH)
        self.texts = 0
        self._total = total
        self._clock = SystemClock()
        self._last = self._began = self._clock.monotonic()
        self._events = 0
        self._bar = Progress(
            TextColumn("{task.fields[date]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("lists · {task.fields[what]}"),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total, date="", what="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def say(self, line: str) -> None:
        """A line above the bar."""
        self._bar.console.print(line, markup=False)

    def begin(self, state: ImportState, logs: Mapping[str, Connection]) -> None:
        """Playing begins, or goes on; `logs` are the services' own."""
        del logs
        self._began = self._last = self._clock.monotonic()
        self._events = sum(state.events.values())

    async def at(self, state: ImportState, at: datetime) -> None:
        """A list was played."""
        now, events = self._clock.monotonic(), sum(state.events.values())
        rate = (events - self._events) / max(now - self._began, 0.001)
        date = f"{at:%a %d %b %Y %H:%M} UTC"
        what = f"{events:,} events · {self.texts:,} texts · {rate:.0f} events/s"
        self._bar.update(self._task, completed=state.lists, date=date, what=what)
        if not self.console.is_terminal and now - self._last > EVERY_SECONDS:
            self._last = now
            self.say(f"{date}  {state.lists:,}/{self._total:,} lists · {what}")

    async def end(self) -> None:
        """All lists were played, and nothing is left to do."""


def show(told: Mapping[str, Any], out: Console) -> None:
    """Print the figures of `feed_report.figures`."""
    events, texts = told["events"], told["texts"]
    out.print(
        f"\n[bold]{count(told['lists'], 'list')}[/], {count(told['outages'], 'outage')} "
        f"({told['stillOpen']} still open), {count(events['total'], 'event')} in {told['realSeconds']:,.0f} s: "
        f"{told['eventsPerSecond']} events/s"
    )
    out.print(table("Events", ("type", "events"), [*events["byType"].items()]))
    if told["unknownWords"]:
        words = [(field, word, n) for field, found in told["unknownWords"].items() for word, n in found.items()]
        out.print(table("\nWords that the reader does not know", ("field", "word", "rows"), words))
    if told["anomalies"]:
        out.print(table("\nOdd in the lists", ("what", "outages or lists"), [*told["anomalies"].items()]))
    out.print(_texts(texts))
    out.print(
        f"\n{count(texts['customersWritten'], 'customer')} written to; texts per customer {_spread(texts['perCustomer'])}; "
        f"seconds until on the phone {_spread(texts['untilOnPhone'])}"
    )
    rows = [
        (name, *(one[key] for key in ("rule", "made", "kept", "broken", "voided", "corrected", "at_risk", "open")))
        for name, service in told["services"].items()
        for one in service["promises"]
    ]
    heads = ("service", "rule", "made", "kept", "broken", "voided", "corrected", "once at risk", "open")
    out.print(table("\nPromises", heads, rows))
    out.print(_services(told))
    for stall in told["stalls"]:
        out.print(f"[yellow]at {stall.at:%Y-%m-%d %H:%M} the system needed {stall.seconds} s to come to rest[/]")


def _texts(texts: Mapping[str, Any]) -> Any:
    rows = texts["byTriggerAndState"]
    states = sorted({row["state"] for row in rows})
    found = {(row["trigger"], row["state"]): row["n"] for row in rows}
    lines = [
        (trigger, *(found.get((trigger, state), 0) for state in states))
        for trigger in sorted({row["trigger"] for row in rows})
    ]
    lines.append(("all", *(sum(n for (_, s), n in found.items() if s == state) for state in states)))
    return table("\nTexts", ("trigger", *states), lines)


def _services(told: Mapping[str, Any]) -> Any:
    rows = []
    for name, service in told["services"].items():
        timers = service["timers"]
        late = f"{timers['median']:.0f} / {timers['p99']:.0f} / {timers['most']:.0f}" if timers.get("fired") else "–"
        rows.append(
            (
                name,
                f"{service['decided']['total']:,}",
                f"{timers.get('fired', 0):,}",
                late,
                service["quarantined"]["total"],
                told["restarts"].get(name, 0),
            )
        )
    heads = ("service", "decisions", "timers fired", "s late: median/99 %/most", "quarantined", "restarts")
    return table("\nServices", heads, rows)


def _spread(values: Mapping[str, float]) -> str:
    if not values:
        return "–"
    return f"{values['median']:,.0f} (median), {values['p99']:,.0f} (99 %), {values['most']:,.0f} (most)"
