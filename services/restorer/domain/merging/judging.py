"""Judge whether an outage goes on as another one, and say to that one what it was up to by then. Pure.

Only here is it judged: the other services take the restorer's word (merge.confirmed), so that no two of them think of another
outage as the one that goes on. What stands in the way is asked about, and nothing follows from it: both go on as they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import (
    CauseCleared,
    CrewStatus,
    ErtChanged,
    FaultReported,
    FollowupDone,
    FollowupUnreached,
    OutageMerged,
)
from schemas.contracts.restorations import FactQuestioned, MergeConfirmed
from services.merging.words import SaidOfOutage, handed_on, is_of_survivor
from services.plausibility import question_of
from services.plausibility.questions import NAME_LENGTH, instant
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.events import BrokenBefore, SupplyJoins
from services.restorer.domain.lifecycle import Course, course_of, latest_plan, start_of
from services.restorer.domain.owed.asked import asked
from services.restorer.domain.state import SupplyState

INTO_ITSELF: Final = "merged-into-itself"
ELSEWHERE: Final = "merged-elsewhere"
NOTICED: Final = "noticed-work-not-merged"
SURVIVOR_OVER: Final = "survivor-is-over"
SURVIVOR_UNKNOWN: Final = "survivor-not-known"
REFUSALS: Final = frozenset({INTO_ITSELF, ELSEWHERE, NOTICED, SURVIVOR_OVER})
"""Why a merge is not taken, and asked about."""
ASKED: Final = REFUSALS | {SURVIVOR_UNKNOWN}
"""Of which questions nobody can say that it is so."""
WAITS_UNASKED: Final = timedelta(minutes=10)
"""So long a merge may wait for its outage to be known before dispatch is asked: facts late by a shift of hands come within it."""
MOMENT: Final = timedelta(microseconds=1)
WAITS: Final = "held-until-survivor-known"
GONE: Final = "outage-withdrawn"
MERGED: Final = "outage-merged"
OF_SURVIVOR: Final = "said-of-survivor"
PLANNED_CLASSES: Final = frozenset({"planned", "temporary", "curtailment"})
OF_THE_FAULT: Final = (FaultReported, CrewStatus, CauseCleared, ErtChanged, FollowupDone, FollowupUnreached)
"""What was said of the fault before it was known to be one, and counts for it all the same; where it lay is SupplyJoins."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """The outage that is to go on, as it stands: where dispatch named one that was merged itself, that one's survivor."""

    mrid: str
    status: str = "unknown"
    outage_class: str | None = None
    planned: bool = False
    """Work was asked for under this mRID."""
    over_at: datetime | None = None
    """When it was over: restored, or withdrawn."""


Survivors = Mapping[str, Survivor]
"""By the mRID that dispatch named."""


@dataclass(frozen=True, slots=True)
class MergeVerdict:
    """What becomes of a merge: confirmed, or a named reason why not (REFUSALS, or nothing to ask about)."""

    reason: str
    into: str | None = None
    against: datetime | None = None
    """What stands in the way, where it is an instant."""


def judge(state: SupplyState, course: Course, fact: OutageMerged, survivors: Survivors) -> MergeVerdict:
    """Whether an outage goes on as the one that `fact` names."""
    found = survivors.get(fact.into, Survivor(fact.into))
    if fact.into == state.mrid:
        return MergeVerdict(INTO_ITSELF)
    if state.merged is not None:
        known = found.mrid == survivors.get(state.merged.into, Survivor(state.merged.into)).mrid
        return MergeVerdict("merge-known" if known else ELSEWHERE, against=state.merged.merged_at)
    if found.mrid == state.mrid:
        return MergeVerdict(INTO_ITSELF)
    if _is_noticed(state, course) or found.planned or found.outage_class in PLANNED_CLASSES:
        return MergeVerdict(NOTICED)
    if not course.known:
        return MergeVerdict("held-until-known")
    if course.status == "withdrawn":
        return MergeVerdict(GONE)
    if found.status == "unknown":
        return MergeVerdict(WAITS)
    if found.over_at is not None and found.over_at < fact.merged_at and _dark_at(state, fact.merged_at):
        return MergeVerdict(SURVIVOR_OVER, against=found.over_at)
    return MergeVerdict(MERGED, into=found.mrid)


def _is_noticed(state: SupplyState, course: Course) -> bool:
    return course.outage_class in PLANNED_CLASSES or latest_plan(state) is not None


def _until(state: SupplyState, at: datetime) -> Course:
    """The course as far as what happened before an instant tells it."""
    merged = MergeConfirmed(mrid=state.mrid, into=state.mrid, merged_at=at, confirmed_at=at)
    return course_of(replace(state, merged=merged))


def _dark_at(state: SupplyState, at: datetime) -> bool:
    return is_dark(_until(state, at))


def is_dark(course: Course) -> bool:
    """Whether power is off, as far as the course goes."""
    return course.outage_class is not None and course.now.over is None


def _counts_at(fact: OutageMerged, course: Course) -> datetime:
    """From when on it is another outage: not before it began, whatever the clocks say."""
    began = course.began
    return fact.merged_at if began is None or began.at < fact.merged_at else began.at + MOMENT


def confirmed(
    state: SupplyState, verdict: MergeVerdict, fact: OutageMerged, cause: str, now: datetime
) -> MergeConfirmed:
    """The word to all others that it goes on as another outage."""
    return MergeConfirmed(
        mrid=state.mrid,
        into=verdict.into or fact.into,
        merged_at=_counts_at(fact, course_of(state)),
        confirmed_at=now,
        evidence=(cause[:NAME_LENGTH],),
    )


def joining(
    state: SupplyState, policy: Policy, calendar: WorkingCalendar, broken: tuple[BrokenBefore, ...]
) -> SupplyJoins | None:
    """What a merged outage was up to, for the one that goes on; None where that knows so.

    `broken`: its promises that stood broken. One that a fact of its own, come late, shows to have been kept is none any more.
    """
    merged = state.merged
    if merged is None:
        return None
    course = course_of(state)
    began = course.began
    if course.now.withdrawn is not None:
        word = SupplyJoins(mrid=state.mrid, into=merged.into, merged_at=merged.merged_at, evidence=_evidence(merged))
    else:
        start = start_of(state)
        dark = is_dark(course)
        word = SupplyJoins(
            mrid=state.mrid,
            into=merged.into,
            merged_at=merged.merged_at,
            evidence=_evidence(merged),
            outage_class=course.outage_class,
            confirmed=(start is not None and start.fact.confirmed)
            or any(one.confirmed for one in state.joined.values()),
            began_at=began.at if began is not None else None,
            dark=dark,
            extent=course.extent,
            remaining=course.remaining if dark else Extent(),
            remaining_but=course.but if dark else Extent(),
            broken=tuple(one for one in broken if not _was_kept(one, state, course, policy, calendar)),
        )
    return None if word == state.joins else word


def _evidence(merged: MergeConfirmed) -> str:
    return merged.evidence[0] if merged.evidence else merged.mrid


def _was_kept(
    broken: BrokenBefore, state: SupplyState, course: Course, policy: Policy, calendar: WorkingCalendar
) -> bool:
    return any(
        due.rule.rule_id == broken.rule_id
        and due.since.at == broken.measured_from
        and due.standing(broken.due_at) in ("kept", "voided")
        for due in asked(state, course, policy, calendar)
    )


def broken_of(state: SupplyState) -> tuple[BrokenBefore, ...]:
    """The promises of an outage that stand broken."""
    return tuple(
        BrokenBefore(
            promise_id=record.promise_id,
            rule_id=record.rule.rule_id,
            measured_from=record.measured_from,
            due_at=record.due_at,
        )
        for record in state.promises.values()
        if record.standing == "broken"
    )


_WHY: Final = {
    INTO_ITSELF: "that is this outage itself, or one that was merged into it. Which two are one fault?",
    ELSEWHERE: "and it was merged into {into} before. Are those two one fault, too?",
    NOTICED: "and one of the two is work that was planned or noticed, or load shed by order. Is it a fault after all?",
    SURVIVOR_UNKNOWN: "of which nobody has said anything. Is it spelt as you spell it elsewhere?",
    SURVIVOR_OVER: "which was over at {against}, while this one is off. Which of the two goes on?",
}
_SETTLED: Final = {
    INTO_ITSELF: "Send outage.merged with the mRID of the other outage in into.",
    ELSEWHERE: "If they are, send outage.merged of {into} into {other}. If not, report what is off there under an mRID of its own.",
    NOTICED: "Work is moved and withdrawn by planned.amended and planned.cancelled. If it is none, withdraw it (outage.withdrawn), "
    "and report the fault under an mRID of its own.",
    SURVIVOR_UNKNOWN: "Once {other} is reported this one goes on as that; until then as itself. If another was meant, send "
    "outage.merged with that one.",
    SURVIVOR_OVER: "Merge {other} into this one instead; or, if power is off there again, send outage.reopened of {other}, "
    "and this word again under an id of its own.",
}


def ask(state: SupplyState, fact: OutageMerged, verdict: MergeVerdict, cause: str, now: datetime) -> FactQuestioned:
    """The question about a merge that is not taken."""
    question_id = question_of(fact)
    into = state.merged.into if state.merged is not None else ""
    against = verdict.against or fact.merged_at
    words = {"into": into, "other": fact.into, "against": instant(against)}
    settled = _SETTLED[verdict.reason].format(**words)
    return FactQuestioned(
        mrid=state.mrid,
        question_id=question_id,
        fact_type="outage.merged.v1",
        cause=cause[:NAME_LENGTH],
        field="into",
        given=fact.merged_at,
        reason=verdict.reason,
        against=against,
        question=f"outage.merged.v1 says into {fact.into}, {_WHY[verdict.reason].format(**words)}",
        settled_by=f"{settled} If it was a mistake: outagectl facts refuse {question_id} --reason …",
        asked_at=now,
    )


def waiting(state: SupplyState) -> Iterator[tuple[OutageMerged, str]]:
    """Merges that wait for an outage to be known: the first word first, none that was not taken or is said not to be so."""
    for fact, cause in state.asked_to_merge():
        question_id = question_of(fact)
        question = state.questions.get(question_id)
        open_ = question is None or question.reason == SURVIVOR_UNKNOWN
        if open_ and state.doubts.answers.get(question_id) != "refused":
            yield fact, cause


def waits_until(state: SupplyState) -> datetime | None:
    """When dispatch is to be asked about a merge that waits; None where none does, or it was."""
    unasked = [fact.merged_at for fact, _ in waiting(state) if question_of(fact) not in state.questions]
    # While it is not known itself it waits for that.
    return min(unasked) + WAITS_UNASKED if unasked and course_of(state).known else None


def of_survivor(data: Any, into: str, merged_at: datetime, own: str) -> msgspec.Struct | None:
    """What an event in the log of a merged outage comes to for the one that goes on; None: nothing."""
    if isinstance(data, SupplyJoins):
        return data if data.mrid == own else None
    if isinstance(data, SaidOfOutage) and (isinstance(data, OF_THE_FAULT) or is_of_survivor(data, merged_at)):
        return handed_on(data, into)
    return None
