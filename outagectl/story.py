"""A log book written while things happen: what the services' logs, the quarantine and the handsets say since last time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from connectors.registry import RegistryEntry
from devstack.twilio.phones import Received, read_handsets
from outagectl.database import Connection
from outagectl.history import ORDER, Entry
from outagectl.say import count
from outagectl.story_words import INTERNAL, TRIGGERS, BookTimes, Line, PromiseWords, line
from outagectl.words import DISPATCH

EVENTS = """
select stream_id, version, event_id, type, data, reason, cause, decided_at, chain, position
from event where position > $1 order by position
"""
SET_ASIDE = "select quarantine_id, source, id, type, reason, detail, at from quarantine order by at, quarantine_id"


@dataclass(frozen=True, slots=True)
class SetAside:
    """An event that a service put into quarantine."""

    service: str
    at: datetime
    named: str
    reason: str
    detail: str


@dataclass(slots=True)
class News:
    """What is new since the last look."""

    entries: list[Entry] = field(default_factory=list)
    texts: list[Received] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.entries or self.texts or self.set_aside)


class Sources:
    """Where the news comes from. Remembers how far it has read; keeps all it has read for the tables at the end."""

    def __init__(self, logs: Mapping[str, Connection], phones: Path) -> None:
        self._logs = logs
        self._phones = phones
        self._positions = dict.fromkeys(logs, 0)
        self._seen: set[tuple[str, str]] = set()
        self.all = News()

    async def news(self) -> News:
        """What came since the last call."""
        new = News()
        for name, log in self._logs.items():
            rows = await log.fetch(EVENTS, self._positions[name])
            new.entries += [Entry.of(name, row) for row in rows]
            if rows:
                self._positions[name] = rows[-1]["position"]
            for row in await log.fetch(SET_ASIDE):
                key = (name, str(row["quarantine_id"]))
                if key not in self._seen:
                    self._seen.add(key)
                    named = f"{row['source']}/{row['id']} ({row['type']})"
                    new.set_aside.append(SetAside(name, row["at"], named, row["reason"], row["detail"]))
        new.texts = read_handsets(self._phones)[len(self.all.texts) :]
        self.all.entries += new.entries
        self.all.texts += new.texts
        self.all.set_aside += new.set_aside
        return new


class Story:
    """Makes lines of news. Who is who comes from the registry."""

    def __init__(self, times: BookTimes, registry: Sequence[RegistryEntry], glosses: Mapping[str, str]) -> None:
        """`glosses`: customer ids, and terms of dispatch, each with its meaning in English."""
        self._times = times
        self._names = {one.customer.customer_id: one.customer.name for one in registry}
        self._glosses = glosses
        self._terms = {term: gloss for term, gloss in glosses.items() if term not in self._names}
        self._told: set[tuple[str, str]] = set()
        self._asked: dict[str, Mapping[str, Any]] = {}
        self._promises = PromiseWords()

    def name(self, customer_id: str) -> str:
        """`东江市人民医院 (the hospital)`."""
        gloss = self._glosses.get(customer_id)
        return self._names.get(customer_id, customer_id) + (f" ({gloss})" if gloss else "")

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
            made += self._decided(entries, t)
            made += _put_aside([s for s in news.set_aside if s.at == at], at)
            made += self._asked_for(entries)
            made += self._received([r for r in news.texts if r.at == at])
            made += _receipts(entries)
        return made

    def _decided(self, entries: Sequence[Entry], t: BookTimes) -> Iterator[Line]:
        known = 0
        promises: list[Line] = []
        for entry in entries:
            if entry.type == "customer.upserted.v1":
                known += 1
            if entry.type in INTERNAL | {"customer.upserted.v1", "message.requested.v1", "message.delivered.v1"}:
                continue
            if entry.type.startswith("promise."):
                promises.append(self._promises.line(entry, t))
                continue
            yield from _merged(promises)
            # A fact is recorded by every service it concerns, and told once.
            if (entry.cause, entry.type) in self._told:
                continue
            self._told.add((entry.cause, entry.type))
            if _is_echo(entry):
                continue
            said = line(entry, t)
            yield replace(said, what=self._glossed(said.what)) if said.who == "dispatch" else said
        yield from _merged(promises)
        if known:
            yield Line(entries[0].at, "notifier", f"knows {count(known, 'key customer')} from the registry now")

    def _asked_for(self, entries: Iterable[Entry]) -> Iterator[Line]:
        asked = [entry for entry in entries if entry.type == "message.requested.v1"]
        for entry in asked:
            self._asked[entry.data["messageId"]] = entry.data
        by_trigger = sorted(asked, key=lambda entry: str(entry.data["trigger"]))
        for trigger, group in groupby(by_trigger, key=lambda entry: str(entry.data["trigger"])):
            texts = list(group)
            what = f"texts {count(len(texts), 'key customer')}: “{TRIGGERS.get(trigger, trigger)}”"
            reasons = sorted({str(entry.data.get("reason")) for entry in texts})
            yield Line(texts[0].at, "notifier", what, (f"why: {', '.join(reasons)} · template {trigger}",))

    def _received(self, texts: Sequence[Received]) -> Iterator[Line]:
        """One text of a kind in full, and who else got the like: each has an address and a code of its own."""

        def kind(text: Received) -> tuple[str, str]:
            asked = self._asked.get(text.message_id or "", {})
            return str(asked.get("trigger")), str(asked.get("language"))

        for _, group in groupby(sorted(texts, key=lambda text: (*kind(text), text.to)), key=kind):
            alike = list(group)
            first = alike[0]
            others = tuple(f"likewise {one.to}  {self.whose(one)}" for one in alike[1:])
            yield Line(first.at, "phone", f"{first.to}  {self.whose(first)}", others, body=first.body, tone="text")

    def whose(self, text: Received) -> str:
        """The customer whom a text reached."""
        asked = self._asked.get(text.message_id or "")
        return self.name(str(asked["customerId"])) if asked else "?"

    def occasion(self, text: Received) -> str:
        """What a text was about, and the code by which its reader can ask about it."""
        asked = self._asked.get(text.message_id or "", {})
        return f"{asked.get('trigger')} ({asked.get('ref')})"


def _merged(promises: list[Line]) -> Iterator[Line]:
    """Promises of parallel rules that say the same, in one line with all rules below it. Empties the list."""
    for _, group in groupby(promises, key=lambda one: (one.about, one.what)):
        alike = list(group)
        yield replace(alike[0], notes=tuple(note for one in alike for note in one.notes))
    promises.clear()


def _rank(entry: Entry) -> tuple[int, int, int]:
    return (0 if entry.type in DISPATCH else 1, ORDER.get(entry.service, 9), entry.position)


def _is_echo(entry: Entry) -> bool:
    """Whether a service only notes down what another one decided and has told already."""
    return entry.service == "notifier" and entry.type.startswith(("notice.", "restoration.", "plan."))


def _put_aside(found: Sequence[SetAside], at: datetime) -> Iterator[Line]:
    for (named, reason), group in groupby(sorted(found, key=_cause), key=_cause):
        alike = list(group)
        who = " and ".join(filter(None, [", ".join(one.service for one in alike[:-1]), alike[-1].service]))
        what = f"{who} set aside {named}: it cannot be understood, so nothing follows from it; a person decides"
        notes = (f"why: {reason} · {alike[0].detail}",)
        yield Line(at, "quarantine", what, notes, tone="bad")


def _cause(one: SetAside) -> tuple[str, str]:
    return one.named, one.reason


def _receipts(entries: Iterable[Entry]) -> Iterator[Line]:
    arrived = [entry for entry in entries if entry.type == "message.delivered.v1"]
    if arrived:
        yield Line(arrived[0].at, "notifier", f"receipts: {count(len(arrived), 'text')} delivered")
