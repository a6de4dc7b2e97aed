"""Tell an outage as a story: who said what when, what was promised and what became of it; no ids, no rules, no proofs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from rich.console import Console
from rich.markup import escape

from operations.history.decoding import decoded
from operations.history.history import History, HistoryEntry
from operations.history.passing import in_passing
from operations.times import DayTimes, Times, count
from outagectl.words.sentences import sentence, words_of
from outagectl.words.telling import speaks
from outagectl.words.texts import occasion, says
from outagectl.words.topics.dispatch import DISPATCH
from outagectl.words.topics.promises import in_book
from outagectl.words.vocabulary import ObligationWords, obligation_words
from schemas.contracts.messages import ContactConfirmed, MessageRequested
from schemas.contracts.promises import Promise, PromiseBroken, PromiseCorrected, PromiseKept, PromiseMade
from services.notifier.domain.events import TextMeant
from services.places import escaped

NAMED = 3
UNKEPT = (PromiseBroken, PromiseCorrected)
"""What is told of the promises to a customer: the texts say the rest."""


@dataclass(slots=True)
class _Heard:
    """What later words go back to: what was promised, and what each text makes its reader believe."""

    obligations: dict[str, str] = field(default_factory=dict)
    meant: dict[str, TextMeant] = field(default_factory=dict)
    told: set[tuple[str, str]] = field(default_factory=set)


def print_story(out: Console, history: History, t: Times) -> None:
    """Print it, a heading a day."""
    out.print(f"[bold]Outage {escape(history.id)}[/]   [dim]{t.note}[/]")
    today: date | None = None
    for at, who, what in story(history.in_order(), t):
        local = at.astimezone(t.zone)
        if local.date() != today:
            today = local.date()
            out.print(f"\n{local:%A} {local.day} {local:%B %Y}")
        out.print(f"  {local:%H:%M}  [cyan]{who:<10}[/] {escape(escaped(what))}", soft_wrap=True)


def story(entries: Sequence[HistoryEntry], t: Times) -> Iterator[tuple[datetime, str, str]]:
    """When, who, what. Of one instant facts come first, then what was decided, then what customers are told."""
    heard, passing = _Heard(), in_passing(entries)
    for at, group in groupby(entries, key=lambda one: one.at):
        some = list(group)
        day = DayTimes(t.zone, t.name, at.astimezone(t.zone).date())
        said = [*_said(some, heard, passing, day), *_texts(some, heard, day)]
        yield from ((at, who, what) for who, what in dict.fromkeys(said))


def _said(
    entries: Sequence[HistoryEntry], heard: _Heard, passing: frozenset[str], t: Times
) -> Iterator[tuple[str, str]]:
    kept = {event.promise_id for event in _events(entries) if isinstance(event, PromiseKept)}
    for entry in entries:
        event = decoded(entry.type, entry.data)
        if isinstance(event, PromiseMade):
            heard.obligations[event.promise_id] = event.obligation
        if isinstance(event, Promise):
            if event.promise_id in passing or (isinstance(event, PromiseMade) and event.promise_id in kept):
                continue
            if event.customer_id is None or isinstance(event, UNKEPT):
                yield entry.service, _promise(event, heard, t)
        elif isinstance(event, ContactConfirmed) and entry.service == "notifier":
            yield "notifier", _small(sentence(entry.type, event, t))
        elif speaks(entry) and (entry.cause, entry.type) not in heard.told:
            heard.told.add((entry.cause, entry.type))  # a fact is recorded by every service that it concerns
            known = words_of(event)
            said = known.book(event, t) if known and known.book else sentence(entry.type, event, t)
            who = "dispatch" if type(event) in DISPATCH else entry.service
            yield who, _small(said.removeprefix("Dispatch ") if who == "dispatch" else said)


def _promise(event: Promise, heard: _Heard, t: Times) -> str:
    name = heard.obligations.get(event.promise_id, "what was promised")
    about = obligation_words(name) or ObligationWords(name, f"{name} done", f"{name} not done")
    to = f"{event.customer_id}: " if event.customer_id else ""
    return to + in_book(event, about, t)


def _texts(entries: Sequence[HistoryEntry], heard: _Heard, t: Times) -> Iterator[tuple[str, str]]:
    """Whom texts were asked for, together where they say the same."""
    heard.meant |= {one.message_id: one for one in _events(entries) if isinstance(one, TextMeant)}
    asked: dict[str, list[str]] = {}
    for one in _events(entries):
        if isinstance(one, MessageRequested):
            what = says(occasion(one.trigger, one.template_id), heard.meant.get(one.message_id), t)
            asked.setdefault(what, []).append(one.customer_id)
    for what, whom in asked.items():
        names = sorted(dict.fromkeys(whom))
        more = f" and {count(len(names) - NAMED, 'customer')} more" if len(names) > NAMED else ""
        yield "notifier", f"texts {', '.join(names[:NAMED])}{more}: “{what}”"


def _events(entries: Iterable[HistoryEntry]) -> Iterator[object]:
    return (decoded(one.type, one.data) for one in entries)


def _small(said: str) -> str:
    return said[:1].lower() + said[1:]
