"""What the log says about one plan: the latest word of dispatch, the notice in force, whether work began.

Words that come at one instant (one batch of the kernel) must end alike in whatever order they come. So the state keeps
the notice as it was before the instant (`base`) and the instant's words, and `outcome` tells them in the order of their
revisions. What the public could read before the instant is what keeps its clock; what was said within it does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import msgspec

from schemas.base import Extent, Period
from schemas.dispatch import OutageStarted, PlanBody, PlannedCancelled
from schemas.notices import Notice, NoticeWithdrawn, PlanAccepted, PlanRejected
from services.kernel.model import Event

Key = tuple[int, Literal[0, 1]]
"""Revision, and 1 for a cancellation: it takes back the plan of its own revision too."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a notice says; two notices that say the same are one."""

    outage_class: str
    period: Period
    extent: Extent
    reason: str | None
    safety_cut: bool

    def inside(self, other: Told) -> bool:
        """Whether this lies within `other` in class, time, lines, areas and, where `other` names them, points.

        An empty list says nothing about its kind: where `other` names transformers or usage points, this must too.
        """
        return (
            self.outage_class == other.outage_class
            and other.period.start <= self.period.start
            and self.period.end <= other.period.end
            and set(self.extent.lines) <= set(other.extent.lines)
            and set(self.extent.areas) <= set(other.extent.areas)
            and _narrower(self.extent.transformers, other.extent.transformers)
            and _narrower(self.extent.usage_points, other.extent.usage_points)
        )


def _narrower(names: Iterable[str], named: Iterable[str]) -> bool:
    known = set(named)
    return not known or (bool(set(names)) and set(names) <= known)


@dataclass(frozen=True, slots=True)
class InForce:
    """The notice that the public can read."""

    notice_id: str
    version: int
    told: Told
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Word:
    """One word of dispatch about the plan: a plan, or (told None) its cancellation."""

    key: Key
    told: Told | None
    accepted: bool = False

    @property
    def final(self) -> bool:
        """Whether words of lower revision cannot matter beside it."""
        return self.accepted or self.told is None


@dataclass(frozen=True, slots=True)
class State:
    """One outage as the planner's log tells it."""

    mrid: str
    standing: Literal["unknown", "accepted", "rejected", "cancelled"] = "unknown"
    latest: Key = (0, 0)
    """The highest word recorded."""
    planned: bool = False
    """Whether any plan was ever recorded; a cancellation alone is held."""
    notice: InForce | None = None
    version: int = 0
    """Of the last notice, in force or not."""
    started_at: datetime | None = None
    reasons: tuple[str, ...] = ()
    """Why the last plan refused was refused."""
    instant: datetime | None = None
    base: InForce | None = None
    floor: Key = (0, 0)
    words: tuple[Word, ...] = ()

    def at(self, now: datetime) -> tuple[InForce | None, Key, tuple[Word, ...]]:
        """The notice and the highest word before the instant `now`, and the words recorded at it."""
        if self.instant == now:
            return self.base, self.floor, self.words
        return self.notice, self.latest, ()


def told_by(body: PlanBody | Notice) -> Told:
    """What a plan, or a notice, says."""
    return Told(body.outage_class, body.planned_period, body.extent, body.reason, body.safety_cut)


def outcome(base: InForce | None, words: Iterable[Word]) -> Told | None:
    """What the public should read after `words`, told in the order of their revisions.

    A plan refused leaves a notice up only where all that was noticed is still part of the plan; a notice known to be
    false never stays up.
    """
    standing = base.told if base is not None else None
    for word in sorted(words, key=lambda word: word.key):
        if word.final:
            standing = word.told
        elif standing is not None and word.told is not None and not standing.inside(word.told):
            standing = None
    return standing


def evolve(state: State, event: Event) -> State:
    """The state after one event of the log; an event of a kind not known here changes nothing."""
    match event.data:
        case PlanBody() as plan:
            heard = _heard(state, Word((plan.revision_number, 0), told_by(plan)), event.decided_at)
            return replace(heard, planned=True)
        case PlannedCancelled() as cancel:
            heard = _heard(state, Word((cancel.revision_number, 1), None), event.decided_at)
            return replace(heard, standing="cancelled") if heard.latest == (cancel.revision_number, 1) else heard
        case PlanAccepted() as accepted:
            key: Key = (accepted.revision_number, 0)
            words = tuple(replace(word, accepted=True) if word.key == key else word for word in state.words)
            return _judged(replace(state, words=words), key, "accepted", ())
        case PlanRejected() as rejected:
            return _judged(state, (rejected.revision_number, 0), "rejected", rejected.reasons)
        case Notice() as notice:
            published = InForce(notice.notice_id, notice.version, told_by(notice), notice.published_at)
            return replace(state, notice=published, version=notice.version)
        case NoticeWithdrawn():
            return replace(state, notice=None)
        case OutageStarted() as started:
            return replace(state, started_at=started.started_at)
        case _:
            return state


def _heard(state: State, word: Word, at: datetime) -> State:
    base, floor, words = state.at(at)
    latest = max(state.latest, word.key)
    return replace(state, instant=at, base=base, floor=floor, words=(*words, word), latest=latest)


def _judged(state: State, key: Key, standing: Literal["accepted", "rejected"], reasons: tuple[str, ...]) -> State:
    return replace(state, standing=standing, reasons=reasons) if key == state.latest else state


def view(state: State) -> dict[str, Any]:
    """The state as JSON for people and audits: what stands, what the public reads, why a plan was refused."""
    notice = state.notice
    shown = msgspec.json.encode(
        {
            "mRID": state.mrid,
            "standing": state.standing,
            "revisionNumber": state.latest[0],
            "startedAt": state.started_at,
            "reasons": state.reasons,
            "noticeVersion": state.version,
            "notice": None
            if notice is None
            else {
                "noticeId": notice.notice_id,
                "version": notice.version,
                "publishedAt": notice.published_at,
                "outageClass": notice.told.outage_class,
                "plannedPeriod": notice.told.period,
                "extent": notice.told.extent,
                "safetyCut": notice.told.safety_cut,
            },
        }
    )
    plain: dict[str, Any] = msgspec.json.decode(shown)
    return plain
