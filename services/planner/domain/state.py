"""The state of one plan: the latest request of dispatch, the notice in force, whether work began.

Words that come at one instant (one batch of the kernel) must end alike in whatever order they come. So the state keeps
the notice as it was before the instant (`base`) and the instant's words, and `outcome` tells them in the order of their
revisions. What the public could read before the instant is what keeps its clock; what was said within it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from schemas.contracts.base import RuleRef
from schemas.contracts.dispatch import CurtailmentOrdered, ExtentChanged, OutageCorrected, OutageWithdrawn
from schemas.contracts.restorations import OutageClassified
from services.planner.domain.notice_content import NoticeContent
from services.planner.domain.promises import NOTHING, Promised, first_due
from services.planner.domain.shown.showing import NOTHING as NEVER_SHOWN
from services.planner.domain.shown.showing import Showing
from services.plausibility import NO_DOUBTS, Doubts
from services.policy.vocabulary import Inside

Standing = Literal["unknown", "accepted", "rejected", "cancelled"]
Key = tuple[int, Literal[0, 1]]
"""Revision, and 1 for a cancellation: it takes back the plan of its own revision too."""


@dataclass(frozen=True, slots=True)
class InForce:
    """The notice that the public can read."""

    notice_id: str
    version: int
    told: NoticeContent
    published_at: datetime
    inform_by: datetime | None = None
    """By when key customers must have been told, as said last."""
    inform_rule: RuleRef | None = None
    digest: str = ""
    """Of its words, as whoever shows them proves it."""


@dataclass(frozen=True, slots=True)
class PastNotice:
    """A notice that the public could read until an instant."""

    notice: InForce
    until: datetime


@dataclass(frozen=True, slots=True)
class PlanWord:
    """One word of dispatch about the plan: a plan, or (told None) its cancellation."""

    key: Key
    told: NoticeContent | None
    accepted: bool = False
    data_entry_error: bool = False
    """Refused as a data-entry error: it says nothing that could be relied on."""

    @property
    def final(self) -> bool:
        """Whether words of lower revision cannot matter beside it."""
        return self.accepted or self.told is None


@dataclass(frozen=True, slots=True)
class PlanState:
    """One outage as the planner's log tells it."""

    mrid: str
    standing: Standing = "unknown"
    latest: Key = (0, 0)
    """The highest word recorded."""
    planned: bool = False
    """Whether any plan was ever recorded; a cancellation alone is held."""
    asked_as_planned: bool = False
    """Whether any of them was planned work, so that none becomes temporary unsaid."""
    notice: InForce | None = None
    past: tuple[PastNotice, ...] = ()
    version: int = 0
    """Of the last notice, in force or not."""
    started_at: datetime | None = None
    first_said: datetime | None = None
    """When it began by the first word on it, before any correction."""
    restored_at: datetime | None = None
    restored_by: str = ""
    """The fact that said so, as evidence is cited."""
    confirmed_at: datetime | None = None
    """When the restoration known last was confirmed."""
    reopened_at: datetime | None = None
    """When power last went off again, whether or not it is known to have been back."""
    grown: ExtentChanged | None = None
    """The cut's extent as last said before its start was known."""
    order: CurtailmentOrdered | None = None
    """The curtailment order, where that is what this outage is."""
    withdrawal: OutageWithdrawn | None = None
    """The last word of dispatch that there was no outage (field/withdrawals.py)."""
    correction: OutageCorrected | None = None
    """The last word of dispatch that work began at another time than it said (field/corrections.py)."""
    classified: OutageClassified | None = None
    """What the cut is by the restorer's last word (field/reclassified.py), without its places."""
    referred: PastNotice | None = None
    """The notice of another outage's plan that dispatch says this work was."""
    breaches: frozenset[str] = frozenset()
    outcome: str | None = None
    """What became of the work noticed; none while it stands, or where nothing was noticed."""
    closed_for: datetime | None = None
    """The end of the cut that the outcome was said of."""
    promises: Promised = NOTHING
    reasons: tuple[str, ...] = ()
    """Why the last plan refused was refused."""
    instant: datetime | None = None
    base: InForce | None = None
    floor: Key = (0, 0)
    words: tuple[PlanWord, ...] = ()
    doubts: Doubts = NO_DOUBTS
    """Facts of the field that cannot be so, and what was answered about them."""
    shown: Mapping[str, Showing] = field(default_factory=dict)
    """By notice, what is known of how the public reads it."""

    @property
    def over(self) -> bool:
        """Whether the work began and power is back; where nobody said that it began, whether the notice is closed so."""
        if self.restored_at is None:
            return False
        if self.started_at is None:
            return self.outcome not in (None, "not-carried-out")
        return self.started_at <= self.restored_at

    @property
    def is_fault(self) -> bool:
        """Whether what was taken for work is a fault."""
        return self.classified is not None and self.classified.outage_class == "fault"

    @property
    def ends_by(self) -> InForce | None:
        """The notice whose end counts: its own, or, of work that began, that of the plan that dispatch names."""
        if self.notice is not None or self.referred is None or self.started_at is None:
            return self.notice
        return self.referred.notice

    def showing(self, notice_id: str) -> Showing:
        """What is known of how the public reads a notice."""
        return self.shown.get(notice_id, NEVER_SHOWN)

    def begun(self, now: datetime) -> bool:
        """Whether power is off, or was. An order for later can still be taken back."""
        if self.order is not None and now < self.order.planned_period.start:
            return False
        return self.started_at is not None

    def in_force(self, instant: datetime) -> InForce | None:
        """The notice of this work that the public could read at `instant`, which may lie in the past."""
        own, other = self.own_in_force(instant), self.referred
        if own is not None or other is None:
            return own
        return other.notice if other.notice.published_at <= instant < other.until else None

    def own_in_force(self, instant: datetime) -> InForce | None:
        """The same, of its own notices alone."""
        if self.notice is not None and self.notice.published_at <= instant:
            return self.notice
        return next((p.notice for p in reversed(self.past) if p.notice.published_at <= instant < p.until), None)

    def lapses(self, notice: InForce) -> datetime:
        """The last instant at which work that begins is that of a notice: its end, by the strictest rule for it."""
        return first_due(self.promises, notice.notice_id, notice.told.period.end)

    def ended_before(self, began: datetime) -> bool:
        """Whether the notice in force had ended with nobody at work, for work began only at `began`."""
        unheard = self.started_at is None and (self.reopened_at is None or self.reopened_at > began)
        return unheard and self.notice is not None and began > self.lapses(self.notice)

    def notice_disproved_by(self, began: datetime) -> InForce | None:
        """What the public read when work began at `began`, where it was told something since that the start proves false.

        A cancellation, or another time, that came after work had begun would have been refused, had the start been known.
        """
        then = self.own_in_force(began)
        if then is None or then == self.notice:
            return None
        if self.notice is not None and (self.notice.told.safety_cut or self.notice.told.period.start <= began):
            return None
        return then

    def to_say_again(self, began: datetime, now: datetime) -> InForce | None:
        """The notice to publish once more (notice_disproved_by); None where the last word, soon to come, settles it anyway."""
        then = self.notice_disproved_by(began)
        if then is None:
            return None
        settled = then.told.period.end <= now or replace(self, started_at=began).over
        return then if self.notice is not None or not settled else None

    def after_start(self, began: datetime, now: datetime) -> PlanState:
        """This, once it is known at `now` that work began at `began`.

        A notice that lapsed, or was withdrawn, while nobody had heard of the start stands again: its end is judged. Where
        the public must read it once more, a notice of its own follows (to_say_again).
        """
        after = replace(self, started_at=began)
        then = self.notice_disproved_by(began)
        if then is None or self.to_say_again(began, now) is not None:
            return after
        standing: Standing = "accepted" if self.standing == "cancelled" else self.standing
        promises = self.promises.revive(then.notice_id)
        return replace(after, notice=then, outcome=None, standing=standing, promises=promises)

    def at(self, now: datetime) -> tuple[InForce | None, Key, tuple[PlanWord, ...]]:
        """The notice and the highest word before the instant `now`, and the words recorded at it."""
        if self.instant == now:
            return self.base, self.floor, self.words
        return self.notice, self.latest, ()


def outcome(base: InForce | None, words: Iterable[PlanWord], table: Mapping[str, Inside]) -> NoticeContent | None:
    """What the public should read after `words`, told in the order of their revisions.

    A plan refused takes down what of the notice is no longer part of it, and leaves up what both mean: a notice known to be
    false never stays up, and what is still to come keeps its notice. A data-entry error makes nothing known to be false.
    """
    standing = base.told if base is not None else None
    for word in sorted(words, key=lambda word: word.key):
        if word.data_entry_error:
            continue
        if word.final:
            standing = word.told
        elif standing is not None and word.told is not None and not standing.inside(word.told, table):
            standing = standing.common(word.told, table)
    return standing
