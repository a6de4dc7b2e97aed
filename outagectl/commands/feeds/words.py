"""Show what came of lists: how many, what of their rows, what was odd, which facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from connectors.feeds.snapshots import SnapshotFeed
from connectors.feeds.state import VanishedOutages
from operations.feeds.counters import counters
from operations.times import Times, count
from outagectl.terminal.say import console, table
from services.kernel.observing.masking import mask

OUTCOMES: Mapping[str, str] = {
    "good": "taken whole",
    "partly-unreadable": "taken, but rows that cannot be read: proves nobody absent",
    "cut-off": "taken, but the server has more: proves nobody absent",
    "not-believed": "taken, but too much was gone at once: proves nobody absent",
    "no-row-readable": "refused: no row can be read",
    "empty-body": "refused: empty",
    "not-json": "refused: no JSON",
    "not-a-list": "refused: no list where the reader looks for it",
    "not-newer": "passed over: not newer than the last one taken",
}
"""How a list ended, by the reason under which it is counted; without its `list-`."""


def tell(feed: SnapshotFeed, facts: Mapping[str, int], *, sent: bool, waiting: int = 0) -> None:
    """Lists and rows so far, what is unknown and odd in them, and the facts of this run."""
    counted, out = counters(feed), console()
    rows = [(OUTCOMES.get(name, name), f"{number:,}") for name, number in counted["byOutcome"].items()]
    out.print(table(None, ("lists so far", "number"), rows))
    told = (
        count(counted["rows"], "row"),
        f"{counted['unreadableRows']:,} unreadable",
        f"{counted['doubleRows']:,} double",
    )
    out.print(f"\n{', '.join(told)}; {count(counted['outages'], 'outage')}, {counted['open']:,} of them open now.")
    if counted["unknownWords"]:
        words = [
            (field, mask(word), f"{n:,}")
            for field, found in counted["unknownWords"].items()
            for word, n in found.items()
        ]
        out.print("\nWords that the reader does not know. What they stood for is not said until it is taught them:")
        out.print(table(None, ("field", "word", "rows"), words))
    if counted["odd"]:
        out.print("\nOdd in the lists:")
        out.print(table(None, ("what", "outages"), [*counted["odd"].items()]))
    if facts:
        out.print("\nSent to outage.dispatch:" if sent else "\nWould be sent:")
        out.print(table(None, ("fact", "number"), [(name, f"{n:,}") for name, n in sorted(facts.items())]))
    if waiting:
        out.print(f"\n[yellow]{count(waiting, 'fact')} wait for Kafka; they go out first with the next poll.[/]")
    elif not facts:
        out.print("\nThere is nothing new to send.")


def told_question(question: VanishedOutages, t: Times) -> str:
    """The list that is not believed, and why."""
    return (
        f"The list of {t.at(question.since)} names {count(question.listed, 'outage')}; the one before it named "
        f"{question.before:,}. {count(len(question.names), 'outage')} were gone at once, most before their time: a source "
        f"that has failed looks like that. They stay open, and nobody is told that power is back. {t.note}"
    )


def show_question(question: VanishedOutages, t: Times, way: str) -> None:
    """Print it, with the way on."""
    out = console()
    out.print(f"\n[bold red]{escape(told_question(question, t))}[/]", soft_wrap=True)
    out.print(escape(way), soft_wrap=True)


def document(feed: SnapshotFeed) -> dict[str, Any]:
    """The counters for programs."""
    question = feed.vanished
    asked = (
        None if question is None else {"since": question.since, "before": question.before, "listed": question.listed}
    )
    return counters(feed) | {
        "vanished": None if asked is None or question is None else asked | {"outages": question.names}
    }
