"""Count enquiries, complaints, help by telephone and statements of the expected time, and keep them as far as somebody looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from schemas.contracts import dispatch
from schemas.contracts.all_types import TYPE_OF
from services.kernel.values.sortedset import SortedSet
from services.restorer.domain.callers.reports import Moment

HELD_SHOWN = 50
"""So many of the facts that wait for their outage to be known are named."""
GUIDANCE_KEPT = 20
"""So many times of help by telephone are named; the log has all."""


_EVER = datetime.min.replace(tzinfo=UTC)
_AFTER_ALL = chr(0x10FFFF)
"""Sorts after every JSON text."""


class ExpectedTime(NamedTuple):
    """What was said about the expected time, and when; ert None: not known (any more)."""

    at: datetime
    ert: datetime | None
    next_update_at: datetime | None = None
    source: str | None = None
    confidence: str | None = None


class PlacedTime(NamedTuple):
    """A word in its place: by its instant, then by what it says, as JSON."""

    at: datetime
    text: str

    def word(self) -> ExpectedTime:
        """The word itself."""
        return msgspec.json.decode(self.text, type=ExpectedTime)


class SpokenTime(NamedTuple):
    """A time that was named, when it was, and by which fact (source/id): of power back, or of the next word."""

    until: datetime
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class ExpectedTimes:
    """All that was said about the expected time, by the instant of saying it."""

    said: SortedSet[PlacedTime] = field(default_factory=SortedSet)
    changes: int = 0
    """How often a word said another time than the one before it."""
    first_ert: datetime | None = None
    """When an expected time was said first."""
    erts: SortedSet[SpokenTime] = field(default_factory=SortedSet)
    """The times by which power was to be back."""
    updates: SortedSet[SpokenTime] = field(default_factory=SortedSet)
    """The times by which more was to be said, where no expected time was known."""

    def hear(self, fact: dispatch.Fact, cause: str) -> ExpectedTimes:
        """With what `fact` says about it, if anything."""
        word = word_of(fact)
        if word is None:
            return self
        if word.ert is not None:
            return replace(self._with(word), erts=self.erts.add(SpokenTime(word.ert, word.at, cause)))
        if word.next_update_at is not None:
            spoken = SpokenTime(word.next_update_at, word.at, cause)
            return replace(self._with(word), updates=self.updates.add(spoken))
        return self._with(word)

    def _with(self, word: ExpectedTime) -> ExpectedTimes:
        said = said_of(word)
        if said in self.said:
            return self
        before, after = self.said.below(said), self.said.ceiling(said)
        more = _differ(before, said) + _differ(said, after) - _differ(before, after)
        first = self.first_ert
        if word.ert is not None and (first is None or word.at < first):
            first = word.at
        return replace(self, said=self.said.add(said), changes=self.changes + more, first_ert=first)

    def last(self) -> ExpectedTime | None:
        """The latest."""
        found = self.said.last()
        return None if found is None else found.word()

    def standing(self, at: datetime) -> ExpectedTime | None:
        """The latest word that was said before an instant, or at it."""
        found = self.said.below(PlacedTime(at, _AFTER_ALL))
        return None if found is None else found.word()

    def following(self, at: datetime) -> ExpectedTime | None:
        """The first word after that."""
        found = self.said.ceiling(PlacedTime(at, _AFTER_ALL))
        return None if found is None else found.word()

    def moment(self, word: ExpectedTime) -> Moment:
        """When a word was said, and by which fact, if it names a time."""
        spoken, until = (self.erts, word.ert) if word.ert is not None else (self.updates, word.next_update_at)
        found = spoken.ceiling(SpokenTime(until, word.at, "")) if until is not None else None
        return Moment(word.at, found.cause if found is not None and found.at == word.at else "")

    def latest(self, count: int) -> list[ExpectedTime]:
        """The last `count`, oldest first."""
        return [one.word() for one in self.said.tail(count)]


def latest_times(spoken: SortedSet[SpokenTime], count: int) -> Iterator[SpokenTime]:
    """The `count` latest times that were named, each as it was named first."""
    last = spoken.last()
    while last is not None and count:
        least = SpokenTime(last.until, _EVER, "")
        first = spoken.ceiling(least)
        assert first is not None  # noqa: S101 - `last` is one of them
        yield first
        last, count = spoken.below(least), count - 1


def said_of(word: ExpectedTime) -> PlacedTime:
    """A word in its place."""
    return PlacedTime(word.at, msgspec.json.encode(word).decode())


def _differ(one: PlacedTime | None, other: PlacedTime | None) -> int:
    return int(one is not None and other is not None and one.word().ert != other.word().ert)


def word_of(fact: dispatch.Fact) -> ExpectedTime | None:
    """What a fact says about the expected time."""
    match fact:
        case dispatch.OutageStarted() if fact.ert is not None or fact.next_update_at is not None:
            return ExpectedTime(fact.started_at, fact.ert, fact.next_update_at)
        case dispatch.FaultReported() if fact.ert is not None:
            return ExpectedTime(fact.reported_at, fact.ert)
        case dispatch.ErtChanged():
            return ExpectedTime(fact.changed_at, fact.ert, fact.next_update_at, fact.ert_source, fact.ert_confidence)
        case dispatch.OutageReopened():
            return ExpectedTime(fact.reopened_at, fact.ert)  # what was expected before it went off again holds no more
        case _:
            return None


class Guidance(NamedTuple):
    """Help by telephone to set right a fault in the customer's own installation: when, by whom, whether it helped."""

    at: datetime
    by: str
    report_id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Chatter:
    """How many facts of each kind came that only people look at."""

    counts: Mapping[str, int] = field(default_factory=dict)
    complained: SortedSet[str] = field(default_factory=SortedSet)
    """Complaints about it, each once, however often it was told; and those that were answered."""
    answered: SortedSet[str] = field(default_factory=SortedSet)
    guidance: tuple[Guidance, ...] = ()
    """The last help by telephone, the oldest first."""
    held: tuple[tuple[str, str], ...] = ()
    """Type and cause of the first of them."""

    def hear(self, fact: dispatch.Fact, cause: str) -> Chatter:
        """With one more fact."""
        kind = TYPE_OF[type(fact)]
        heard = replace(self, counts={**self.counts, kind: self.counts.get(kind, 0) + 1})
        if len(self.held) < HELD_SHOWN:
            heard = replace(heard, held=(*self.held, (kind, cause)))
        match fact:
            case dispatch.ComplaintReceivedV1():
                return replace(heard, complained=self.complained.add(fact.complaint_id))
            case dispatch.ComplaintAnsweredV1():
                return replace(heard, answered=self.answered.add(fact.complaint_id))
            case dispatch.GuidanceGiven():
                given = Guidance(fact.given_at, fact.given_by, fact.report_id or "", fact.outcome)
                return replace(heard, guidance=tuple(sorted((*self.guidance, given))[-GUIDANCE_KEPT:]))
            case _:
                return heard

    def count(self, kind: type[dispatch.Fact]) -> int:
        """How many facts of a kind came."""
        return self.counts.get(TYPE_OF[kind], 0)
