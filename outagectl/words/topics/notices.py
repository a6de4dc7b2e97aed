"""Describe in words what the planner decided: as a sentence of a history, and as a line of a log book after `planner`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from operations.times import Times
from outagectl.words.catalogue import catalogue, words
from outagectl.words.gaps import breach, flagged
from outagectl.words.parts import because, extent
from schemas.contracts.base import Period
from schemas.contracts.notices import (
    NoticeAmended,
    NoticeBreached,
    NoticeClosed,
    NoticeDeadlineMoved,
    NoticePublished,
    NoticeWithdrawn,
    PlanAccepted,
    PlanRejected,
)
from services.planner.domain.events import NoticeReferred, WorkUnbegun

OUTCOMES: Mapping[Literal["carried-out", "carried-out-late", "not-carried-out"], str] = {
    "carried-out": "was carried out",
    "carried-out-late": "was carried out, longer than noticed",
    "not-carried-out": "was not carried out",
}


def _noticed(period: Period | None, t: Times) -> str:
    return f"; noticed was {t.period(period)}" if period else ""


def _inform(by: datetime | None, verb: str, t: Times) -> str:
    return f"; key customers {verb} by {t.text(by)}" if by else ""


def _accepted(e: PlanAccepted, t: Times) -> str:
    return "; ".join(filter(None, (f"The plan for {t.period(e.planned_period)} may go ahead", flagged(e.warnings))))


def _lets_go_ahead(e: PlanAccepted, _: Times) -> str:
    """Why it may go ahead: by the rules, with a named approver's exception, or because it cannot be refused."""
    gaps = f"; {said}" if (said := flagged(e.warnings)) else ""
    if "safety-cut" in e.warnings:
        return f"lets the cut go ahead: a safety cut is never refused{gaps}"
    if gaps:
        return f"takes the order, which is never refused, and flags what does not fit the published scheme{gaps}"
    if any((one.given or "").startswith("step ") for one in e.findings):
        return "finds the order to follow the published scheme"
    if any(one.startswith("exception-used:") for one in e.warnings):
        return "lets the plan go ahead by that leave, which stays on record with the name"
    return "finds the plan lawful: it may go ahead"


def _rejected(e: PlanRejected, t: Times) -> str:
    lawful = f"; lawful from {t.text(e.earliest_lawful_start)}" if e.earliest_lawful_start else ""
    return f"The plan for {t.period(e.planned_period)} is refused: {', '.join(e.reasons)}{lawful}"


def _refuses(e: PlanRejected, t: Times) -> str:
    start = e.earliest_lawful_start
    lawful = f"; the earliest lawful start is {t.text(start)}" if start else ""
    return f"refuses the plan: {', '.join(e.reasons)}{lawful}"


def _published(e: NoticePublished, t: Times) -> str:
    what = f"Notice {e.notice_id} is published: {t.period(e.planned_period)}, {extent(e.extent)}"
    return what + _inform(e.inform_by, "are to know", t)


def _amended(e: NoticeAmended, t: Times) -> str:
    same = e.previous_period == e.planned_period
    change = f"{e.change}, its time stays" if same else f"{e.change} from {t.period(e.previous_period)}"
    return f"Notice {e.notice_id} takes its place: {t.period(e.planned_period)} ({change})"


def _publishes_anew(e: NoticeAmended, t: Times) -> str:
    what = f"publishes the notice {e.notice_id} in place of {e.supersedes} ({e.change} to {t.period(e.planned_period)})"
    return what + _inform(e.inform_by, "must know", t)


def _breached(e: NoticeBreached, t: Times) -> str:
    return f"The notice is breached: {breach(e.kind)} ({e.kind}), {t.text(e.at)}{_noticed(e.noticed_period, t)}"


def _finds_breach(e: NoticeBreached, t: Times) -> str:
    of = f" ({e.notice_id})" if e.notice_id else ""
    return f"a breach of the notice{of}: {breach(e.kind)}, since {t.text(e.at)}{_noticed(e.noticed_period, t)}"


def _deadline_moved(e: NoticeDeadlineMoved, t: Times) -> str:
    return f"Key customers are to know by {t.text(e.inform_by)}, not by {t.text(e.was)}{because(e.reason)}"


def notice_closed(e: NoticeClosed, t: Times, *, what: str = "the work") -> str:
    """What became of a notice. `what` was noticed: the event does not say, and an order to shed load is no work."""
    back = f"; power back {t.text(e.restored_at)}" if e.restored_at else ""
    return f"Notice {e.notice_id} is done with: {what} {OUTCOMES.get(e.outcome, str(e.outcome))}{back}"


def _referred(e: NoticeReferred, t: Times) -> str:
    """Of work that dispatch says was another outage's plan."""
    notice = e.notice
    if notice is None:
        return f"It was the work of plan {e.plan_mrid}, of which no notice was up then"
    return f"It was the work of plan {e.plan_mrid}: notice {notice.notice_id}, {t.period(notice.planned_period)}"


def _booked(e: WorkUnbegun, t: Times) -> str:
    return f"the work stays booked for {t.period(e.noticed)}" if e.noticed else "nothing is booked"


NOTICES = catalogue(
    words(PlanAccepted, _accepted, book=_lets_go_ahead),
    words(PlanRejected, _rejected, book=_refuses),
    words(
        NoticePublished,
        _published,
        book=lambda e, t: f"publishes the notice {e.notice_id}{_inform(e.inform_by, 'must know', t)}",
    ),
    words(NoticeAmended, _amended, book=_publishes_anew),
    words(
        NoticeWithdrawn,
        lambda e, t: f"Notice {e.notice_id} for {t.period(e.planned_period)} is withdrawn{because(e.reason)}",
        book=lambda e, t: f"withdraws the notice {e.notice_id} ({t.period(e.planned_period)}) at once",
    ),
    words(NoticeDeadlineMoved, _deadline_moved),
    words(NoticeClosed, notice_closed),
    words(NoticeBreached, _breached, book=_finds_breach),
    words(NoticeReferred, _referred),
    words(
        WorkUnbegun,
        lambda e, t: f"It was no work, and a fault; {_booked(e, t)}",
        book=lambda e, t: f"takes it for no work that has begun; {_booked(e, t)}",
    ),
)
