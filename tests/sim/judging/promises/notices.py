"""Hold the notice that the public can read against what the planner knew at each instant: none stands that it knew to be false.

Read from its log, decision by decision. Of work that has begun nothing is asked: no word of dispatch makes its notice false.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import groupby
from typing import Any, Final

from schemas.contracts import dispatch
from schemas.contracts.base import Period
from schemas.contracts.notices import (
    Notice,
    NoticeAmended,
    NoticeBreached,
    NoticeClosed,
    NoticePublished,
    NoticeWithdrawn,
    PlanAccepted,
    PlanRejected,
)
from tests.sim.judging.promises.noticed import INFORMING
from tests.sim.judging.promises.owed import DAY, ZONE
from tests.sim.judging.storms import SOON, short
from tests.sim.judging.words import Word

SLIPS: Final = frozenset({"too-far-ahead", "period-too-long", "line-unknown", "plan-too-large"})
"""Refused for one of these, a plan says nothing that anybody could rely on."""
CLOCKS: Final = frozenset({"notice-too-short", "key-customer-notice-too-short"})
READ: Final[dict[str, type[Any]]] = {
    "planned.requested.v1": dispatch.PlannedRequested,
    "planned.amended.v1": dispatch.PlannedAmended,
    "planned.cancelled.v1": dispatch.PlannedCancelled,
    "curtailment.ordered.v1": dispatch.CurtailmentOrdered,
    "outage.started.v1": dispatch.OutageStarted,
    "outage.reopened.v1": dispatch.OutageReopened,
    "outage.withdrawn.v1": dispatch.OutageWithdrawn,
    "plan.accepted.v1": PlanAccepted,
    "plan.rejected.v1": PlanRejected,
    "notice.published.v1": NoticePublished,
    "notice.amended.v1": NoticeAmended,
    "notice.withdrawn.v1": NoticeWithdrawn,
    "notice.closed.v1": NoticeClosed,
    "notice.breached.v1": NoticeBreached,
}


@dataclass(slots=True)
class _Known:
    """One outage so far. `words`: by revision, what was said of it last and what the planner answered."""

    words: dict[int, dispatch.PlanBody | dispatch.PlannedCancelled] = field(default_factory=dict)
    answers: dict[int, PlanAccepted | PlanRejected] = field(default_factory=dict)
    standing: Notice | None = None
    exempt: bool = False
    """Begun, or a curtailment, or a safety cut."""
    overran: bool = False
    gone: datetime | None = None
    """Since when, by dispatch, there is no such work."""
    closed: bool = False


def false_notices(log: Iterable[Word], now: datetime) -> Iterator[str]:
    """Each decision after which a notice stood that what dispatch had said last did not bear out, and ends that nobody heard of."""
    outages: dict[str, _Known] = {}
    for (mrid, _), words in groupby(log, key=lambda word: (word.said.mrid, word.cause)):
        decided = list(words)
        known = outages.setdefault(mrid, _Known())
        for word in decided:
            yield from _unlawful(known, word)
            _follow(known, word.said)
        why = None if known.exempt or known.closed else _false(known)
        if why:
            yield f"notice of {mrid} stood at {short(decided[-1].at)}, and {why}"
    for mrid, known in outages.items():
        notice = known.standing
        if notice and not known.closed and not known.overran and notice.planned_period.end + SOON < now:
            yield f"notice {notice.notice_id} of {mrid} ended {short(notice.planned_period.end)}, and nobody heard how"


def _follow(known: _Known, said: Any) -> None:
    match said:
        case dispatch.PlanBody():
            known.words[said.revision_number] = said
            known.exempt |= said.safety_cut
        case dispatch.PlannedCancelled():
            known.words[said.revision_number] = said
        case dispatch.OutageWithdrawn():
            known.words, known.exempt, known.gone = {}, False, said.withdrawn_at
        case PlanAccepted() | PlanRejected():
            known.answers[said.revision_number] = said
        case Notice():
            known.standing, known.closed = said, False
        case NoticeWithdrawn():
            known.standing = None
        case NoticeClosed():
            known.closed = True
        case NoticeBreached():
            known.overran |= said.kind == "overran"
        case _:
            known.exempt = True


def _false(known: _Known) -> str:
    """Why what the public can read is not so, by the newest word of dispatch; empty where it is."""
    if known.gone and known.standing is not None:
        asked = [word.requested_at for word in known.words.values() if isinstance(word, dispatch.PlanBody)]
        if not any(at > known.gone for at in asked):
            return "there is no such work"
    for revision in sorted(known.words, reverse=True):
        word, answer = known.words[revision], known.answers.get(revision)
        if isinstance(word, dispatch.PlannedCancelled):
            return f"revision {revision} had cancelled it" if known.standing is not None else ""
        if isinstance(answer, PlanRejected):
            if SLIPS & set(answer.reasons):
                continue
            if known.standing is not None and not _within(known.standing.planned_period, word.planned_period):
                return f"revision {revision}, which was refused, is of another time"
            return ""
        if answer is not None:
            if known.standing is None:
                return f"revision {revision} is accepted and nobody was told"
            if (known.standing.planned_period, known.standing.extent) != (word.planned_period, word.extent):
                return f"it is not what revision {revision} says"
            return ""
    return ""


def _within(inner: Period, outer: Period) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _unlawful(known: _Known, word: Word) -> Iterator[str]:
    """A first plan accepted too late for its notice, or refused as too late though it was not."""
    answer = word.said
    if not isinstance(answer, PlanAccepted | PlanRejected) or known.exempt:
        return
    plan = known.words.get(answer.revision_number)
    if not isinstance(plan, dispatch.PlanBody) or plan.outage_class != "planned" or plan.exceptions or known.standing:
        return
    lawful = max(_eight_days_on(answer.decided_at), _eight_days_on(answer.decided_at + INFORMING))
    if isinstance(answer, PlanAccepted) and plan.planned_period.start < lawful:
        yield f"{plan.mrid} revision {plan.revision_number} was accepted, and may begin from {short(lawful)} only"
    if isinstance(answer, PlanRejected) and CLOCKS & set(answer.reasons) and plan.planned_period.start >= lawful:
        yield f"{plan.mrid} revision {plan.revision_number} was refused as too late, and is not"


def _eight_days_on(told: datetime) -> datetime:
    """The first start that leaves seven whole days after the day of `told`, in Shanghai."""
    return datetime.combine(told.astimezone(ZONE).date() + 8 * DAY, time.min, ZONE)
