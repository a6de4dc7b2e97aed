"""Decide what follows from a fact about an outage: one reason per fact, and whatever must now be said.

Every fact is recorded; what the outage looks like is concluded from all facts together (lifecycle.py), and compared
with what was already said (state.py). The difference is what gets published. So a fact may come late, twice or before
the outage is known: it is recorded all the same, and what it means shows when the rest is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from services.plausibility import FACT_HELD, STILL_MISSING, ask, question_of, sift
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.promises import PromiseRecord
from services.restorer.domain import doubting, obligations, promises, snapshot
from services.restorer.domain.announcements import NAME_LENGTH, announce, callbacks
from services.restorer.domain.course import absence
from services.restorer.domain.course.beside import NOTHING_BESIDE, Beside, by_network
from services.restorer.domain.course.place_questions import about_places
from services.restorer.domain.course.reasons import PLANNED, REASONS, WITHDRAWN, FactInContext
from services.restorer.domain.events import (
    OUTAGE_CLOSED,
    SUPPLY_BY_MODEL,
    SUPPLY_JOINS,
    TERRITORY_BY_MODEL,
    FactAnswered,
    MergeDue,
    MetersLooked,
    OutageClosed,
    SupplyByModel,
    SupplyJoins,
)
from services.restorer.domain.evidence.checked import DENIALS
from services.restorer.domain.evidence.checking import NO_EVIDENCE, Evidence, evidence_of
from services.restorer.domain.evidence.words import words_on
from services.restorer.domain.lifecycle import Course, course_of
from services.restorer.domain.merging.decider import Merging, of_merged
from services.restorer.domain.merging.judging import MERGED, waits_until
from services.restorer.domain.slimming import slim
from services.restorer.domain.state import SupplyState, evolve, fold, say
from services.restorer.domain.view import view_of

HELD = "held-until-known"
CLOSED = "outage-closed"
OVER: Mapping[str, str] = {"closed": CLOSED, "withdrawn": WITHDRAWN, "merged": MERGED}
"""Outages of which nothing is reviewed: status, and the reason."""
OF_METERS = (dispatch.MeterFault, dispatch.MeterMended)
"""Facts about a meter: a matter of its own, and no outage."""
CLOSE_TIMER, MERGE_TIMER = "close", "merge"
CALLBACKS = "callbacks/"
"""Timers of the calls back that one decision could not ask for, named by how many were asked for before."""
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
        obligations.check(policy)

    def initial(self, stream_id: str) -> SupplyState:
        """Nothing known of the outage yet."""
        return SupplyState(mrid=stream_id.partition("/")[2])

    def evolve(self, state: SupplyState, event: Event) -> SupplyState:
        """The state after one event."""
        return slim(evolve(state, event), event.data)

    def decide(self, state: SupplyState, facts: Beside | None, message: Message, now: datetime) -> Decision:
        """What follows from a fact, a timer, or a review. `facts`: the network and other outages, for what moves places."""
        beside = facts or NOTHING_BESIDE
        if isinstance(message.data, TimerFired):
            return self._fired(state, message.data, message.cause, now)
        if isinstance(message.data, Review):
            return self._reviewed(state, now)
        if isinstance(message.data, FactAnswered):
            return self._answered(state, message.data, now, beside)
        if isinstance(message.data, SupplyJoins):
            return self._taken(state, NewEvent(SUPPLY_JOINS, message.data), message.cause, now, beside)
        if isinstance(message.data, FactOfMerged):
            return self._take(state, message.data.fact(), message.cause, now, beside)
        if isinstance(message.data, MergeDue):
            return self._merging.looked_at(state, now, beside.survivors)
        if isinstance(message.data, MetersLooked):
            return self._looked(state, message.cause, now, beside)
        if message.type not in TAKEN or not isinstance(message.data, dispatch.Fact):
            return Decision("not-a-restoration-fact")
        if not isinstance(message.data, dispatch.FieldFact):
            return self._take(state, message.data, message.cause, now, beside)  # a plan: the planner judges those
        question = self._denial_answered(state, message.data)
        if question is not None:
            return self._stood_by(state, question, message.cause, now, beside)
        sifted = sift(state.doubts, message.data, message.cause, message.recorded_at, self._policy.settings.facts)
        held: list[NewEvent] = []
        if sifted.held is not None:
            asked = ask(message.data, sifted.held.doubt, message.cause, now, held_field=sifted.held.held == "field")
            held = [NewEvent(FACT_HELD, sifted.held), _published(asked)]
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
            held, state = [_published(settled)], say(state, settled)
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
            return Decision(reason, [NewEvent(TYPE_OF[type(fact)], fact)])
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
        state, taken = fold(state, fact, cause), [recorded]
        placed = beside.territory
        if placed is not None and placed != state.territory and (placed.territories or state.territory is not None):
            taken.append(NewEvent(TERRITORY_BY_MODEL, placed))
            state = say(state, placed)
        after, words, state = self._by_network(state, beside)
        doubts = [*doubting.words(state, fact, before, after, self._policy.settings.facts, cause, now)]
        state = reduce(say, doubts, state)
        late = [
            *doubting.after_withdrawal(state, fact, course_of(state), cause, now),
            *absence.settled(state, course_of(state), cause, now),
        ]
        if doubts or late:
            state, doubts = reduce(say, late, state), [*doubts, *late]
            after, more, state = self._by_network(state, beside)
            words += more
        known = [*taken, *(NewEvent(SUPPLY_BY_MODEL, word) for word in words), *map(_published, doubts)]
        if not after.known:
            return Decision(PLANNED if isinstance(fact, dispatch.PlanBody) else HELD, known)
        reason = REASONS[kind](FactInContext(fact, before, after))
        if after.status == "withdrawn" and isinstance(fact, doubting.OF_SUPPLY):
            reason = WITHDRAWN
        own = question_of(fact) if doubts and isinstance(fact, dispatch.FieldFact) else None
        asked = [w for w in doubts if isinstance(w, restorations.FactQuestioned) and w.question_id == own]
        reason = asked[0].reason if asked else reason
        said = [*self._follows(state, after, cause, now, beside)]
        if isinstance(fact, DENYING):
            reason = next((word.reason for word in said if _denies(word)), reason)
        return Decision(reason, [*known, *map(_published, said)])

    @staticmethod
    def _by_network(state: SupplyState, beside: Beside) -> tuple[Course, list[SupplyByModel], SupplyState]:
        """The course, what the network newly says of it, and the state that knows so."""
        course, word = by_network(state, beside)
        return course, [] if word is None else [word], state if word is None else say(state, word)

    def _follows(
        self, state: SupplyState, course: Course, cause: str, now: datetime, beside: Beside
    ) -> Iterator[msgspec.Struct]:
        """Questions about places, then what must be said."""
        models = state.network.network_models if state.network is not None and state.network.points else ()
        for word in about_places(state, course, models, beside, cause, now):
            state = say(state, word)
            yield word
        yield from self._borne_out(state, course, cause, now, beside)

    def _borne_out(
        self, state: SupplyState, course: Course, cause: str, now: datetime, beside: Beside
    ) -> Iterator[msgspec.Struct]:
        """Who denies a restoration, before it is said of anybody; then what must be said."""
        found = self._evidence(state, course, beside)
        for word in words_on(state, course, found, cause, now):
            state = say(state, word)
            yield word
        yield from self._consequences(state, course, now, beside, found)

    def _evidence(self, state: SupplyState, course: Course, beside: Beside) -> Evidence | None:
        rules = self._policy.settings
        return evidence_of(state, course, beside, rules.facts, rules.same_fault_within)

    def _answered(self, state: SupplyState, answer: FactAnswered, now: datetime, beside: Beside) -> Decision:
        """A person says whether a fact in question is so."""
        question = state.questions.get(answer.question_id)
        if question is None:
            return Decision("question-not-open")
        if (why := doubting.instead(question, accept=answer.accept)) is not None:
            return Decision(why)
        settled = (restorations.FactAccepted if answer.accept else restorations.FactRefused)(
            mrid=state.mrid,
            question_id=answer.question_id,
            fact_type=question.fact_type,
            at=now,
            by=answer.by,
            reason=answer.reason,
        )
        fact = doubting.stood_by(state, question) if answer.accept else None
        after = say(state, settled)
        if fact is None:
            # Of a restoration that counted meanwhile, what followed is taken back.
            course = course_of(after)
            said = self._borne_out(after, course, answer.by, now, beside) if course.known else ()
            reason = "fact-accepted" if answer.accept else "fact-refused"
            return Decision(reason, [_published(settled), *map(_published, said)])
        taken = self._take(after, fact, question.cause, now, beside)
        return Decision("fact-accepted", [_published(settled), *taken.events], taken.reason)

    def _looked(self, state: SupplyState, cause: str, now: datetime, beside: Beside) -> Decision:
        """Meters were read: they deny a restoration, bear it out, or say nothing new."""
        course, words, state = self._by_network(state, beside)
        known = [NewEvent(SUPPLY_BY_MODEL, word) for word in words]
        found = self._evidence(state, course, beside)
        said = [*words_on(state, course, found, cause, now)]
        if found is not None and found.proven:
            reason = "meters-prove"
        else:
            reason = "meters-deny" if found is not None and found.is_denied else "meters-agree"
        return Decision(reason if said else "nothing-new-from-meters", [*known, *map(_published, said)])

    @staticmethod
    def _denial_answered(state: SupplyState, fact: dispatch.Fact) -> restorations.FactQuestioned | None:
        """The question whether power is back that a restoration answers by name: dispatch stands by it."""
        if not isinstance(fact, dispatch.SupplyRestored) or fact.confirms is None:
            return None
        question = state.questions.get(fact.confirms)
        return question if question is not None and question.reason in DENIALS else None

    def _stood_by(
        self, state: SupplyState, question: restorations.FactQuestioned, cause: str, now: datetime, beside: Beside
    ) -> Decision:
        """Power is back there, says dispatch, whatever meters and customers say: it outranks them."""
        settled = restorations.FactRefused(
            mrid=state.mrid,
            question_id=question.question_id,
            fact_type=question.fact_type,
            at=now,
            by=cause[:NAME_LENGTH],
            reason=doubting.CONFIRMED,
        )
        after = say(state, settled)
        said = self._borne_out(after, course_of(after), cause, now, beside)
        return Decision("restoration-stood-by", [_published(settled), *map(_published, said)])

    def timers(self, state: SupplyState) -> dict[str, datetime]:
        """`close` while power is back and nobody said otherwise; deadlines and warnings of open promises; `absence`, `merge`."""
        armed = promises.timers(state)
        if (vain := waits_until(state)) is not None:
            armed[MERGE_TIMER] = vain
        course = course_of(state)
        armed.update(absence.timers(state, course, self._policy.settings.telling.absence_limit))
        if course.status == "restored" and course.now.ended is not None:
            armed[CLOSE_TIMER] = course.now.ended.at + self._policy.settings.close_after
        if course.status not in ("withdrawn", "merged") and course.now.ended is not None and len(state.reports.callers):
            armed[f"{CALLBACKS}{len(state.followups)}"] = course.now.ended.at
        return armed

    def view(self, state: SupplyState) -> dict[str, Any]:
        """The outage for people and audits."""
        return view_of(state)

    def promises_of(self, state: SupplyState) -> Sequence[PromiseRecord]:
        """Those of the outage, in the order in which they were made."""
        return [*state.promises.values()]

    def _fired(self, state: SupplyState, fired: TimerFired, cause: str, now: datetime) -> Decision:
        """A deadline: of a promise, or of what an outage waits for."""
        if fired.name == absence.TIMER:
            return self._absent(state, fired, now)
        if fired.name == MERGE_TIMER:
            return self._merging.waits_in_vain(state, fired.due_at, now)
        if fired.name == CLOSE_TIMER:
            return self._close(state, fired, cause)
        if fired.name.startswith(CALLBACKS):
            return self._call_back(state)
        found = promises.timer_of(state, fired.name)
        if found is None:
            return Decision("promise-settled")
        record, what = found
        if what == "at-risk":
            return Decision("promise-at-risk", [*map(_published, promises.at_risk(state, record))])
        return Decision("promise-broken", [*map(_published, promises.lapsed(record, unproven=fired.unproven))])

    def _reviewed(self, state: SupplyState, now: datetime) -> Decision:
        """Open deadlines as today's policy and calendar count them; what is over stays as it was judged."""
        course = course_of(state)
        if course.status in OVER:
            return Decision(OVER[course.status])
        if not course.known:
            return Decision(HELD)
        moved = tuple(self._promises(state, course, now, review=True))
        return Decision("reviewed" if moved else "stands-as-it-is", tuple(map(_published, moved)))

    @staticmethod
    def _close(state: SupplyState, fired: TimerFired, cause: str) -> Decision:
        episode = course_of(state).now
        if episode.ended is None:
            return Decision("not-restored")
        closed = OutageClosed(
            mrid=state.mrid, closed_at=fired.due_at, restored_at=episode.ended.at, episode=episode.number
        )
        after = say(state, closed)
        # What somebody still denies is another matter from here on.
        said = words_on(after, course_of(after), NO_EVIDENCE, cause, fired.due_at)
        return Decision("quiet-since-restored", [NewEvent(OUTAGE_CLOSED, closed), *map(_published, said)])

    @staticmethod
    def _absent(state: SupplyState, fired: TimerFired, now: datetime) -> Decision:
        """Its list lacks the outage for so long that dispatch must say whether power is back."""
        since = absence.missing_since(state, course_of(state))
        if since is None:
            return Decision("listed-or-answered-since")
        return Decision(STILL_MISSING, [_published(absence.question(state, since, fired.due_at, now))])

    def _call_back(self, state: SupplyState) -> Decision:
        """The next of those who reported are to be called back."""
        course = course_of(state)
        if course.now.ended is None:
            return Decision("not-restored")
        rule = obligations.callback_rule(course, self._policy, self._calendar)
        due = callbacks(state, course.now.ended.at, rule)
        return Decision("followups-due", [*map(_published, due)])

    def dump(self, state: SupplyState) -> bytes:
        """The state as bytes, for the kernel's snapshots."""
        return snapshot.dump(state)

    def restore(self, stream_id: str, data: bytes) -> SupplyState:
        """The state again."""
        del stream_id
        return snapshot.restore(data)

    def _consequences(
        self,
        state: SupplyState,
        course: Course,
        now: datetime,
        beside: Beside = NOTHING_BESIDE,
        found: Evidence | None = None,
    ) -> Iterator[msgspec.Struct]:
        """What must be said now that was not said before: first about power, then about promises."""
        callback = obligations.callback_rule(course, self._policy, self._calendar)
        yield from announce(state, course, callback, now, beside, found.meters if found is not None else None)
        yield from self._promises(state, course, now)

    def _promises(
        self, state: SupplyState, course: Course, now: datetime, *, review: bool = False
    ) -> Iterator[msgspec.Struct]:
        wanted = obligations.wanted(state, course, self._policy, self._calendar)
        gone, recast = obligations.withdrawn(course), obligations.reclassified(state, course, self._policy)
        return promises.reconcile(state, wanted, gone, recast, self._policy.version, now, review=review)


DENYING = (dispatch.FaultReported, replies.SupplyDenied)


def _denies(word: msgspec.Struct) -> TypeGuard[restorations.FactQuestioned]:
    return isinstance(word, restorations.FactQuestioned) and word.reason in DENIALS


def _published(said: msgspec.Struct) -> NewEvent:
    return NewEvent(TYPE_OF[type(said)], said, topic=restorations.TOPIC)  # type: ignore[index]
