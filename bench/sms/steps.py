"""Say where the time of texts goes, step by step from the fact to the post, and for how long none was there to be posted. Pure.

A text waits by rule while news gathers, or an end settles: that is no queue, and no faster service would shorten it. So what the
sender is measured by is told apart from what the rules ask for.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, Literal

from services.notifier.domain.customer.lanes import SAYS_ON
from services.policy.model import Telling

STEPS: Final = ("decided", "told", "asked", "rule", "claimed", "posted")
MEANING: Final[Mapping[str, str]] = {
    "decided": "the fact is on the broker, until its outage has decided",
    "told": "until the fan-out has told the customer's conversation",
    "asked": "until the conversation has asked for the text",
    "rule": "waiting by rule: news gathers",
    "claimed": "until the sender has claimed it",
    "posted": "until the provider has the post",
}
SETTLING: Final = Telling().settling


@dataclass(frozen=True, slots=True)
class PostedText:
    """The instants of one text, in their order; None where it did not come that way (an end settles by a timer)."""

    lane: str
    trigger: str
    known_at: datetime
    decided_at: datetime | None
    told_at: datetime | None
    asked_at: datetime
    not_before: datetime
    claimed_at: datetime
    posted_at: datetime

    @property
    def kind(self) -> str:
        """Lane and what it says, as the table of waits has it."""
        return f"{self.lane}, {'back' if self.trigger in SAYS_ON else 'off'}"

    @property
    def ready_at(self) -> datetime:
        """Since when it might be posted."""
        return max(self.asked_at, self.not_before)

    def steps(self) -> dict[str, float]:
        """Seconds of each step."""
        reached = self.known_at
        found: dict[str, float] = {}
        ends = (self.decided_at, self.told_at, self.asked_at, self.not_before, self.claimed_at, self.posted_at)
        for name, at in zip(STEPS, ends, strict=True):
            end = reached if at is None else max(reached, at)
            found[name] = (end - reached).total_seconds()
            reached = end
        return found

    def ruled(self) -> "Iterable[Span]":
        """When it waited by rule: while its end settled, and while news gathered."""
        if self.trigger in SAYS_ON:
            yield self.known_at - SETTLING, self.known_at
        yield self.asked_at, self.not_before


def text_of(row: Any, posted_at: datetime) -> PostedText:
    """A row of `steps` (sql/storm.sql)."""
    return PostedText(
        lane=row["lane"],
        trigger=row["trigger"],
        known_at=row["known_at"],
        decided_at=row["decided_at"],
        told_at=row["told_at"],
        asked_at=row["asked_at"],
        not_before=row["not_before"],
        claimed_at=min(row["claimed_at"] or posted_at, posted_at),
        posted_at=posted_at,
    )


def spread(values: Sequence[float]) -> dict[str, float]:
    """How many there are, their middle, the 99th of a hundred and the longest."""
    ordered = sorted(values)
    at = [ordered[min(len(ordered) - 1, math.ceil(len(ordered) * part) - 1)] for part in (0.5, 0.99)]
    return {"texts": len(ordered), "p50": at[0], "p99": at[1], "longest": ordered[-1]}


def by_step(texts: Iterable[PostedText]) -> dict[str, dict[str, dict[str, float]]]:
    """The spread of each step, by lane and what is said."""
    found: dict[str, dict[str, list[float]]] = {}
    for text in texts:
        of_kind = found.setdefault(text.kind, {name: [] for name in STEPS})
        for name, seconds in text.steps().items():
            of_kind[name].append(seconds)
    return {kind: {name: spread(seconds) for name, seconds in steps.items()} for kind, steps in sorted(found.items())}


Span = tuple[datetime, datetime]
Doing = Literal["sending", "rule", "nothing"]


def stretches(
    texts: Sequence[PostedText], gathering: Iterable[Span], began: datetime, last: datetime
) -> dict[Doing, float]:
    """Of the time from `began` to `last`, seconds in which some text might be posted or was, in which all there were waited by
    rule, and in which there was none. `gathering`: when texts waited that newer ones took the place of.
    """  # noqa: D205 - two sentences
    spans = [("ready", (text.ready_at, text.posted_at)) for text in texts]
    spans += [("ruled", span) for text in texts for span in text.ruled()]
    spans += [("ruled", span) for span in gathering]
    moves = [(began, "", 0), (last, "", 0)]
    for kind, (start, end) in spans:
        if end > start:
            moves += [(start, kind, 1), (end, kind, -1)]
    moves.sort(key=lambda move: move[0])
    there = {"ready": 0, "ruled": 0, "": 0}
    found: dict[Doing, float] = {"sending": 0.0, "rule": 0.0, "nothing": 0.0}
    for (at, kind, change), (until, *_) in pairwise(moves):
        there[kind] += change
        lasts = (min(until, last) - max(at, began)) / timedelta(seconds=1)
        found["sending" if there["ready"] else "rule" if there["ruled"] else "nothing"] += max(0.0, lasts)
    return found


def table(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[str]:
    """For a person: middle / 99th of a hundred of each step, in seconds."""
    lines = [f"{'steps, p50 / p99 s':18}" + "".join(f"{name:>14}" for name in STEPS)]
    for kind, steps in found.items():
        cells = (f"{steps[name]['p50']:.1f} / {steps[name]['p99']:.1f}" for name in STEPS)
        lines.append(f"{kind:18}" + "".join(f"{cell:>14}" for cell in cells))
    return lines
