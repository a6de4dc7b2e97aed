"""Promises as lines of the log book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from demo.logbook.times import BookTimes, Line, Tone, name_of
from demo.logbook.why import notes
from operations.history.history import HistoryEntry
from operations.times import span
from outagectl.words.others import in_words

OBLIGATIONS: Mapping[str, tuple[str, str, str]] = {
    # obligation: (what is promised, how its being kept reads, how its being broken reads)
    "crew-on-site": ("a crew on site", "the crew came", "no crew on site"),
    "restore-supply": ("power back", "power came back", "power not back"),
    "fault-done": ("the fault done", "the fault was done", "the fault not done"),
    "public-told-in-time": ("the public told", "the public was told", "the public not told"),
    "key-customers-informed": ("key customers told", "key customers were told", "key customers not all told"),
    "done-by-noticed-end": ("the work done", "the work was done", "the work not done"),
    "meter-fault-done": ("the meter put right", "the meter was put right", "the meter not put right"),
}


# An order to shed load is no work: what it promises is told as of a cut.
ORDERED = OBLIGATIONS["restore-supply"]


class PromiseWords:
    """Promises in words. A verdict names only its promise, so what was promised is remembered from its making."""

    def __init__(self) -> None:
        self._obligations: dict[str, str] = {}
        self._ordered: set[str] = set()

    def noticed(self, entry: HistoryEntry) -> None:
        """Remember what a notice is of, which its promises and its end do not say."""
        if entry.data.get("outageClass") == "curtailment":
            self._ordered.add(name_of(entry))

    def is_ordered(self, entry: HistoryEntry) -> bool:
        """Whether an event is about an order to shed load."""
        return name_of(entry) in self._ordered

    def line(self, entry: HistoryEntry, t: BookTimes) -> Line:
        """One promise.* event."""
        data, kind = entry.data, entry.type.removeprefix("promise.").removesuffix(".v1")
        if "obligation" in data:
            self._obligations[data["promiseId"]] = str(data["obligation"])
        obligation = self._obligations.get(str(data.get("promiseId")), "?")
        otherwise = (obligation, f"{obligation} done", f"{obligation} not done")
        ordered = obligation == "done-by-noticed-end" and self.is_ordered(entry)
        promised, kept, broken = ORDERED if ordered else OBLIGATIONS.get(obligation, otherwise)
        due = t.text(data.get("dueAt"))
        tone: Tone = "plain"
        if kind == "made":
            what = f"promises {promised} by {due}"
        elif kind == "at-risk":
            what = f"promise at risk: {promised} by {due}, and nothing says so yet"
        elif kind == "kept":
            what, tone = f"promise kept: {kept}, {_margin(data)} before it was due ({due})", "good"
        elif kind == "broken":
            what, tone = f"promise broken: {broken} by {due}", "bad"
        elif kind == "voided":
            what = f"promise void, nobody waits for it: {promised} by {due}"
        else:
            what = in_words(entry.type, data, t)
        return Line(entry.at, entry.service, what, notes(entry, t), tone=tone, about=name_of(entry))


def _margin(data: Mapping[str, Any]) -> str:
    due, at = datetime.fromisoformat(data["dueAt"]), datetime.fromisoformat(data["at"])
    return span(due - at)
