"""Decide what follows where dispatch says that two outages are one: for the one that ends, and for the one that goes on. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from schemas.contracts import dispatch, restorations
from schemas.contracts.all_types import TYPE_OF, type_of
from services.kernel.model import Decision, NewEvent
from services.plausibility import AFTER_MERGING, Doubt, ask, question_of
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.announcements import announce
from services.restorer.domain.callers import calling_back
from services.restorer.domain.doubting import explained
from services.restorer.domain.events import SUPPLY_JOINS
from services.restorer.domain.evolve import fold
from services.restorer.domain.lifecycle import course_of
from services.restorer.domain.merging import judging
from services.restorer.domain.merging.judging import MergeVerdict, Survivors
from services.restorer.domain.owed import reconciling
from services.restorer.domain.state import SupplyState


def of_merged(state: SupplyState, fact: Any, cause: str, now: datetime) -> Decision:
    """A fact of an outage that was merged before it happened: it is the other's, and is handed on from this log."""
    recorded = [NewEvent(type_of(fact), fact)]
    if isinstance(fact, dispatch.OutageWithdrawn) and state.merged is not None:
        # There was none: of which of the two, nobody can tell.
        doubt = Doubt(AFTER_MERGING, "withdrawn_at", fact.withdrawn_at, state.merged.merged_at)
        return Decision(AFTER_MERGING, [*recorded, _published(ask(fact, doubt, cause, now))])
    return Decision(judging.OF_SURVIVOR, recorded)


class Merging:
    """What follows under a policy and its calendar."""

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        self._policy, self._calendar = policy, calendar
        self._calls = calling_back.rules_of(policy, calendar)

    def asked(
        self, state: SupplyState, fact: dispatch.OutageMerged, cause: str, now: datetime, survivors: Survivors
    ) -> Decision:
        """Dispatch says that this outage is another one."""
        state = fold(state, fact, cause)
        verdict = judging.judge(state, course_of(state), fact, survivors)
        recorded = NewEvent("outage.merged.v1", fact)
        return Decision(verdict.reason, [recorded, *self._comes_to(state, fact, cause, verdict, now)])

    def looked_at(self, state: SupplyState, now: datetime, survivors: Survivors) -> Decision:
        """Whether a merge that had to wait can be judged now."""
        reason, made = self._waited(state, now, survivors)
        return Decision(reason, made)

    def waits_in_vain(self, state: SupplyState, due_at: datetime, now: datetime) -> Decision:
        """Nobody has said anything of the outage into which this one is to be merged: is it another? It goes on waiting."""
        verdict = MergeVerdict(judging.SURVIVOR_UNKNOWN)
        asked = [
            _published(judging.ask(state, fact, verdict, cause, now))
            for fact, cause in judging.waiting(state)
            if question_of(fact) not in state.questions and fact.merged_at + judging.WAITS_UNASKED <= due_at
        ]
        return Decision(judging.SURVIVOR_UNKNOWN if asked else "no-merge-waits", asked)

    def follows(
        self, state: SupplyState, decision: Decision, cause: str, now: datetime, survivors: Survivors
    ) -> Decision:
        """A decision with what follows from it for another outage: what this one, merged, was up to; or that it is merged now."""
        after = state
        for event in decision.events:
            after = fold(after, event.data, cause)
        if after.merged is not None:
            broken = after.joins.broken if after.joins is not None else ()
            word = judging.joining(after, self._policy, self._calendar, broken)
            made = [] if word is None else [NewEvent(SUPPLY_JOINS, word)]
        else:
            _, made = self._waited(after, now, survivors)
        return Decision(decision.reason, [*decision.events, *made], decision.detail) if made else decision

    def _waited(self, state: SupplyState, now: datetime, survivors: Survivors) -> tuple[str, list[NewEvent]]:
        course = course_of(state)
        reason = "no-merge-waits"
        for fact, cause in judging.waiting(state):
            verdict = judging.judge(state, course, fact, survivors)
            reason = verdict.reason
            if made := self._comes_to(state, fact, cause, verdict, now):
                return reason, made
        return reason, []

    def _comes_to(
        self, state: SupplyState, fact: dispatch.OutageMerged, cause: str, verdict: MergeVerdict, now: datetime
    ) -> list[NewEvent]:
        """Merged: the word to all, the end of its promises here, and what it was up to. Refused: a question, asked once."""
        if verdict.reason in judging.REFUSALS:
            question = judging.ask(state, fact, verdict, cause, now)
            known = state.questions.get(question.question_id)
            return [] if known is not None and known.reason == question.reason else [_published(question)]
        if verdict.reason != judging.MERGED:
            return []
        broken = judging.broken_of(state)
        word = judging.confirmed(state, verdict, fact, cause, now)
        state = fold(state, word, cause)
        # What had come back by then, and was not said because of what has happened since.
        ended = [
            *announce(state, course_of(state), now),
            *calling_back.words(state, course_of(state), None, self._calls, now),
            *reconciling.reconcile(state, (), {}, None, self._policy.version, now),
        ]
        for each in ended:
            state = fold(state, each, cause)
        joins = judging.joining(state, self._policy, self._calendar, broken)
        known = state.questions.get(question_of(fact))
        settled = [] if known is None else [explained(state, known, cause, now)]
        events = [*map(_published, settled), _published(word), *map(_published, ended)]
        return events if joins is None else [*events, NewEvent(SUPPLY_JOINS, joins)]


def _published(said: Any) -> NewEvent:
    return NewEvent(TYPE_OF[type(said)], said, topic=restorations.TOPIC)
