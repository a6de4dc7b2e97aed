"""Show a history to people: what is so now, the promises, the texts, and then how it came about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from operations.history.as_of import ShownPromise
from operations.history.decoding import decoded, whole_or_part
from operations.history.history import History, HistoryEntry
from operations.history.passing import in_passing
from operations.history.subjects import customer_of
from operations.times import Times, count
from outagectl.commands.show.proof_text import print_proof
from outagectl.commands.show.task_text import COLUMNS, task_rows
from outagectl.terminal.say import table
from outagectl.words.rules import findings_of, in_full, margin, rule_of
from outagectl.words.sentences import in_words
from outagectl.words.texts import occasion
from schemas.contracts.promises import Promise, PromiseBroken, PromiseKept
from services.places import escaped

TOUCHED = "customer.touched.v1"
NAMED_CUSTOMERS = 5
TOO_LATE = "too late"
# What the text that follows says in full.
FOR_PROOF_ONLY = frozenset({"text.meant.v1", "audience.next.v1"})
# Parts of a live view that have a table of their own, or are long and stand in --json.
# What an outage's stream counts of complaints is of the first version of their events: counted anew beside it.
LONG = frozenset(
    {"promises", "extent", "remaining", "facts", "texts", "outages", "profile", "truth", "audience", "complaints"}
)


def print_history(out: Console, history: History, t: Times, *, proof: bool, past: bool = False) -> None:
    """Print all of it; of a `past` state not what at_text.print_at has said."""
    if not past:
        out.print(f"[bold]{history.kind.capitalize()} {escape(history.id)}[/]   [dim]{t.note}[/]")
    for stream in history.streams:
        is_its_own = stream["stream"] == f"outage/{history.id}" and stream["service"] == "restorer"
        _print_state(out, stream, t, history.complaints if is_its_own and not past else {})
    promises = [] if past else promise_rows(history, t)
    if promises:
        out.print()
        out.print(table("Promises", ("rule", "due", "verdict", "why", "rule checked"), promises))
    for one in () if past else history.proofs:
        print_proof(out, one, t)
    if history.texts and not past:
        out.print()
        out.print(
            table("Texts", ("asked for", "to", "about", "state", "provider id", "text id"), text_rows(history, t))
        )
    if history.tasks:
        out.print()
        out.print(table("Work for people (outagectl task show TASK)", COLUMNS, task_rows(history.tasks, t)))
    if history.quarantined:
        out.print("\n[bold yellow]Set aside, waiting for a person[/] (outagectl quarantine show ID)")
        for row in history.quarantined:
            line = f"{t.at(row['at'])}  {row['service']}  {row['quarantineId']}  {row['reason']}: {row['detail']}"
            out.print("  " + escape(line))
    if history.entries:
        out.print(f"\n[bold]What happened{' by then' if past else ''}[/]")
        out.print(_story(told(history.in_order(), t, proof=proof), t))


def _print_state(out: Console, stream: Mapping[str, Any], t: Times, complaints: Mapping[str, int]) -> None:
    parked = f"  [red]parked by {stream['parkedBy']}[/]" if stream["parkedBy"] else ""
    version = count(stream["version"], "event")
    out.print(f"\n[bold]{stream['service']}[/] [dim]{escape(stream['stream'])}, {version}[/]{parked}")
    for name, value in (stream["view"] or {}).items():
        shown = plainly(value, t)
        if name not in LONG and shown:
            out.print(f"  {escape(name)}: {escape(shown)}")
    if any(complaints.values()):
        out.print(f"  complaints: {', '.join(f'{what} {number}' for what, number in complaints.items())}")


def plainly(value: object, t: Times) -> str:
    """A part of a view on one line; empty where it holds nothing."""
    if isinstance(value, Mapping):
        inner = {name: plainly(part, t) for name, part in value.items()}
        return ", ".join(f"{name} {part}" for name, part in inner.items() if part)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(shown for part in value if (shown := plainly(part, t)))
    return "" if value is None else t.text(value)


def promise_rows(history: History, t: Times) -> list[tuple[str, ...]]:
    """Every promise but those taken over in one breath, with its verdict and what is left or missing."""
    rows: list[tuple[str, ...]] = []
    passing = in_passing(history.in_order())
    for promise in shown_promises(history):
        if promise.promise_id in passing:
            continue
        checked = "yes" if promise.verified else "no: unverified rule"
        rows.append((promise.rule_id, t.text(promise.due_at), promise.standing, promise.reasons, checked))
    return rows


def promises_of(history: History) -> list[dict[str, Any]]:
    """The promises in the live views of all services, as they stand there."""
    found: list[dict[str, Any]] = []
    for stream in history.streams:
        promises = (stream["view"] or {}).get("promises") or ()
        listed = promises.values() if isinstance(promises, Mapping) else promises
        found += [{"service": stream["service"], **one} for one in listed]
    return found


def shown_promises(history: History) -> list[ShownPromise]:
    """The same, by their fields."""
    return [whole_or_part(one, ShownPromise) for one in promises_of(history)]


def text_rows(history: History, t: Times) -> list[tuple[str, ...]]:
    """Every text, as far as it came."""
    return [
        (
            t.at(text["requestedAt"]),
            f"{text['customerId']} ({text['contactId']})",
            occasion(text["trigger"], text["templateId"]),
            _state(text, t),
            text["providerSid"] or "–",
            text["messageId"],
        )
        for text in history.texts
    ]


def _state(text: Mapping[str, Any], t: Times) -> str:
    """How far it came; of one that lies ready, since when it may go, where that was not at once."""
    if text["state"] != "ready" or text["notBefore"] <= text["requestedAt"]:
        return str(text["state"])
    return f"ready, not before {t.at(text['notBefore'])[:16]}{': later work' if text['changesAt'] else ''}"


class HistoryLine(NamedTuple):
    """One line of the story, and what is said below it in small print."""

    at: datetime
    service: str
    words: str
    small: list[str]


def told(entries: Sequence[HistoryEntry], t: Times, *, proof: bool) -> Iterator[HistoryLine]:
    """The story, line by line. With `proof` every event stands alone; else what repeats is told once.

    Repeats are a fact that several services recorded, and one truth passed on to many customers. Promises that were made and taken
    over in one breath are left out.
    """
    heard: set[tuple[str, str]] = set()
    passing = frozenset[str]() if proof else in_passing(entries)
    for (what, *_), group in groupby(entries, key=lambda e: _same(e, proof=proof)):
        alike = list(group)
        entry = alike[0]
        if entry.type in FOR_PROOF_ONLY and not proof:
            continue
        if passing and _is_of(passing, entry):
            continue
        if not proof and what != TOUCHED and not entry.type.startswith("promise."):
            if (entry.cause, entry.type) in heard:
                continue
            heard.add((entry.cause, entry.type))
        words = in_words(entry.type, entry.data, t) if len(alike) == 1 else _to_customers(alike)
        small = [f"{entry.reason} · because of {entry.cause}", *notes(entry, t)]
        if proof:
            where = f"version {entry.version} of {entry.stream_id}, position {entry.position}"
            small.append(f"{where}, event {entry.event_id}, chain {entry.chain}")
        yield HistoryLine(entry.at, entry.service, words, small)


def _is_of(promises: frozenset[str], entry: HistoryEntry) -> bool:
    event = decoded(entry.type, entry.data) if entry.type.startswith("promise.") else None
    return isinstance(event, Promise) and event.promise_id in promises


def _same(entry: HistoryEntry, *, proof: bool) -> tuple[str, ...]:
    """Neighbours with the same key are told in one line."""
    if entry.type == TOUCHED and entry.stream_id.startswith(("outage/", "fanout/")) and not proof:
        return (TOUCHED, entry.service, entry.cause)
    # Services share event ids where they share cause and stream; with its service an event is one.
    return ("event", entry.service, entry.event_id)


def _story(lines: Iterable[HistoryLine], t: Times) -> Table:
    made = Table.grid(padding=(0, 2))
    for _ in range(2):
        made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for line in lines:
        words = Text(escaped(line.words))
        for small in line.small:
            words.append(f"\n{small}", style="dim")
        made.add_row(t.at(line.at), Text(line.service, style="cyan"), words)
    return made


def _to_customers(alike: Sequence[HistoryEntry]) -> str:
    names = [str(customer_of(decoded(one.type, one.data))) for one in alike]
    more = f" and {len(names) - NAMED_CUSTOMERS} more" if len(names) > NAMED_CUSTOMERS else ""
    return f"Passed on to {count(len(names), 'customer')}: {', '.join(names[:NAMED_CUSTOMERS])}{more}"


def notes(entry: HistoryEntry, t: Times) -> Iterator[str]:
    """The rules an event rests on, with their source, whether they were checked, and the time left or missing."""
    event = decoded(entry.type, entry.data)
    if (rule := rule_of(event)) is not None:
        yield f"rule {in_full(rule)}{_in_hand(event)}"
    for finding in findings_of(event):
        holds = "met" if finding.holds else f"not met ({finding.reason})"
        needed = f", required {t.text(finding.required)}" if finding.required else ""
        given = f", given {t.text(finding.given)}" if finding.given else ""
        left = margin(finding.margin_seconds, missing=TOO_LATE)
        yield f"rule {in_full(finding.rule)}: {holds}{needed}{given}{left}"


def _in_hand(event: object) -> str:
    """How far before or after its deadline a promise was settled."""
    if not isinstance(event, PromiseKept | PromiseBroken) or not event.due_at or not event.at:
        return ""
    return margin(int((event.due_at - event.at).total_seconds()), missing=TOO_LATE)
