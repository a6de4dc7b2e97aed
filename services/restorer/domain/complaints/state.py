"""The state of one complaint: what was told of it, in whatever order it came, and what was promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

from schemas.contracts.dispatch import ComplaintAnswered, ComplaintFact, ComplaintReceived, ComplaintWithdrawn
from schemas.contracts.facts.complaints import ComplaintKind
from schemas.contracts.promises import Promise
from services.kernel.model import Event
from services.kernel.values.sortedset import SortedSet
from services.promises import PromiseRecord, remember
from services.restorer.domain.answers.said import GivenAnswer, digest, first_answer, with_outage
from services.restorer.domain.callers.reports import Moment

Status = Literal["unknown", "open", "answered", "withdrawn"]


@dataclass(frozen=True, slots=True)
class ComplaintState:
    """One complaint as its log tells it. Of each fact only what is asked of it is kept; the log has the whole."""

    complaint_id: str
    received: Mapping[ComplaintKind, Moment] = field(default_factory=dict)
    """By kind, when it was received by the earliest word of that kind."""
    answers: SortedSet[GivenAnswer] = field(default_factory=SortedSet)
    withdrawn: Moment | None = None
    outages: tuple[str, ...] = ()
    """mRIDs of outages that it was said to be about."""
    seen: SortedSet[bytes] = field(default_factory=SortedSet)
    """Digests of the facts that came."""
    promises: Mapping[str, PromiseRecord] = field(default_factory=dict)

    @property
    def kind(self) -> ComplaintKind:
        """What it is: told as both, a complaint, for that is to be answered sooner."""
        return "report" if "report" in self.received and "complaint" not in self.received else "complaint"

    @property
    def since(self) -> Moment | None:
        """When it was received first, by whichever word: who tells it again later does not put off the answer."""
        return min(self.received.values(), default=None)

    def status(self, early: timedelta) -> Status:
        """As people see it."""
        if self.withdrawn is not None:
            return "withdrawn"
        if self.since is None:
            return "unknown"
        return "open" if self.answered(early) is None else "answered"

    def answered(self, early: timedelta) -> GivenAnswer | None:
        """The first answer that can be one to it: not before it came, but by as much as clocks differ."""
        return first_answer(self.answers, self.since, early)

    def knows(self, fact: ComplaintFact) -> bool:
        """Whether this very fact came before, under whatever id."""
        return digest(fact) in self.seen

    def hear(self, fact: ComplaintFact, cause: str) -> ComplaintState:
        """After one more fact."""
        heard = replace(self, seen=self.seen.add(digest(fact)), outages=with_outage(self.outages, fact.outage))
        match fact:
            case ComplaintReceived():
                word = Moment(fact.received_at, cause)
                first = min(word, self.received.get(fact.kind, word))
                return replace(heard, received={**self.received, fact.kind: first})
            case ComplaintAnswered():
                return replace(
                    heard, answers=self.answers.add(GivenAnswer(fact.answered_at, cause, fact.answered_by or ""))
                )
            case ComplaintWithdrawn():
                word = Moment(fact.withdrawn_at, cause)
                return replace(heard, withdrawn=min(word, self.withdrawn or word))
            case _:
                return heard


def evolve(state: ComplaintState, event: Event) -> ComplaintState:
    """The state after one event of the log."""
    data: Any = event.data
    if isinstance(data, Promise):
        return replace(state, promises=remember(state.promises, data))
    return state.hear(data, event.cause) if isinstance(data, ComplaintFact) else state
