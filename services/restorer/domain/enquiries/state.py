"""The state of one enquiry: what was told of it, in whatever order it came, and what was promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final, Literal

from schemas.contracts.base import OutageClass
from schemas.contracts.dispatch import EnquiryAsked, EnquiryExplained, EnquiryFact
from schemas.contracts.promises import Promise
from services.kernel.model import Event
from services.kernel.values.sortedset import SortedSet
from services.promises import PromiseRecord, remember
from services.restorer.domain.answers.owed import Matter
from services.restorer.domain.answers.said import GivenAnswer, digest, first_answer, with_outage
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.enquiries.events import EnquiryAbout

OBLIGATION: Final = "explain"
Status = Literal["unknown", "open", "answered"]


@dataclass(frozen=True, slots=True)
class EnquiryState:
    """One enquiry as its log tells it. Of each fact only what is asked of it is kept; the log has the whole."""

    enquiry_id: str
    asked: Moment | None = None
    """When somebody asked, by the earliest word: who tells it again later does not put off the explanation."""
    answers: SortedSet[GivenAnswer] = field(default_factory=SortedSet)
    about: OutageClass | None = None
    """What kind of cut it was taken for; None: no outage was named."""
    outages: tuple[str, ...] = ()
    seen: SortedSet[bytes] = field(default_factory=SortedSet)
    promises: Mapping[str, PromiseRecord] = field(default_factory=dict)

    @property
    def matter(self) -> Matter:
        """As what somebody asked."""
        return Matter(
            named_as="enquiry_id",
            name=self.enquiry_id,
            obligation=OBLIGATION,
            since=self.asked,
            answers=self.answers,
            promises=self.promises,
        )

    def status(self, early: timedelta) -> Status:
        """As people see it."""
        if self.asked is None:
            return "unknown"
        return "open" if self.answered(early) is None else "answered"

    def answered(self, early: timedelta) -> GivenAnswer | None:
        """The first explanation that can be one."""
        return first_answer(self.answers, self.asked, early)

    def knows(self, fact: EnquiryFact) -> bool:
        """Whether this very fact came before, under whatever id."""
        return digest(fact) in self.seen

    def hear(self, fact: EnquiryFact, cause: str) -> EnquiryState:
        """After one more fact."""
        heard = replace(self, seen=self.seen.add(digest(fact)), outages=with_outage(self.outages, fact.outage))
        match fact:
            case EnquiryAsked():
                word = Moment(fact.received_at, cause)
                return replace(heard, asked=min(word, self.asked or word))
            case EnquiryExplained():
                return replace(
                    heard, answers=self.answers.add(GivenAnswer(fact.answered_at, cause, fact.answered_by or ""))
                )
            case _:
                return heard


def evolve(state: EnquiryState, event: Event) -> EnquiryState:
    """The state after one event of the log."""
    data: Any = event.data
    if isinstance(data, Promise):
        return replace(state, promises=remember(state.promises, data))
    if isinstance(data, EnquiryAbout):
        return replace(state, about=data.outage_class)
    return state.hear(data, event.cause) if isinstance(data, EnquiryFact) else state
