"""Write a log book while things happen: news of the services, the quarantine and the handsets as lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, TypeVar

from connectors.registry.entry import RegistryEntry
from demo.logbook.months import month_lines
from demo.logbook.news import News, SetAside
from demo.logbook.promises import PromiseWords
from demo.logbook.times import BookTimes, Line
from demo.logbook.words import line, speaks
from devstack.twilio.kept.phones import Received
from operations.history.decoding import decoded
from operations.history.history import ORDER, HistoryEntry
from operations.history.passing import in_passing
from operations.times import count
from outagectl.words.texts import NOTICE_IN_ENGLISH, in_english, occasion, says
from outagectl.words.topics.notices import notice_closed
from schemas.contracts import dispatch
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.messages import MessageAccepted, MessageDelivered, MessageRequested
from schemas.contracts.notices import NoticeClosed
from schemas.contracts.promises import Promise, PromiseBroken, PromiseCorrected, PromiseKept, PromiseMade
from services.notifier.domain.customer.lanes import NOTICES
from services.notifier.domain.events import TextMeant

E = TypeVar("E")
MOMENT: Final = timedelta(minutes=2)

# How a text whose answer was lost was found at the provider.
FOUND = {"callback": "Twilio's receipt", "look-up": "Twilio's list of texts"}
UNKEPT = (PromiseBroken, PromiseCorrected)
"""What is told of the promises to a customer."""


class Story:
    """Makes lines of news. Who is who comes from the registry.

    Two runs that decide alike read alike: at one instant lines stand by service, stream and version, not by arrival.
    """

    def __init__(self, times: BookTimes, registry: Sequence[RegistryEntry], glosses: Mapping[str, str]) -> None:
        """`glosses`: customer ids, and terms of dispatch, each with its meaning in English."""
        self._times = times
        self._names = {one.customer.customer_id: one.customer.name for one in registry}
        self._glosses = glosses
        self._terms = {term: gloss for term, gloss in glosses.items() if term not in self._names}
        self._told: set[tuple[str, str]] = set()
        self._seen: set[tuple[str, str]] = set()
        self._asked: dict[str, MessageRequested] = {}
        self._meant: dict[str, TextMeant] = {}
        self._promises = PromiseWords()

    def name(self, customer_id: str) -> str:
        """`the hospital`; the registry's name where there is no gloss."""
        return self._glosses.get(customer_id) or self._names.get(customer_id, customer_id)

    def _glossed(self, words: str) -> str:
        for term, gloss in self._terms.items():
            words = words.replace(term, f"{term} ({gloss})")
        return words

    def lines(self, news: News) -> list[Line]:
        """The news in the order in which they happened; at one instant facts first, the handsets last."""
        instants = {e.at for e in news.entries} | {r.at for r in news.texts} | {s.at for s in news.set_aside}
        made: list[Line] = []
        for at in sorted(instants):
            t = self._times.on(at)
            entries = sorted((e for e in news.entries if e.at == at), key=_rank)
            made += month_lines(entries)
            made += self._decided(entries, t)
            made += _put_aside([s for s in news.set_aside if s.at == at], at)
            made += self._asked_for(entries, t)
            made += self._found(entries)
            made += self._received([r for r in news.texts if r.at == at])
            made += self._delivered(entries)
        return made

    def _decided(self, entries: Sequence[HistoryEntry], t: BookTimes) -> Iterator[Line]:
        known = 0
        promises: list[Line] = []
        kept, passing = {event.promise_id for _, event in _of(PromiseKept, entries)}, in_passing(entries)
        for entry in entries:
            event = decoded(entry.type, entry.data)
            known += isinstance(event, CustomerUpserted)
            if entry.type.startswith("promise."):
                said = self._promises.line(entry, t)
                if isinstance(event, Promise) and event.customer_id is not None and not isinstance(event, UNKEPT):
                    continue  # the texts themselves are told, each with when it went
                if isinstance(event, Promise) and event.promise_id in passing:
                    continue
                if not isinstance(event, PromiseMade) or event.promise_id not in kept:
                    promises.append(said)  # else it is kept in the same breath, which says it all
                continue
            if not speaks(entry):
                continue
            # A fact is recorded by every service it concerns, and told once.
            if (entry.cause, entry.type) in self._told:
                continue
            yield from _merged(promises)
            self._told.add((entry.cause, entry.type))
            yield self._explained(self._line(entry, t))
        yield from _merged(promises)
        if known:
            yield Line(entries[0].at, "notifier", f"knows {count(known, 'key customer')} from the registry now")

    def _line(self, entry: HistoryEntry, t: BookTimes) -> Line:
        self._promises.noticed(entry)
        said, event = line(entry, t), decoded(entry.type, entry.data)
        if isinstance(event, NoticeClosed) and self._promises.is_ordered(entry):
            what = notice_closed(event, t, what="the cut")
            return replace(said, what=what[:1].lower() + what[1:])
        return said

    def _explained(self, said: Line) -> Line:
        """Dispatch's terms with their meaning; the paper's text in full the first time, with its meaning."""
        if said.body is not None:
            first = self._first("notice", "zh-CN")
            said = replace(said, body=said.body if first else None, gloss=NOTICE_IN_ENGLISH if first else None)
        return replace(said, what=self._glossed(said.what))

    def _first(self, kind: str, language: str) -> bool:
        if (kind, language) in self._seen:
            return False
        self._seen.add((kind, language))
        return True

    def _asked_for(self, entries: Sequence[HistoryEntry], t: BookTimes) -> Iterator[Line]:
        self._meant |= {event.message_id: event for _, event in _of(TextMeant, entries)}
        asked = list(_of(MessageRequested, entries))
        self._asked |= {event.message_id: event for _, event in asked}

        def kind(one: tuple[HistoryEntry, MessageRequested]) -> tuple[str, str, str]:
            event = one[1]
            what = occasion(event.trigger, event.template_id)
            return what, says(what, self._meant.get(event.message_id), t), str(event.reason)

        for (trigger, said, reason), group in groupby(sorted(asked, key=kind), key=kind):
            texts = list(group)
            entry, first = texts[0]
            who = count(len(texts), "key customer") if len(texts) > 1 else self.name(first.customer_id)
            why = f"why: {reason} · template {trigger}{_held(entry.at, first, t)}"
            yield Line(entry.at, "notifier", f"texts {who}: “{said}”", (why,))

    def _found(self, entries: Iterable[HistoryEntry]) -> Iterator[Line]:
        """Texts of which nobody knew whether the provider had them."""
        for entry, event in _of(MessageAccepted, entries):
            by = FOUND.get(event.found_by)
            if by is not None:
                whom = self.name(self._customer(event.message_id))
                what = f"knows from {by} that the text to {whom} was created after all: it is not sent again"
                yield Line(entry.at, "notifier", what, tone="good")

    def _customer(self, message_id: str) -> str:
        asked = self._asked.get(message_id)
        return asked.customer_id if asked else "None"

    def _received(self, texts: Sequence[Received]) -> Iterator[Line]:
        """The first text of a kind in full; later ones say the same with other times."""

        def kind(text: Received) -> tuple[str, str]:
            asked = self._asked.get(text.message_id or "")
            return (occasion(asked.trigger, asked.template_id), asked.language) if asked else ("None", "None")

        for (trigger, language), group in groupby(sorted(texts, key=lambda text: (*kind(text), text.to)), key=kind):
            first = next(group)
            if self._first(trigger, language):
                gloss = in_english(trigger) if language != "en" else None
                yield Line(
                    first.at, "phone", f"{self.whose(first)}, {first.to}", body=first.body, gloss=gloss, tone="text"
                )

    def _delivered(self, entries: Iterable[HistoryEntry]) -> Iterator[Line]:
        arrived = list(_of(MessageDelivered, entries))
        if arrived:
            whom = sorted({self._customer(event.message_id) for _, event in arrived})
            names = ", ".join(self.name(one) for one in whom)
            yield Line(arrived[0][0].at, "notifier", f"has receipts: {count(len(arrived), 'text')} delivered ({names})")

    def whose(self, text: Received) -> str:
        """The customer whom a text reached."""
        asked = self._asked.get(text.message_id or "")
        return self.name(asked.customer_id) if asked else "?"

    def occasion(self, text: Received) -> str:
        """What a text was about."""
        asked = self._asked.get(text.message_id or "")
        return occasion(asked.trigger, asked.template_id) if asked else "None"


def _of(kind: type[E], entries: Iterable[HistoryEntry]) -> Iterator[tuple[HistoryEntry, E]]:
    """The entries of one kind, each with its event."""
    for entry in entries:
        event = decoded(entry.type, entry.data)
        if isinstance(event, kind):
            yield entry, event


def _held(at: datetime, asked: MessageRequested, t: BookTimes) -> str:
    """From when a text may go, where that is later: changes soon after a text are merged, notices wait for the day.

    Nothing of the moment that all news waits for more of it.
    """
    if not asked.not_before or asked.not_before <= at + MOMENT:
        return ""
    why = "nobody is woken for it" if asked.trigger in NOTICES else "texts do not follow too close"
    return f" · goes out at {t.text(asked.not_before)}, so that {why}"


def _merged(promises: list[Line]) -> Iterator[Line]:
    """Promises of parallel rules that say the same, in one line with all rules below it. Empties the list."""
    by_words: dict[tuple[str, str], list[Line]] = {}
    for one in promises:
        by_words.setdefault((one.about, one.what), []).append(one)
    for alike in by_words.values():
        yield replace(alike[0], notes=tuple(note for one in alike for note in one.notes))
    promises.clear()


def _rank(entry: HistoryEntry) -> tuple[int, int, str, int]:
    return (0 if entry.type in dispatch.TYPES else 1, ORDER.get(entry.service, 9), entry.stream_id, entry.version)


def _put_aside(found: Sequence[SetAside], at: datetime) -> Iterator[Line]:
    for (named, reason), group in groupby(sorted(found, key=_cause), key=_cause):
        alike = list(group)
        who = " and ".join(filter(None, [", ".join(one.service for one in alike[:-1]), alike[-1].service]))
        what = f"{who} set aside {named}: it cannot be understood, so nothing follows from it; a person decides"
        notes = (f"why: {reason} · {alike[0].detail}",)
        yield Line(at, "quarantine", what, notes, tone="bad")


def _cause(one: SetAside) -> tuple[str, str]:
    return one.named, one.reason
