"""What follows for an outage from all that is known of it: questions, then what is said of power, then promises. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import msgspec

from schemas.contracts import restorations
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.promises import PromiseMade
from services.kernel.model import Decision, NewEvent
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.promises import episode_of, is_published
from services.restorer.domain.announcements import announce
from services.restorer.domain.callers import calling_back
from services.restorer.domain.course.beside import NOTHING_BESIDE, Beside, by_network
from services.restorer.domain.course.place_questions import about_places
from services.restorer.domain.events import SupplyByModel
from services.restorer.domain.evidence.checking import Evidence, evidence_of
from services.restorer.domain.evidence.words import words_on
from services.restorer.domain.evolve import say
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.owed import asked, excuses, reconciling, rules
from services.restorer.domain.state import SupplyState


class Following:
    """What follows under a policy and its calendar."""

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        self._policy, self._calendar = policy, calendar
        self.calls = calling_back.rules_of(policy, calendar)

    @staticmethod
    def by_network(state: SupplyState, beside: Beside) -> tuple[Course, list[SupplyByModel], SupplyState]:
        """The course, what the network newly says of it, and the state that knows so."""
        course, word = by_network(state, beside)
        return course, [] if word is None else [word], state if word is None else say(state, word)

    def all_of(
        self, state: SupplyState, course: Course, cause: str, now: datetime, beside: Beside
    ) -> Iterator[msgspec.Struct]:
        """Questions about places, then what must be said."""
        models = state.network.network_models if state.network is not None and state.network.points else ()
        for word in about_places(state, course, models, beside, cause, now):
            state = say(state, word)
            yield word
        yield from self.borne_out(state, course, cause, now, beside)

    def borne_out(
        self, state: SupplyState, course: Course, cause: str, now: datetime, beside: Beside
    ) -> Iterator[msgspec.Struct]:
        """Who denies a restoration, before it is said of anybody; then what must be said."""
        found = self.evidence(state, course, beside)
        for word in words_on(state, course, found, cause, now):
            state = say(state, word)
            yield word
        yield from self.consequences(state, course, now, beside, found)

    def evidence(self, state: SupplyState, course: Course, beside: Beside) -> Evidence | None:
        """How meters and customers bear out the restoration; None where there is none, or nobody says anything."""
        settings = self._policy.settings
        return evidence_of(state, course, beside, settings.facts, settings.same_fault_within)

    def consequences(
        self,
        state: SupplyState,
        course: Course,
        now: datetime,
        beside: Beside = NOTHING_BESIDE,
        found: Evidence | None = None,
    ) -> Iterator[msgspec.Struct]:
        """What must be said now that was not said before: first about power, then about promises."""
        yield from announce(state, course, now, beside, found.meters if found is not None else None)
        yield from self.calls_back(state, course, now)
        yield from self.promises(state, course, now)

    def calls_back(
        self, state: SupplyState, course: Course, now: datetime
    ) -> Iterator[restorations.FollowupDue | restorations.FollowupEnded]:
        """Who is to be called back, who no longer, and what came of it."""
        rule = rules.callback_rule(course, self._policy, self._calendar)
        return calling_back.words(state, course, rule, self.calls, now)

    def calls_moved(
        self, state: SupplyState, before: Course, course: Course
    ) -> Iterator[restorations.FollowupDue | restorations.FollowupEnded]:
        """The same, where a fact moved the times with power."""
        rule = rules.callback_rule(course, self._policy, self._calendar)
        return calling_back.moved(state, before, course, rule, self.calls)

    def promises(
        self, state: SupplyState, course: Course, now: datetime, *, review: bool = False
    ) -> Iterator[msgspec.Struct]:
        """What brings the published promises in line with the facts; with `review` open deadlines move, too."""
        wanted = asked.wanted(state, course, self._policy, self._calendar)
        gone, recast = excuses.withdrawn(course), rules.reclassified(state, course, self._policy)
        return reconciling.reconcile(state, wanted, gone, recast, self._policy.version, now, review=review)

    def only_to_come(self, before: SupplyState, decision: Decision, now: datetime) -> Decision:
        """The decision without promises that were owed before this fact, were never made, and are past: nobody gave them.

        A version of before did not know the rule. What it left unjudged is not called broken in a row when this one comes, or when
        a regime gains a rule; what can still be kept is promised.
        """
        past = [said.data for said in decision.events if isinstance(said.data, PromiseMade) and said.data.due_at <= now]
        if not past:
            return decision
        owed = asked.never_made(before, self._policy, self._calendar)
        gone = {made.promise_id for made in past if (made.rule.rule_id, episode_of(made.promise_id)) in owed}
        kept = [one for one in decision.events if getattr(one.data, "promise_id", None) not in gone]
        return replace(decision, events=kept)


def published(said: msgspec.Struct) -> NewEvent:
    """What is said to all; a warning that comes too late only in the log."""
    topic = restorations.TOPIC if is_published(said) else None
    return NewEvent(TYPE_OF[type(said)], said, topic=topic)  # type: ignore[index]
