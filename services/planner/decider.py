"""Decides what follows from a word about planned work: whether it may go ahead, and what the public must read now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from schemas import notices
from schemas.base import Wire
from schemas.dispatch import OutageStarted, PlanBody, PlannedCancelled, PlannedRequested
from schemas.notices import NoticeAmended, NoticePublished, NoticeWithdrawn, PlanAccepted, PlanRejected
from schemas.registry import TYPE_OF
from services.kernel.calendar import WorkingCalendar
from services.kernel.model import Decision, Event, Message, NewEvent
from services.planner import rules
from services.planner.notice_text import notice_text
from services.planner.rules import Verdict, inform_by, judge
from services.planner.state import InForce, Key, State, Told, Word, evolve, outcome, told_by, view
from services.policy import Policy

PLANNING_FACTS = frozenset({"planned.requested.v1", "planned.amended.v1", "planned.cancelled.v1", "outage.started.v1"})
PLANNED_CLASSES = frozenset({"planned", "temporary"})

HELD = "held-until-known"
OLDER = "older-revision"
CANCELLED_FIRST = "cancelled-before-requested"
STARTED = "already-started"
NOT_OURS = "not-a-planning-fact"


class PlannerOutage:
    """Streams outage/<mRID> of the planner. Holds each word of dispatch, the verdicts, and the notices.

    Raises:
        ValueError: the policy has a notice rule that the planner cannot measure.

    """

    category = "outage"

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        rules.check(policy)
        self._policy = policy
        self._calendar = calendar

    def initial(self, stream_id: str) -> State:
        """Nothing known."""
        return State(stream_id.partition("/")[2])

    def evolve(self, state: State, event: Event) -> State:
        """The state after `event`."""
        return evolve(state, event)

    def timers(self, state: State) -> Mapping[str, datetime]:
        """None yet: promises about notices come with their verdicts."""
        del state
        return {}

    def view(self, state: State) -> dict[str, Any]:
        """The plan and its notice for people and audits."""
        return view(state)

    def decide(self, state: State, facts: Any, message: Message, now: datetime) -> Decision:
        """What follows from `message` at `now`."""
        del facts
        match message.data:
            case PlanBody() as plan:
                return self._plan(state, plan, now)
            case PlannedCancelled() as cancel:
                return self._cancel(state, cancel, now)
            case OutageStarted() as started:
                return self._start(state, started)
            case _:
                return Decision(NOT_OURS)

    def _plan(self, state: State, plan: PlanBody, now: datetime) -> Decision:
        """A request or an amendment: the whole plan is in either, so an amendment that comes first is a request."""
        key: Key = (plan.revision_number, 0)
        base, floor, words = state.at(now)
        if not state.planned and key < state.latest:
            return self._refuse_cancelled(plan, now)
        if key <= floor or any(word.key == key or (word.final and word.key > key) for word in words):
            return Decision(OLDER)
        told = told_by(plan)
        verdict = self._verdict(state, plan, told, base, now)
        words = (*words, Word(key, told, accepted=verdict.accepted))
        wanted = outcome(base, words)
        if state.started_at is not None:
            # Work that began goes on as noticed: no refusal makes its notice false.
            wanted = told if verdict.accepted else _told(state.notice)
        if not verdict.accepted:
            return self._refused(state, plan, verdict, now, withdraw=wanted is None)
        events = [*_answer(plan, verdict, now)]
        if wanted != told:
            events += self._withdrawal(state, "no-longer-as-noticed", now) if wanted is None else ()
            return Decision("overtaken-by-later-revision", events)
        if _told(state.notice) == told:
            return Decision("accepted-unchanged", events)
        events.append(_out(self._notice(state, plan, told, now)))
        return Decision(_reason(state, plan, told), events)

    def _verdict(self, state: State, plan: PlanBody, told: Told, base: InForce | None, now: datetime) -> Verdict:
        inside = base is not None and told.inside(base.told)
        verdict = judge(plan, self._policy, self._calendar, now, inside_notice=inside)
        if state.notice is not None and (state.notice.told.outage_class, plan.outage_class) == ("planned", "temporary"):
            verdict = replace(verdict, warnings=(*verdict.warnings, "planned-relabelled-temporary"))
        begun = state.started_at is not None
        goes_on = inside and base is not None and told.period.start == base.told.period.start
        if begun and not goes_on and not plan.safety_cut:
            verdict = replace(verdict, accepted=False, reasons=(STARTED, *verdict.reasons))
        return verdict

    def _refused(self, state: State, plan: PlanBody, verdict: Verdict, now: datetime, *, withdraw: bool) -> Decision:
        events = [*_answer(plan, verdict, now)]
        if not withdraw or state.notice is None:
            return Decision(verdict.reasons[0], events)
        return Decision("refused-and-withdrawn", [*events, *self._withdrawal(state, "no-longer-as-noticed", now)])

    def _refuse_cancelled(self, plan: PlanBody, now: datetime) -> Decision:
        """The cancellation came before the plan it takes back; dispatch hears so, once."""
        verdict = judge(plan, self._policy, self._calendar, now)
        verdict = replace(verdict, accepted=False, reasons=(CANCELLED_FIRST,))
        return Decision(CANCELLED_FIRST, [*_answer(plan, verdict, now)])

    def _cancel(self, state: State, cancel: PlannedCancelled, now: datetime) -> Decision:
        key: Key = (cancel.revision_number, 1)
        _, floor, words = state.at(now)
        if state.started_at is not None:
            return Decision("cancelled-after-start")
        if key <= state.latest and state.latest[1] == 1:
            return Decision("already-cancelled")
        if key <= floor or any(word.key == key or (word.final and word.key > key) for word in words):
            return Decision(OLDER)
        record = NewEvent(TYPE_OF[type(cancel)], cancel)
        if not state.planned:
            return Decision(HELD, [record])
        if state.notice is None:
            return Decision("nothing-published", [record])
        return Decision("withdrawn", [record, *self._withdrawal(state, "cancelled", now, cancel.reason)])

    def _start(self, state: State, started: OutageStarted) -> Decision:
        if not state.planned and started.outage_class not in PLANNED_CLASSES:
            return Decision(NOT_OURS)
        if not started.confirmed:
            return Decision("start-not-confirmed")
        if state.started_at is not None and started.started_at >= state.started_at:
            return Decision(STARTED)
        record = NewEvent(TYPE_OF[type(started)], started)
        if state.started_at is not None:
            return Decision("start-corrected", [record])
        if not state.planned:
            return Decision(HELD, [record])
        return Decision("start-recorded" if state.notice is not None else "started-without-notice", [record])

    def _notice(self, state: State, plan: PlanBody, told: Told, now: datetime) -> NoticePublished | NoticeAmended:
        version = state.version + 1
        fields: dict[str, Any] = {
            "mrid": plan.mrid,
            "notice_id": f"{plan.mrid}/{version}",
            "revision_number": plan.revision_number,
            "version": version,
            "outage_class": plan.outage_class,
            "published_at": now,
            "planned_period": plan.planned_period,
            "extent": plan.extent,
            "reason": plan.reason,
            "safety_cut": plan.safety_cut,
            "inform_by": inform_by(plan, self._policy, self._calendar, now),
            "text": notice_text(plan, self._calendar.zone),
        }
        before = state.notice
        if before is None:
            return NoticePublished(**fields)
        return NoticeAmended(
            **fields, supersedes=before.notice_id, previous_period=before.told.period, change=_change(told, before.told)
        )

    def _withdrawal(
        self, state: State, reason: str, now: datetime, explanation: str | None = None
    ) -> Iterator[NewEvent]:
        notice = state.notice
        if notice is not None:
            yield _out(
                NoticeWithdrawn(
                    mrid=state.mrid,
                    notice_id=notice.notice_id,
                    version=notice.version,
                    withdrawn_at=now,
                    planned_period=notice.told.period,
                    extent=notice.told.extent,
                    reason=reason,
                    explanation=explanation,
                )
            )


def _answer(plan: PlanBody, verdict: Verdict, now: datetime) -> Iterator[NewEvent]:
    """The plan as dispatch said it, and what the policy says to it."""
    yield NewEvent(TYPE_OF[type(plan)], plan)
    common: dict[str, Any] = {
        "mrid": plan.mrid,
        "revision_number": plan.revision_number,
        "decided_at": now,
        "planned_period": plan.planned_period,
        "findings": verdict.findings,
        "warnings": verdict.warnings,
    }
    if verdict.accepted:
        yield _out(PlanAccepted(**common))
        return
    # Work that began, or was cancelled, has no lawful start of its own any more.
    final = {STARTED, CANCELLED_FIRST} & set(verdict.reasons)
    earliest = None if final else verdict.earliest_lawful_start
    yield _out(PlanRejected(**common, reasons=verdict.reasons, earliest_lawful_start=earliest))


def _out(data: Wire) -> NewEvent:
    return NewEvent(TYPE_OF[type(data)], data, topic=notices.TOPIC)


def _told(notice: InForce | None) -> Told | None:
    return notice.told if notice is not None else None


def _change(told: Told, before: Told) -> Literal["narrowed", "moved", "changed"]:
    if told.inside(before):
        return "narrowed"
    return "moved" if told.period != before.period else "changed"


def _reason(state: State, plan: PlanBody, told: Told) -> str:
    if state.notice is not None:
        return _change(told, state.notice.told)
    return "published" if state.planned or isinstance(plan, PlannedRequested) else "taken-as-request"
