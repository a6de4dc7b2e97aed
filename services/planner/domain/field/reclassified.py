"""Judge a cut that dispatch has found to be work, or a fault, after it had said the other thing. Pure.

The restorer says when it began, for of faults the planner hears nothing. Work is judged from that beginning by the notice that the
public could read then: its own, or that of the plan which dispatch names. A fault is no work: what was said of it as
work is taken back, its notice stands as long as it is noticed, and it is not carried out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from msgspec import structs

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ExtentChanged, OutageReopened, OutageStarted
from schemas.contracts.restorations import OutageClassified, RestorationConfirmed
from services.planner.domain.events import NoticeReferred
from services.planner.domain.field.breaches import OVERRAN, WIDER, is_of_no_notice
from services.planner.domain.field.corrections import still_wrong
from services.planner.domain.promises import DONE
from services.planner.domain.shown.told import TOLD_IN_TIME
from services.planner.domain.state import PlanState
from services.promises import PromiseEvent, settle

RECLASSIFIED: Final = "reclassified"
A_FAULT, AS_WORK, KNOWN = "reclassified-as-fault", "reclassified-as-work", "class-known"
OF_THE_CUT: Final = (OutageStarted, ExtentChanged, OutageReopened, RestorationConfirmed)


def is_of_a_fault(state: PlanState, said: Any) -> bool:
    """Whether a word of the field speaks of what is a fault, and no work."""
    return state.is_fault and isinstance(said, OF_THE_CUT)


def only_moved(state: PlanState, word: OutageClassified) -> bool:
    """Whether a word says no more than the last one but where the cut is by now."""
    last = state.classified
    if last is None or state.started_at is None or (word.restored_at is not None and state.restored_at is None):
        return False
    here = (word.outage_class, word.was, word.started_at, word.plan_mrid)
    return here == (last.outage_class, last.was, last.started_at, last.plan_mrid)


def refers(state: PlanState, fact: NoticeReferred) -> PlanState:
    """The state with the notice of the plan that dispatch names; what it had been judged wider or longer than is judged again."""
    known = fact.notice.as_known() if fact.notice is not None else None
    if known == state.referred:
        return state
    return replace(state, referred=known, breaches=state.breaches - {WIDER, OVERRAN})


def classified(state: PlanState, word: OutageClassified, now: datetime) -> PlanState:
    """The state once the restorer has said what it is; a NoticeReferred came before, where a plan is named."""
    if state.order is not None:
        return state
    named = word.plan_mrid not in (None, state.mrid)
    heard = replace(
        state,
        classified=structs.replace(word, extent=Extent()),
        referred=state.referred if named and word.outage_class != "fault" else None,
    )
    if word.outage_class == "fault":
        return replace(
            heard,
            started_at=None,
            first_said=None,
            restored_at=None,
            restored_by="",
            confirmed_at=None,
            reopened_at=None,
            grown=None,
            breaches=frozenset(),
            outcome=None,
            closed_for=None,
        )
    at = word.started_at
    begun = replace(heard.after_start(at, now), first_said=at, breaches=still_wrong(heard, at))
    if word.restored_at is None or state.restored_at is not None:
        return begun
    return replace(begun, restored_at=word.restored_at, restored_by=word.by, confirmed_at=word.decided_at)


def taken_back(state: PlanState, cause: str, now: datetime) -> Iterator[PromiseEvent]:
    """Of a fault no promise of work is judged: its end, and that the public was told of more, or of another time.

    That a notice was published in time, or late, is so whatever happened then.
    """
    for record in state.promises.by_id():
        if record.obligation == DONE or record.reason in state.breaches or is_of_no_notice(state, record):
            yield from settle(record, "voided", at=now, reason=RECLASSIFIED, evidence=(cause,))


def righted(state: PlanState, seen: PlanState, at: datetime, cause: str, now: datetime) -> Iterator[PromiseEvent]:
    """Verdicts for breaches that are none by what is known now; voided, never kept: nobody is praised for a mistake."""
    gone = state.breaches - still_wrong(seen, at)
    for record in state.promises.by_id():
        if record.obligation == TOLD_IN_TIME and record.standing == "broken" and record.reason in gone:
            yield from settle(record, "voided", at=now, reason=RECLASSIFIED, evidence=(cause,))
