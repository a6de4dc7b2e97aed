"""Decide what follows from a message about planned work: whether it may go ahead, and what the public must read now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import encode
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
    PlannedRequested,
)
from schemas.contracts.restorations import FactAccepted, FactRefused, OutageClassified, RestorationConfirmed
from services.kernel.model import Decision, Event, Message, NewEvent, Review, TimerFired
from services.planner.domain import promises
from services.planner.domain.evolve import evolve
from services.planner.domain.field import facts as field_words
from services.planner.domain.field import reclassified, withdrawals
from services.planner.domain.field.curtailment_scheme import Scheme
from services.planner.domain.notice.publishing import NoticePublisher, out, told_of
from services.planner.domain.notice.text import Voice
from services.planner.domain.notice_content import NoticeContent, told_by
from services.planner.domain.review import reviewed
from services.planner.domain.shown import told
from services.planner.domain.shown.reading import PublicReading
from services.planner.domain.state import Key, PlanState, PlanWord, outcome
from services.planner.domain.verdict import judge as rules
from services.planner.domain.verdict.data_entry_errors import TOO_LARGE, is_data_entry_error
from services.planner.domain.verdict.judge import Verdict, judge
from services.planner.domain.verdict.other_work import NOTHING, OtherWork
from services.planner.domain.verdict.overlaps import RELABELLED
from services.planner.domain.view import view
from services.plausibility import ANSWERED_FIRST, FACT_HELD, released, sift, vouched
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.promises import PromiseRecord
from services.promises.explaining import WhyGiven, why_given

PLANNING_FACTS = frozenset(
    {
        "planned.requested.v1",
        "planned.amended.v1",
        "planned.cancelled.v1",
        "outage.started.v1",
        "outage.withdrawn.v1",
    }
)

HELD = "held-until-known"
OVER = "already-over"
OLDER = "older-revision"
CANCELLED_FIRST = "cancelled-before-requested"
STARTED = "already-started"
ENDED = "end-in-past"
NOT_OURS = "not-a-planning-fact"
# A notice repeats the plan, and Kafka takes records up to 1 MB: what is larger could be judged but never published.
LARGEST_PLAN = 600_000


class PlannerOutage:
    """Streams outage/<mRID> of the planner. Holds each word of dispatch, the verdicts, the notices and their promises.

    `planless`: prefixes of sources that never send plans; work that begins there is recorded and called no breach.

    Raises:
        ValueError: the policy has a notice rule that the planner cannot measure.

    """

    category = "outage"
    reviews = True

    def __init__(
        self,
        policy: Policy,
        calendar: WorkingCalendar,
        voice: Voice | None = None,
        *,
        scheme: Scheme | None = None,
        planless: tuple[str, ...] = (),
    ) -> None:
        rules.check(policy)
        self.rules = f"{policy.id} {policy.version}, {calendar.version}"
        self._policy = policy
        self._calendar = calendar
        self._noticer = NoticePublisher(policy, calendar, voice or Voice(calendar.zone))
        self._field = field_words.FieldWords(self._noticer, scheme, planless)
        self._public = PublicReading(policy.settings.public_notice)

    def initial(self, stream_id: str) -> PlanState:
        """Nothing known."""
        return PlanState(stream_id.partition("/")[2])

    def evolve(self, state: PlanState, event: Event) -> PlanState:
        """The state after `event`."""
        return evolve(state, event)

    def timers(self, state: PlanState) -> Mapping[str, datetime]:
        """The noticed end while power may be off, and the warnings before promises break."""
        return field_words.timers(state)

    def view(self, state: PlanState) -> dict[str, Any]:
        """The plan and its notice for people and audits."""
        return view(state, self._policy.settings.public_notice)

    def promises_of(self, state: PlanState) -> Sequence[PromiseRecord]:
        """Those of the outage's notices."""
        return state.promises.by_id()

    def decide(self, state: PlanState, facts: OtherWork | None, message: Message, now: datetime) -> Decision:
        """What follows from `message` at `now`. `facts`: other work that a plan or an order meets (tables/booked_work.py)."""
        known = facts or NOTHING
        match message.data:
            case FieldFact() as fact:
                return self._sifted(state, fact, known, message, now)
            case FactAccepted() | FactRefused() as answer:
                return self._answered(state, answer, known, message, now)
            case WhyGiven() as said:
                reason, words, detail = why_given(state.promises.records.get(said.promise_id), said, now)
                return Decision(reason, [*map(out, words)], detail)
            case NoticeShown() as fact:
                return self._public.shown(state, fact, message, now)
            case NoticeUnreadable() as fact:
                return self._public.unreadable(state, fact, message)
            case _:
                return self._judged(state, known, message, now)

    def _sifted(self, state: PlanState, fact: FieldFact, known: OtherWork, message: Message, now: datetime) -> Decision:
        """A fact of the field: what cannot be so is held; the restorer asks about it."""
        sifted = sift(state.doubts, fact, message.cause, message.recorded_at, self._policy.settings.facts)
        held = [NewEvent(FACT_HELD, sifted.held)] if sifted.held is not None else []
        if sifted.fact is None:
            return Decision(sifted.reason or HELD, held)
        decision = self._judged(state, known, replace(message, data=sifted.fact), now)
        return replace(decision, events=(*held, *decision.events), detail=decision.detail or sifted.reason)

    def _answered(
        self, state: PlanState, answer: FactAccepted | FactRefused, known: OtherWork, message: Message, now: datetime
    ) -> Decision:
        """Whether a fact in question is so: what is held is taken, or let go."""
        record = NewEvent(message.type, answer)
        if answer.question_id in state.doubts.answers:
            return Decision("already-answered")
        fact = None
        if isinstance(answer, FactAccepted):
            fact = released(state.doubts, answer) or vouched(state.withdrawal, answer)
        if fact is None:
            heard = answer.question_id in state.doubts.held
            return Decision("fact-refused" if heard else ANSWERED_FIRST, [record])
        decision = self._judged(state, known, replace(message, data=fact, type=TYPE_OF[type(fact)]), now)
        return replace(decision, events=(record, *decision.events))

    def _judged(self, state: PlanState, known: OtherWork, message: Message, now: datetime) -> Decision:
        """What follows from what is believed."""
        if withdrawals.is_taken_back(state, message.data):
            return Decision(withdrawals.WITHDRAWN)
        if reclassified.is_of_a_fault(state, message.data):
            return Decision(reclassified.A_FAULT)
        match message.data:
            case PlanBody() as plan:
                return self._plan(state, plan, known, now)
            case PlannedCancelled() as cancel:
                return self._cancel(state, cancel, now)
            case OutageWithdrawn() as withdrawn:
                return self._withdraw(state, withdrawn, message.cause, now)
            case OutageCorrected() as word:
                return self._field.corrected(state, word, message.cause, now)
            case OutageClassified() as word:
                return self._field.classified(state, word, known, now)
            case OutageStarted() as started:
                return self._field.start(state, started, message, now)
            case ExtentChanged() as changed:
                return self._field.extent(state, changed, message.cause, now)
            case OutageReopened() as reopened:
                return self._field.reopened(state, reopened)
            case RestorationConfirmed() as confirmed:
                return self._field.restored(state, confirmed, message.cause, now)
            case CurtailmentOrdered() as order:
                return self._field.order(state, order, known, now)
            case TimerFired() as fired:
                return self._timer(state, fired, now)
            case Review():
                return self._reviewed(state, now)
            case _:
                return Decision(NOT_OURS)

    def _timer(self, state: PlanState, fired: TimerFired, now: datetime) -> Decision:
        if fired.name == field_words.NOTICED_END:
            return self._field.end(state, fired.due_at, now, unproven=fired.unproven)
        if fired.name.startswith(told.DUE):
            name = fired.name.removeprefix(told.DUE)
            return Decision(told.NOT_SHOWN, [*self._public.due(state, name, unproven=fired.unproven)])
        name = fired.name.removeprefix(field_words.AT_RISK)
        begun = state.started_at is not None
        near = promises.at_risk(state.promises, name, now, begun=begun, showings=state.shown)
        return self._field.said("promise-at-risk", near)

    def _reviewed(self, state: PlanState, now: datetime) -> Decision:
        """Open deadlines as today's policy and calendar count them; what is over stays as it was judged."""
        if state.notice is None:
            return Decision("no-notice-concerned")
        if state.over:
            return Decision(OVER)
        moved = [*map(out, reviewed(state, state.notice, self._policy, self._calendar, now))]
        return Decision("reviewed" if moved else "stands-as-it-is", moved)

    def _plan(self, state: PlanState, plan: PlanBody, known: OtherWork, now: datetime) -> Decision:
        """A request or an amendment: the whole plan is in either, so an amendment that comes first is a request."""
        key: Key = (plan.revision_number, 0)
        base, floor, words = state.at(now)
        verdict = self.judge(state, plan, known, now)
        if verdict.reasons[:1] in ((CANCELLED_FIRST,), (withdrawals.WITHDRAWN,)):
            # The word that takes it back came before the plan; dispatch hears so, once.
            return Decision(verdict.reasons[0], [*self._noticer.answer(plan, verdict, now)])
        if key <= floor or any(word.key == key or (word.final and word.key > key) for word in words):
            return Decision(OLDER)
        told = told_by(plan)
        words = (
            *words,
            PlanWord(key, told, accepted=verdict.accepted, data_entry_error=is_data_entry_error(verdict.reasons)),
        )
        wanted = outcome(base, words, self._policy.inside)
        if state.started_at is not None:
            # Work that began goes on as noticed: no refusal makes its notice false.
            wanted = told if verdict.accepted else told_of(state.notice)
        events = [*self._noticer.answer(plan, verdict, now)]
        if not verdict.accepted or wanted != told:
            if wanted not in (None, told_of(state.notice)) and wanted.period.end <= now:
                wanted = None
            brought = [*self._brought(state, plan, wanted, now)]
            if verdict.accepted:
                return Decision("overtaken-by-later-revision", [*events, *brought])
            how = "" if not brought else "refused-and-withdrawn" if wanted is None else "refused-and-narrowed"
            return Decision(how or verdict.reasons[0], [*events, *brought])
        if told_of(state.notice) == told:
            return Decision("accepted-unchanged", events)
        events += self._noticer.publish(state, plan, told, verdict, now)
        return Decision(self._reason(state, plan, told), events)

    def judge(self, state: PlanState, plan: PlanBody, known: OtherWork, now: datetime) -> Verdict:
        """What the policy says to `plan` at `now`, given what is known of its outage: what `decide` answers dispatch.

        `known`: other work that it meets (tables/booked_work.py).
        """
        told, (base, _, _) = told_by(plan), state.at(now)
        within = base.told if base is not None and told.inside(base.told, self._policy.inside) else None
        if within is not None and within.safety_cut and not plan.safety_cut:
            within = None  # A safety cut was excused from its clock: what is none any more has no clock to keep.
        verdict = judge(plan, self._policy, self._calendar, now, within=within, known=known)
        if state.withdrawal is not None and plan.requested_at <= withdrawals.holds_at(state, state.withdrawal):
            return replace(verdict, accepted=False, reasons=(withdrawals.WITHDRAWN,))
        if not state.planned and (plan.revision_number, 0) < state.latest:
            return replace(verdict, accepted=False, reasons=(CANCELLED_FIRST,))
        if plan.outage_class == "temporary" and state.asked_as_planned:
            verdict = replace(verdict, warnings=(*verdict.warnings, RELABELLED))
        goes_on = within is not None and told.begins_with(within)
        final = TOO_LARGE if len(encode(plan)) > LARGEST_PLAN else None
        if final is None and not plan.safety_cut:
            final = OVER if state.over else STARTED if state.started_at is not None and not goes_on else None
        if final is None and within is not None and not plan.safety_cut and plan.planned_period.end <= now:
            # An end that is past already cannot be told: if work goes on, it goes on as noticed.
            final = ENDED
        return verdict if final is None else replace(verdict, accepted=False, reasons=(final, *verdict.reasons))

    def _brought(
        self, state: PlanState, plan: PlanBody, wanted: NoticeContent | None, now: datetime
    ) -> Iterator[NewEvent]:
        """Bring the notice in force to what of it is still to come: down to `wanted`, or down altogether."""
        standing = told_of(state.notice)
        if wanted is None:
            yield from self._noticer.withdraw(state, "no-longer-as-noticed", now)
        elif wanted != standing:
            # It lies inside what was noticed, whose clock it keeps.
            yield from self._noticer.keep_noticed(state, wanted, standing or wanted, plan.revision_number, now)

    def _cancel(self, state: PlanState, cancel: PlannedCancelled, now: datetime) -> Decision:
        key: Key = (cancel.revision_number, 1)
        _, floor, words = state.at(now)
        if state.begun(now):
            return Decision("cancelled-after-start")
        if key <= state.latest and state.latest[1] == 1:
            return Decision("already-cancelled")
        if key <= floor or any(word.key == key or (word.final and word.key > key) for word in words):
            return Decision(OLDER)
        record = NewEvent(TYPE_OF[type(cancel)], cancel)
        if not state.planned and state.order is None:
            return Decision(HELD, [record])
        if state.notice is None:
            return Decision("nothing-published", [record])
        return Decision("withdrawn", [record, *self._noticer.withdraw(state, "cancelled", now, cancel.reason)])

    def _withdraw(self, state: PlanState, withdrawn: OutageWithdrawn, cause: str, now: datetime) -> Decision:
        """There was no outage: what the public reads of it comes down, and what was promised counts nowhere."""
        refused = withdrawals.refusal(state, withdrawn)
        record = NewEvent(TYPE_OF[type(withdrawn)], withdrawn)
        if refused is not None:
            # One that lies before the start may yet be stood by.
            return Decision(refused, [record] if refused == withdrawals.BEGUN_SINCE else [])
        if not state.planned and withdrawals.begun(state) is None:
            return Decision(HELD, [record])
        return Decision(withdrawals.WITHDRAWN, [record, *self._noticer.no_outage(state, cause, now)])

    def _reason(self, state: PlanState, plan: PlanBody, told: NoticeContent) -> str:
        if state.notice is not None:
            return self._noticer.change(told, state.notice.told)
        return "published" if state.planned or isinstance(plan, PlannedRequested) else "taken-as-request"
