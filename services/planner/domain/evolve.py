"""Fold one event into what is known about a plan (state.py). Never refuses: what is in the log happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from schemas.contracts.dispatch import (
    CurtailmentOrdered,
    ExtentChanged,
    FieldFact,
    NoticeShown,
    NoticeUnreadable,
    OutageCorrected,
    OutageReopened,
    OutageStarted,
    OutageWithdrawn,
    PlanBody,
    PlannedCancelled,
)
from schemas.contracts.notices import (
    Notice,
    NoticeBreached,
    NoticeClosed,
    NoticeDeadlineMoved,
    NoticeWithdrawn,
    PlanAccepted,
    PlanRejected,
)
from schemas.contracts.promises import Promise
from schemas.contracts.restorations import FactAccepted, FactRefused, OutageClassified, RestorationConfirmed
from services.kernel.model import Event, NewEvent
from services.planner.domain.events import NoticeReferred
from services.planner.domain.field.corrections import begin, corrected
from services.planner.domain.field.reclassified import classified, refers
from services.planner.domain.field.withdrawals import without_cut
from services.planner.domain.notice_content import told_by
from services.planner.domain.shown.reading import evolved
from services.planner.domain.state import InForce, Key, PastNotice, PlanState, PlanWord
from services.planner.domain.verdict.data_entry_errors import is_data_entry_error
from services.plausibility import FactHeld
from services.wording.notice_digest import notice_digest


def evolve(state: PlanState, event: Event) -> PlanState:
    """The state after one event of the log; an event of a kind not known here changes nothing."""
    if isinstance(event.data, FieldFact | FactHeld | FactAccepted | FactRefused):
        state = replace(state, doubts=state.doubts.hear(event.data))
    match event.data:
        case PlanBody() | PlannedCancelled() | PlanAccepted() | PlanRejected():
            return _asked(state, event)
        case Notice() | NoticeDeadlineMoved() | NoticeWithdrawn() | NoticeClosed() | NoticeBreached():
            return _published(state, event)
        case Promise() as promise:
            return replace(state, promises=state.promises.hear(promise))
        case NoticeShown() | NoticeUnreadable() as read:
            return replace(state, shown={**state.shown, read.notice_id: evolved(state, read, event.cause)})
        case _:
            return _happened(state, event)


def _asked(state: PlanState, event: Event) -> PlanState:
    """What dispatch asked for, and what it was answered."""
    match event.data:
        case PlanBody() as plan:
            heard = _heard(state, PlanWord((plan.revision_number, 0), told_by(plan)), event.decided_at)
            asked_as_planned = state.asked_as_planned or plan.outage_class == "planned"
            return replace(heard, planned=True, asked_as_planned=asked_as_planned)
        case PlannedCancelled() as cancel:
            heard = _heard(state, PlanWord((cancel.revision_number, 1), None), event.decided_at)
            return replace(heard, standing="cancelled") if heard.latest == (cancel.revision_number, 1) else heard
        case PlanAccepted() as accepted:
            return _judged(state, (accepted.revision_number, 0), "accepted", ())
        case PlanRejected() as rejected:
            return _judged(state, (rejected.revision_number, 0), "rejected", rejected.reasons)
        case _:
            return state


def _published(state: PlanState, event: Event) -> PlanState:
    """What the public was told, and what became of it."""
    match event.data:
        case Notice() as notice:
            return _in_force(state, notice)
        case NoticeDeadlineMoved() as moved if state.notice is not None and state.notice.notice_id == moved.notice_id:
            notice_now = replace(state.notice, inform_by=moved.inform_by, inform_rule=moved.inform_rule)
            return replace(state, notice=notice_now)
        case NoticeWithdrawn() as withdrawn:
            return _down(state, withdrawn.withdrawn_at)
        case NoticeClosed() as closed:
            down = state
            if closed.outcome == "not-carried-out" and state.notice is not None:
                # It covers no work that begins later, however late this was said.
                down = _down(state, state.lapses(state.notice) + timedelta.resolution)
            return replace(down, outcome=closed.outcome, closed_for=closed.restored_at)
        case NoticeBreached() as breach:
            return replace(state, breaches=state.breaches | {breach.kind})
        case _:
            return state


def _in_force(state: PlanState, notice: Notice) -> PlanState:
    """The notice takes the place of the one before."""
    published = InForce(
        notice.notice_id,
        notice.version,
        told_by(notice),
        notice.published_at,
        notice.inform_by,
        notice.inform_rule,
        notice_digest(notice),
    )
    then = state.own_in_force(state.started_at) if state.started_at is not None else None
    if state.over and state.order is None and (then is None or then.told != published.told):
        # Work noticed anew under the name of work that is done: it has not begun.
        state = replace(state, started_at=None, restored_at=None)
    if state.standing == "cancelled":
        # Work was cancelled after it had begun: the notice says so now.
        state = replace(state, standing="accepted")
    return replace(_down(state, notice.published_at), notice=published, version=notice.version, outcome=None)


def _happened(state: PlanState, event: Event) -> PlanState:
    """What the field says: off, wider, back, off again."""
    match event.data:
        case OutageStarted() as started:
            return begin(state, started, event.decided_at)
        case ExtentChanged() as changed:
            return replace(state, grown=changed) if state.started_at is None else state
        case RestorationConfirmed() as confirmed:
            at, said = confirmed.restored_at, confirmed.confirmed_at
            return replace(state, restored_at=at, restored_by=event.cause, confirmed_at=said)
        case OutageReopened() as reopened:
            ended = state.restored_at is not None and reopened.reopened_at >= state.restored_at
            if not ended:
                return replace(state, reopened_at=reopened.reopened_at)
            return replace(state, reopened_at=reopened.reopened_at, restored_at=None, outcome=None)
        case OutageCorrected() as word:
            return corrected(state, word, event.decided_at)
        case NoticeReferred() as named:
            return refers(state, named)
        case OutageClassified() as word:
            return classified(state, word, event.decided_at)
        case OutageWithdrawn() as withdrawn:
            return without_cut(state, withdrawn)
        case CurtailmentOrdered() as order:
            return _ordered(state, order)
        case _:
            return state


def _ordered(state: PlanState, order: CurtailmentOrdered) -> PlanState:
    """Load is shed from the ordered start on; an earlier order of this name that is over, or has not begun, gives way."""
    begins = max(order.ordered_at, order.planned_period.start)
    if state.over and state.restored_at is not None and state.restored_at < begins:
        return replace(state, order=order, started_at=begins, restored_at=None)
    begun = state.started_at is not None and state.started_at <= order.ordered_at
    return replace(state, order=order, started_at=state.started_at if begun else begins)


def _down(state: PlanState, until: datetime) -> PlanState:
    if state.notice is None:
        return state
    return replace(state, notice=None, past=(*state.past, PastNotice(state.notice, until)))


def _heard(state: PlanState, word: PlanWord, at: datetime) -> PlanState:
    base, floor, words = state.at(at)
    latest = max(state.latest, word.key)
    return replace(state, instant=at, base=base, floor=floor, words=(*words, word), latest=latest)


def follow(state: PlanState, events: Iterable[NewEvent], now: datetime) -> PlanState:
    """The state after `events` that are about to be appended at `now`."""
    for event in events:
        state = evolve(state, Event("", 0, UUID(int=0), event.type, event.data, now, "", ""))
    return state


def _judged(
    state: PlanState, key: Key, standing: Literal["accepted", "rejected"], reasons: tuple[str, ...]
) -> PlanState:
    """The plan of revision `key` was answered; only an answer to the latest word moves where the plan stands."""
    words = tuple(_answered(word, standing, reasons) if word.key == key else word for word in state.words)
    heard = replace(state, words=words)
    return replace(heard, standing=standing, reasons=reasons) if key == state.latest else heard


def _answered(word: PlanWord, standing: Literal["accepted", "rejected"], reasons: tuple[str, ...]) -> PlanWord:
    return (
        replace(word, accepted=True)
        if standing == "accepted"
        else replace(word, data_entry_error=is_data_entry_error(reasons))
    )
