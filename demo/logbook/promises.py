"""Write promises as lines of the log book."""

from __future__ import annotations

from collections.abc import Mapping

from demo.logbook.times import BookTimes, Line, Tone, name_of
from demo.logbook.why import notes
from operations.history.decoding import decoded
from operations.history.history import HistoryEntry
from outagectl.words.sentences import sentence
from outagectl.words.topics.promises import in_book
from outagectl.words.vocabulary import OBLIGATIONS, ObligationWords, obligation_words
from schemas.contracts.notices import Notice
from schemas.contracts.promises import (
    Promise,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
)

PLAIN: Tone = "plain"
TONES: Mapping[type, Tone] = {PromiseKept: "good", PromiseBroken: "bad"}
# An order to shed load is no work: what it promises is told as of a cut.
ORDERED = OBLIGATIONS["restore-supply"]


class PromiseWords:
    """Promises in words. A verdict names only its promise, so what was promised is remembered from its making."""

    def __init__(self) -> None:
        self._obligations: dict[str, str] = {}
        self._ordered: set[str] = set()

    def noticed(self, entry: HistoryEntry) -> None:
        """Remember what a notice is of, which its promises and its end do not say."""
        event = decoded(entry.type, entry.data)
        if isinstance(event, Notice) and event.outage_class == "curtailment":
            self._ordered.add(name_of(entry))

    def is_ordered(self, entry: HistoryEntry) -> bool:
        """Whether an event is about an order to shed load."""
        return name_of(entry) in self._ordered

    def line(self, entry: HistoryEntry, t: BookTimes) -> Line:
        """One promise.* event."""
        event = decoded(entry.type, entry.data)
        what, tone = (
            self._said(event, entry, t) if isinstance(event, Promise) else (sentence(entry.type, event, t), PLAIN)
        )
        return Line(entry.at, entry.service, what, notes(entry, t), tone=tone, about=name_of(entry))

    def _said(self, event: Promise, entry: HistoryEntry, t: BookTimes) -> tuple[str, Tone]:
        if isinstance(event, PromiseMade):
            self._obligations[event.promise_id] = event.obligation
        obligation = self._obligations.get(event.promise_id, "?")
        ordered = obligation == "done-by-noticed-end" and self.is_ordered(entry)
        unknown = ObligationWords(obligation, f"{obligation} done", f"{obligation} not done")
        about = ORDERED if ordered else obligation_words(obligation) or unknown
        return in_book(event, about, t), TONES.get(type(event), PLAIN)
