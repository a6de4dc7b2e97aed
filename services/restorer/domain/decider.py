"""Decide what follows from a fact about an outage: one reason per fact, and whatever must now be said.

Every fact is recorded; what the outage looks like is concluded from all facts together (lifecycle.py), and compared
with what was already said (state.py). The difference is what gets published. So a fact may come late, twice or before
the outage is known: it is recorded all the same, and what it means shows when the rest is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any, TypeGuard

import msgspec

from schemas.contracts import dispatch, restorations
from schemas.contracts.all_types import TYPE_OF, type_of
from schemas.contracts.evidence import replies
from services.kernel.model import Decision, Event, Message, NewEvent, Review, TimerFired
from services.merging.words import FactOfMerged, is_of_survivor
from services.places import FORM
from services.plausibility import FACT_HELD, ask, question_of, sift
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.promises import PromiseRecord
from services.promises.explaining import WhyGiven, why_given
from services.restorer.domain import doubting, snapshot
from services.restorer.domain.announcements import NAME_LENGTH
from services.restorer.domain.callers import recording
from services.restorer.domain.callers.recorded import FollowupRecorded
from services.restorer.domain.callers.recording import OF_CALLS
from services.restorer.domain.course import absence, unsaid
from services.restorer.domain.course.beside import NOTHING_BESIDE, Beside
from services.restorer.domain.course.reasons import PLANNED, REASONS, WITHDRAWN, FactInContext
from services.restorer.domain.deciding.answers import Answered
from services.restorer.domain.deciding.following import Following, published
from services.restorer.domain.deciding.timed import Timed
from services.restorer.domain.events import (
    SUPPLY_BY_MODEL,
    SUPPLY_JOINS,
    TERRITORY_BY_MODEL,
    FactAnswered,
    MergeDue,
    MetersLooked,
    OthersMoved,
    SupplyJoins,
)
from services.restorer.domain.evidence.checked import DENIALS
from services.restorer.domain.evolve import evolve, fold, say
from services.restorer.domain.lifecycle import course_of
from services.restorer.domain.merging.decider import Merging, of_merged
from services.restorer.domain.merging.judging import MERGED
from services.restorer.domain.owed import moments
from services.restorer.domain.slimming import slim
from services.restorer.domain.state import SupplyState
from services.restorer.domain.view import view_of

HELD = "held-until-known"
CLOSED = "outage-closed"
OVER: Mapping[str, str] = {"closed": CLOSED, "withdrawn": WITHDRAWN, "merged": MERGED}
"""Outages of which nothing is reviewed: status, and the reason."""
OF_METERS = (dispatch.MeterFault, dispatch.MeterMended)
"""Facts about a meter: a matter of its own, and no outage."""
TAKEN = frozenset({*REASONS, "outage.merged.v1"})
"""Facts that the restorer takes."""


class RestorerOutage:
    """Follows one outage (stream outage/<mRID>) until power is back, and judges the promises on the way."""

    category = "outage"
    reviews = True

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        self._policy = policy
        self._calendar = calendar
        self._merging = Merging(policy, calendar)
        self.rules = f"{policy.id} {policy.version}, {calendar.version}, names {FORM}"  # states hold normal names
        self._following = Following(policy, calendar)
        self._answers = Answered(self._following, self._take)
        self._timed = Timed(policy, self._following, self._merging)
        moments.check(policy)

    def initial(self, stream_id: str) -> SupplyState:
        """Nothing known of the outage yet."""
        return SupplyState(mrid=stream_id.partition("/")[2])

    def evolve(self, state: SupplyState, event: Event) -> SupplyState:
        """The state after one event."""
        return slim(evolve(state, event), event.data)

    def decide(self, state: SupplyState, facts: Beside | None, message: Message, now: datetime) -> Decision:
        """What follows from a fact, a timer, or a review. `facts`: the network and other outages, for what moves places."""
        decision = self._decide(state, facts or NOTHING_BESIDE, message, now)
        return self._following.only_to_come(state, decision, now)

    def _decide(self, state: SupplyState, beside: Beside, message: Message, now: datetime) -> Decision:
        if isinstance(message.data, TimerFired):
            return self._timed.fired(state, message.data, message.cause, now)
        if isinstance(message.data, Review | WhyGiven):
            return self._of_promises(state, message.data, now)
        if isinstance(message.data, FactAnswered):
            return self._answers.answered(state, message.data, now, beside)
        if isinstance(message.data, SupplyJoins):
            return self._taken(state, NewEvent(SUPPLY_JOINS, message.data), message.cause, now, beside)
        if isinstance(message.data, FactOfMerged):
            return self._take(state, message.data.fact(), message.cause, now, beside)
        if isinstance(message.data, MergeDue):
            return self._merging.looked_at(state, now, beside.survivors)
        if isinstance(message.data, MetersLooked | OthersMoved):
            return self._answers.looked(state, message, now, beside)
        if isinstance(message.data, FollowupRecorded):
            return self._answers.called(state, message.data, message.cause, now, beside)
        if message.type not in TAKEN or not isinstance(message.data, dispatch.Fact):
            return Decision("not-a-restoration-fact")
        if not isinstance(message.data, dispatch.FieldFact):
            return self._take(state, message.data, message.cause, now, beside)  # a plan: the planner judges those
        question = self._answers.denial_answered(state, message.data)
        if question is not None:
            return self._answers.stood_by(state, question, message.cause, now, beside)
        sifted = sift(state.doubts, message.data, message.cause, message.recorded_at, self._policy.settings.facts)
        held: list[NewEvent] = []
        if sifted.held is not None:
            asked = ask(message.data, sifted.held.doubt, message.cause, now, held_field=sifted.held.held == "field")
            held = [NewEvent(FACT_HELD, sifted.held), published(asked)]
            state = say(say(state, sifted.held), asked)
        if sifted.fact is None:
            return Decision(sifted.reason or HELD, held)
        if sifted.settles is not None and sifted.settles in state.questions:
            settled = restorations.FactAccepted(
                mrid=state.mrid,
                question_id=sifted.settles,
                fact_type=message.type,
                at=now,
                by=message.cause[:NAME_LENGTH],
                reason=doubting.CONFIRMED,
            )
            held, state = [published(settled)], say(state, settled)
        decision = self._take(state, sifted.fact, message.cause, now, beside)
        return Decision(decision.reason, [*held, *decision.events], sifted.reason)

    def _take(self, state: SupplyState, fact: dispatch.Fact, cause: str, now: datetime, beside: Beside) -> Decision:
        """What follows from a fact that is believed, or is at least not impossible by itself."""
        if state.knows(fact):
            return Decision("already-known")
        if isinstance(fact, dispatch.OutageMerged):
            return self._merging.asked(state, fact, cause, now, beside.survivors)
        if state.merged is not None and is_of_survivor(fact, state.merged.merged_at):
            return of_merged(state, fact, cause, now)
        if isinstance(fact, OF_METERS):
            known = course_of(state)
            reason = REASONS[TYPE_OF[type(fact)]](FactInContext(fact, known, known))
            said = self._following.promises(fold(state, fact, cause), known, now)
            return Decision(reason, [NewEvent(TYPE_OF[type(fact)], fact), *map(published, said)])
        return self._taken(state, NewEvent(type_of(fact), fact), cause, now, beside)

    def _taken(self, state: SupplyState, recorded: NewEvent, cause: str, now: datetime, beside: Beside) -> Decision:
        """What follows from a fact, or from an outage that was merged into this one; then, whether it is merged itself."""
        if state.joined.get(getattr(recorded.data, "mrid", "")) == recorded.data:
            return Decision("already-known")
        decision = self._moved(state, recorded, cause, now, beside)
        return self._merging.follows(state, decision, cause, now, beside.survivors)

    def _moved(self, state: SupplyState, recorded: NewEvent, cause: str, now: datetime, beside: Beside) -> Decision:
        """What follows for the course of the outage, and from that."""
        fact: Any = recorded.data
        kind, before = TYPE_OF.get(type(fact), recorded.type), course_of(state)
        calls, state, taken = state.calls, fold(state, fact, cause), [recorded]
        placed = beside.territory
        if placed is not None and placed != state.territory and (placed.territories or state.territory is not None):
            taken.append(NewEvent(TERRITORY_BY_MODEL, placed))
            state = say(state, placed)
        after, words, state = self._following.by_network(state, beside)
        doubts = [*doubting.words(state, fact, before, after, self._policy.settings.facts, cause, now)]
        state = reduce(say, doubts, state)
        late = [
            *doubting.after_withdrawal(state, fact, course_of(state), cause, now),
            *absence.settled(state, course_of(state), cause, now),
            *unsaid.settled(state, course_of(state), cause, now),
        ]
        if doubts or late:
            state, doubts = reduce(say, late, state), [*doubts, *late]
            after, more, state = self._following.by_network(state, beside)
            words += more
        known = [*taken, *(NewEvent(SUPPLY_BY_MODEL, word) for word in words), *map(published, doubts)]
        if not after.known:
            if state.of(dispatch.MeterFault):
                known += map(published, self._following.promises(state, after, now))
            return Decision(PLANNED if isinstance(fact, dispatch.PlanBody) else HELD, known)
        reason = REASONS[kind](FactInContext(fact, before, after))
        if isinstance(fact, OF_CALLS):
            reason = recording.reason_of(calls, state, after, self._following.calls, fact) or reason
        if after.status == "withdrawn" and isinstance(fact, doubting.OF_SUPPLY):
            reason = WITHDRAWN
        own = question_of(fact) if doubts and isinstance(fact, dispatch.FieldFact) else None
        asked = [w for w in doubts if isinstance(w, restorations.FactQuestioned) and w.question_id == own]
        reason = asked[0].reason if asked else reason
        said = [*self._following.all_of(state, after, cause, now, beside)]
        said += self._following.calls_moved(reduce(say, said, state), before, after)
        if isinstance(fact, DENYING):
            reason = next((word.reason for word in said if _denies(word)), reason)
        return Decision(reason, [*known, *map(published, said)])

    def timers(self, state: SupplyState) -> dict[str, datetime]:
        """What is armed: of its promises, and of what it waits for."""
        return self._timed.timers(state)

    def view(self, state: SupplyState) -> dict[str, Any]:
        """The outage for people and audits."""
        return view_of(state)

    def promises_of(self, state: SupplyState) -> Sequence[PromiseRecord]:
        """Those of the outage, in the order in which they were made."""
        return [*state.promises.values()]

    def _of_promises(self, state: SupplyState, asked: Review | WhyGiven, now: datetime) -> Decision:
        """What is asked of its promises, whatever else is so: to count them anew, or why one was broken."""
        if isinstance(asked, Review):
            return self._reviewed(state, now)
        reason, words, detail = why_given(state.promises.get(asked.promise_id), asked, now)
        return Decision(reason, [*map(published, words)], detail)

    def _reviewed(self, state: SupplyState, now: datetime) -> Decision:
        """Open deadlines as today's policy and calendar count them; what is over stays as it was judged."""
        course = course_of(state)
        if course.status in OVER:
            return Decision(OVER[course.status])
        if not course.known and not state.of(dispatch.MeterFault):
            return Decision(HELD)
        moved = tuple(self._following.promises(state, course, now, review=True))
        return Decision("reviewed" if moved else "stands-as-it-is", tuple(map(published, moved)))

    def dump(self, state: SupplyState) -> bytes:
        """The state as bytes, for the kernel's snapshots."""
        return snapshot.dump(state)

    def restore(self, stream_id: str, data: bytes) -> SupplyState:
        """The state again."""
        del stream_id
        return snapshot.restore(data)


DENYING = (dispatch.FaultReported, replies.SupplyDenied)


def _denies(word: msgspec.Struct) -> TypeGuard[restorations.FactQuestioned]:
    return isinstance(word, restorations.FactQuestioned) and word.reason in DENIALS
