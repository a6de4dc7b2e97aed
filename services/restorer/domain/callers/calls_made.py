"""Keep how people called back who reported the fault, and what was said of that, by report id. Pure.

An outage may have 20,000 reports: what is kept of one costs the same however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from schemas.contracts.dispatch import Fact, FollowupDone, FollowupUnreached
from schemas.contracts.restorations import FollowupDue, FollowupEnded
from services.kernel.values.sortedset import SortedSet

UNREACHED: Final = "unreached"
MOST_CALLS: Final = 50
"""So many calls to one reporter are kept, the latest; the log has all."""


class CallMade(NamedTuple):
    """One call: when, and what the reporter thinks of the repair, or `unreached`."""

    at: datetime
    outcome: str


class NotedReport(NamedTuple):
    """Something noted of one report, as text, so that it has a place in a sorted set."""

    report_id: str
    what: str


@dataclass(frozen=True, slots=True)
class CallsBack:
    """The calls that were made, in whatever order they were heard of, and what was said of them."""

    made: SortedSet[NotedReport] = field(default_factory=SortedSet)
    """By report: its calls by their instants, as JSON."""
    said: SortedSet[NotedReport] = field(default_factory=SortedSet)
    """By report: the outcome that was said, or how many calls in vain were known when it was asked for again."""
    asked: bool = False
    """Somebody was asked to call, and that was not taken back."""
    heard: str | None = None
    """The report of which something was heard last."""

    def hear(self, fact: Fact) -> CallsBack:
        """With one more call; of no report in particular nothing is kept."""
        match fact:
            case FollowupDone(report_id=str(report_id)):
                call = CallMade(fact.done_at, fact.outcome)
            case FollowupUnreached(report_id=str(report_id)):
                call = CallMade(fact.tried_at, UNREACHED)
            case _:
                return self
        calls = sorted({*self.of(report_id), call})[-MOST_CALLS:]
        text = msgspec.json.encode(calls).decode()
        return replace(self, made=_put(self.made, report_id, text), heard=report_id)

    def of(self, report_id: str) -> Sequence[CallMade]:
        """The calls to one reporter, by their instants."""
        text = _of(self.made, report_id)
        return [] if text is None else msgspec.json.decode(text, type=list[CallMade])

    def said_of(self, report_id: str) -> str:
        """The outcome that was said of a report, or how many calls in vain; "0" where nothing was."""
        return _of(self.said, report_id) or "0"

    def is_settled(self, report_id: str) -> bool:
        """Whether it was said that nobody need call any more."""
        return not self.said_of(report_id).isdigit()

    def settled(self) -> Iterator[str]:
        """The reports of which that was said."""
        return (one.report_id for one in self.said if not one.what.isdigit())

    def called(self) -> Iterator[str]:
        """The reports of which calls are known."""
        return (one.report_id for one in self.made)

    def say(self, word: FollowupDue | FollowupEnded) -> CallsBack:
        """After a word about one report; `without` is for a word about all."""
        if word.report_id is None:
            return self
        asked = self.asked or isinstance(word, FollowupDue)
        if isinstance(word, FollowupEnded):
            return replace(self, said=_put(self.said, word.report_id, word.outcome), asked=asked)
        if not word.tries and _of(self.said, word.report_id) is None:
            return replace(self, asked=asked)
        return replace(self, said=_put(self.said, word.report_id, str(word.tries)), asked=asked)

    def without(self, *, everybody: bool) -> CallsBack:
        """Nobody is to be called any more: what was said of who was not reached yet is void, or of everybody."""
        left = [] if everybody else [one for one in self.said if not one.what.isdigit()]
        return replace(self, said=SortedSet.ascending(left), asked=False)

    def latest(self, due: SortedSet[str], count: int) -> Iterator[tuple[str, str | None, int]]:
        """The first `count` reports that were or are to be called: id, what the reporter said last, calls in vain."""
        first = sorted({*islice(due, count), *islice(self.called(), count)})
        for report_id in first[:count]:
            calls = self.of(report_id)
            heard = [one.outcome for one in calls if one.outcome != UNREACHED]
            said = UNREACHED if self.said_of(report_id) == UNREACHED else None
            yield report_id, heard[-1] if heard else said, len(calls) - len(heard)


def _put(known: SortedSet[NotedReport], report_id: str, what: str) -> SortedSet[NotedReport]:
    before = known.ceiling(NotedReport(report_id, ""))
    if before is not None and before.report_id == report_id:
        known = known.discard(before)
    return known.add(NotedReport(report_id, what))


def _of(known: SortedSet[NotedReport], report_id: str) -> str | None:
    found = known.ceiling(NotedReport(report_id, ""))
    return found.what if found is not None and found.report_id == report_id else None
