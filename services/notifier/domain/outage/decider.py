"""Decide what one outage means for key customers: what is learnt of it, and what they are therefore told.

Streams outage/<mRID>. Pure. Whom it is told to is no business of this stream: a fan-out goes through the registry in
chunks (fanout/decider.py) with the word that is decided here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from schemas.contracts import messages
from schemas.contracts.all_types import TYPE_OF, type_of
from schemas.contracts.dispatch import ExtentChanged, FieldFact
from schemas.contracts.messages import CustomersUntold
from schemas.contracts.notices import Notice
from schemas.contracts.promises import Promise
from schemas.contracts.restorations import FactAccepted, FactRefused
from services.kernel.model import Decision, Event, Message, NewEvent, TimerFired
from services.merging.words import FactOfMerged, is_of_survivor
from services.notifier.domain.events import (
    AUDIENCE_DENIED,
    AUDIENCE_DUE,
    AUDIENCE_MATCHED,
    TRUTH_JOINS,
    AudienceDenied,
    AudienceDue,
)
from services.notifier.domain.outage import absence
from services.notifier.domain.outage.absence import ABSENCE_ASKED, AbsenceAsked
from services.notifier.domain.outage.facts import FactRegisters
from services.notifier.domain.outage.informed_promise import (
    INFORMING_RECHECKED,
    Informing,
    InformingRechecked,
    NoticeReach,
    fired,
    hear,
    on_fact,
    timers,
)
from services.notifier.domain.outage.joined import TruthJoins, joining
from services.notifier.domain.outage.learning import learn
from services.notifier.domain.outage.narrowing import lies, narrowed
from services.notifier.domain.outage.truth import has_ended, truth
from services.places.extents import says_nothing
from services.plausibility import (
    ANSWERED_FIRST,
    FACT_HELD,
    FIGURES,
    NO_DOUBTS,
    CheckedFact,
    Doubts,
    FactHeld,
    Figures,
    released,
    sift,
    vouched,
)
from services.plausibility import shown as questions
from services.policy.model import Telling
from services.policy.quiet import Nights
from services.promises import PromiseRecord, is_published
from services.promises import shown as promise
from services.promises.explaining import WhyGiven, why_given

# Facts this stream listens to. supply.restored is a hint that holds overdue texts; only restoration.confirmed ends.
FACT_TYPES: Final[frozenset[str]] = frozenset(
    {
        "outage.started.v1",
        "fault.reported.v1",
        "fault.reported.v2",
        "extent.changed.v1",
        "ert.changed.v1",
        "crew.status.v1",
        "cause.cleared.v1",
        "supply.restored.v1",
        "supply.perhaps-restored.v1",
        "outage.listed-again.v1",
        "outage.reopened.v1",
        "outage.withdrawn.v1",
        "outage.corrected.v1",
        "outage.reclassified.v1",
        "curtailment.ordered.v1",
        "notice.published.v1",
        "notice.amended.v1",
        "notice.withdrawn.v1",
        "notice.deadline-moved.v1",
        "notice.breached.v1",
        "restoration.part.v1",
        "restoration.confirmed.v1",
        "restoration.refused.v1",
        "merge.confirmed.v1",
        "restoration.checked.v1",
        "meter.fault.v1",
        "fact.accepted.v1",
        "fact.refused.v1",
    }
)
ANSWERS: Final[frozenset[str]] = frozenset({"fact.accepted.v1", "fact.refused.v1"})
NOTHING: Final = FactRegisters()


@dataclass(frozen=True, slots=True)
class Critical:
    """Special and life-support customers whom a fact touches that is held: how many, and the first of them by id."""

    customers: int
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outage:
    """State of one stream. `version` rises with each truth that is to be told."""

    mrid: str
    facts: FactRegisters = NOTHING
    version: int = 0
    informing: Informing | None = None
    """The promise of the notice in force, that key customers hear of it in time."""
    noticed_since: datetime | None = None
    """When the first notice was published: no text about any of them is older."""
    doubts: Doubts = NO_DOUBTS
    """Facts that cannot be so, told to nobody; and what was answered about them."""
    joins: TruthJoins | None = None
    """What was said last to the outage as which it goes on."""
    untold: Mapping[str, int] = field(default_factory=dict)
    """By question: how many special and life-support customers are told nothing while it is open."""


class NotifierOutage:
    """Decider of streams outage/<mRID>."""

    category = "outage"

    def __init__(
        self,
        figures: Figures = FIGURES,
        telling: Telling | None = None,
        *,
        restored: bool = False,
        nights: Nights | None = None,
    ) -> None:
        self._figures = figures
        self._nights = nights
        self._limit = (telling or Telling()).absence_limit
        self._restored = restored

    def initial(self, stream_id: str) -> Outage:
        """Nothing known yet."""
        return Outage(mrid=stream_id.partition("/")[2])

    def evolve(self, state: Outage, event: Event) -> Outage:
        """Registers for facts. Logs of the first version hold the audience, too: of that only the version counts here."""
        if isinstance(event.data, TruthJoins):
            own = event.data.mrid == state.mrid
            return replace(state, joins=event.data) if own else replace(state, facts=learn(state.facts, event.data))
        if event.type in (AUDIENCE_DUE, AUDIENCE_MATCHED):
            return replace(state, version=event.data.outage_version)
        if isinstance(event.data, CustomersUntold):
            return replace(state, untold={**state.untold, event.data.question_id: event.data.customers})
        if isinstance(event.data, FieldFact | FactHeld | FactAccepted | FactRefused):
            doubts = state.doubts.hear(event.data)
            if doubts is not state.doubts:
                untold = {name: count for name, count in state.untold.items() if name in doubts.held}
                state = replace(state, doubts=doubts, untold=untold)
        if event.type in FACT_TYPES - ANSWERS:
            if isinstance(event.data, Notice) and state.noticed_since is None:
                state = replace(state, noticed_since=event.data.published_at)
            return replace(state, facts=learn(state.facts, event.data))
        if event.type in ANSWERS or event.type in (FACT_HELD, ABSENCE_ASKED, AUDIENCE_DENIED):
            after = learn(state.facts, event.data)
            return state if after is state.facts else replace(state, facts=after)
        return replace(state, informing=hear(state.informing, event.data))

    def decide(self, state: Outage, facts: NoticeReach | Critical | None, message: Message, now: datetime) -> Decision:
        """Learn a fact; where the truth is another one then, it is to be told, whole.

        `facts`, for a timer: whom the notice had to reach and whom it reached; for a start or report that is held: the
        special and life-support customers it touches. Named no-ops: `not-for-customers`, `older-or-already-known`,
        `names-no-place` (an extent of a count alone); recorded and silent: `held-until-known`, `held-until-confirmed`
        (calls alone), `nothing-changes-for-customers`, `over-before-anyone-was-told`, `no-place-known` (nobody can be told),
        `said-of-survivor` (it goes on as another outage). `denied-at-some-points`: customers there alone are looked at again.
        Of an outage that its list lacks: `perhaps-restored` (words that a clock calls for are held), `absent-too-long`.
        """
        if isinstance(message.data, TimerFired) and message.data.name == absence.TIMER:
            return self._absent(state, message.data, message, now)
        if isinstance(message.data, WhyGiven):
            return _explained(state, message.data, now)
        if isinstance(message.data, TimerFired):
            return self._fired(state, facts if isinstance(facts, NoticeReach) else None, message.data, now)
        if isinstance(message.data, FieldFact) and message.type in FACT_TYPES:
            return self._sifted(state, message.data, facts if isinstance(facts, Critical) else None, message, now)
        if isinstance(message.data, FactOfMerged):
            fact = message.data.fact()
            return self._learn(state, replace(message, data=fact, type=type_of(fact)))
        if isinstance(message.data, FactAccepted | FactRefused):
            return self._answered(state, message.data, message)
        decision = self._learn(state, message)
        words = on_fact(state.informing, message.data, state.facts.notice, self._nights)
        promised = [_promise(state.mrid, word) for word in words]
        return replace(decision, events=(*decision.events, *promised)) if decision.events and promised else decision

    def sift(self, state: Outage, message: Message) -> CheckedFact:
        """What this stream may take of a fact of the field."""
        fact: Any = message.data
        return sift(state.doubts, fact, message.cause, message.recorded_at, self._figures)

    def _sifted(
        self, state: Outage, fact: FieldFact, critical: Critical | None, message: Message, now: datetime
    ) -> Decision:
        """What cannot be so is held, and told to nobody: where that leaves somebody's life out, a person must act."""
        sifted = self.sift(state, message)
        held: list[NewEvent] = []
        if sifted.held is not None:
            held.append(NewEvent(FACT_HELD, sifted.held))
            if sifted.fact is None and critical is not None and critical.customers:
                untold = CustomersUntold(
                    mrid=state.mrid,
                    question_id=sifted.held.question_id,
                    fact_type=message.type,
                    reason=sifted.held.reason,
                    customers=critical.customers,
                    customer_ids=critical.named,
                    at=now,
                )
                held.append(NewEvent(TYPE_OF[CustomersUntold], untold, topic=messages.TOPIC, key=state.mrid))
        if sifted.fact is None:
            return Decision(sifted.reason or "held-until-known", held)
        decision = self._learn(state, message if sifted.fact is fact else replace(message, data=sifted.fact))
        if sifted.settles is not None and sifted.settles not in state.doubts.answers and not decision.events:
            # The fact says nothing newer; that somebody stands by it is worth an event all the same.
            held.append(NewEvent(message.type, sifted.fact))
        return replace(decision, events=(*held, *decision.events), detail=decision.detail or sifted.reason)

    def _answered(self, state: Outage, answer: FactAccepted | FactRefused, message: Message) -> Decision:
        """Whether a fact in question is so: what is held is taken, or let go."""
        if answer.question_id in state.doubts.answers:
            return Decision("already-answered")
        record = NewEvent(message.type, answer)
        fact = (
            released(state.doubts, answer) or vouched(state.facts.none, answer)
            if isinstance(answer, FactAccepted)
            else None
        )
        if fact is None and isinstance(answer, FactRefused) and learn(state.facts, answer) is not state.facts:
            return self._learn(state, message)  # a person says that power is off still
        if fact is None:
            return Decision("fact-refused" if answer.question_id in state.doubts.held else ANSWERED_FIRST, [record])
        decision = self._learn(state, replace(message, data=fact, type=type_of(fact)))
        return replace(decision, events=(record, *decision.events))

    def _fired(self, state: Outage, reach: NoticeReach | None, timer: TimerFired, now: datetime) -> Decision:
        if state.informing is None or reach is None:
            return Decision("promise-settled")
        words = fired(state.informing, timer.name, reach, now, state.facts.notice, unproven=timer.unproven)
        said = [_promise(state.mrid, word) for word in words]
        return Decision("key-customers-looked-at", said)

    def _absent(self, state: Outage, timer: TimerFired, message: Message, now: datetime) -> Decision:
        """Its list has lacked the outage for so long that nobody may be left without a word any more."""
        since = absence.timers(state.facts, self._limit).get(absence.TIMER)
        if since != timer.due_at:
            return Decision("listed-or-answered-since")
        asked = AbsenceAsked(mrid=state.mrid, missing_at=timer.due_at - self._limit, at=now)
        decision = self._learn(state, replace(message, type=ABSENCE_ASKED, data=asked))
        return replace(decision, reason="absent-too-long")

    def _learn(self, state: Outage, message: Message) -> Decision:
        """What is learnt; of an outage that goes on as another, for that one."""
        merged = state.facts.merged
        if merged is not None and message.type in FACT_TYPES and is_of_survivor(message.data, merged.merged_at):
            return Decision("said-of-survivor", (NewEvent(message.type, message.data),))
        decision = self._learnt(state, message)
        if not decision.events:
            return decision
        after = state.facts
        for event in decision.events:
            after = learn(after, event.data)
        word = joining(state.mrid, after, truth(after), told=state.version > 0)
        if word is None or word == state.joins:
            return decision
        return replace(decision, events=(*decision.events, NewEvent(TRUTH_JOINS, word)))

    def _learnt(self, state: Outage, message: Message) -> Decision:
        if message.type not in FACT_TYPES and message.type not in (TRUTH_JOINS, ABSENCE_ASKED):
            return Decision("not-for-customers")
        after = learn(state.facts, message.data)
        if after == state.facts:
            silent = isinstance(message.data, ExtentChanged) and says_nothing(message.data.extent)
            return Decision("names-no-place" if silent else "older-or-already-known")
        recorded = NewEvent(message.type, message.data)
        before, present = truth(state.facts), truth(after)
        if state.facts.merged is not None:
            # Whom it held are the other one's, and hear from that.
            return Decision("nothing-changes-for-customers", (recorded,))
        taken_over = isinstance(message.data, TruthJoins) and message.data.told
        if present is None:
            # Calls alone foretell an outage: they are told to nobody as a fact (truth.py).
            return Decision("held-until-confirmed" if after.report else "held-until-known", (recorded,))
        if present == before and not taken_over:
            return Decision("nothing-changes-for-customers", (recorded,))
        if has_ended(present) and state.version == 0 and not taken_over and not self._restored:
            # Nobody needs to hear of the end of what they were never told. A restored database does not know of whom it told.
            return Decision("over-before-anyone-was-told", (recorded,))
        if before is not None and replace(before, denied=present.denied) == present and not taken_over:
            # Only who takes power at those points is concerned: nobody else is looked at, however many the outage touched.
            denied = AudienceDenied(mrid=state.mrid, denied=present.denied)
            return Decision("denied-at-some-points", (recorded, NewEvent(AUDIENCE_DENIED, denied)))
        if says_nothing(present.extent) and state.version == 0 and not taken_over:
            # Whom it touches is not known before a fact or a notice says where it is.
            return Decision("no-place-known", (recorded,))
        why = narrowed(before, present, message.type)
        if (
            why is not None
            and isinstance(message.data, TruthJoins)
            and not message.data.dark
            and message.data.restored_at
        ):
            why = "step"  # it was over before it turned out to be this one
        due = AudienceDue(
            mrid=state.mrid,
            outage_version=state.version + 1,
            truth=present,
            trigger=message.type,
            # What somebody stands by is as good as recorded: it must not be dropped as a time that had not come.
            recorded_at=max(filter(None, (message.recorded_at, after.vouched))),
            narrowed=why,
            lies=lies(before, present, why),
        )
        reason = "perhaps-restored" if present.perhaps_restored == "held" else "to-be-told"
        return Decision(reason, (recorded, NewEvent(AUDIENCE_DUE, due)))

    def timers(self, state: Outage) -> Mapping[str, datetime]:
        """Those of the promise to tell key customers, and of an absence; spoken times are watched in each conversation."""
        return {**timers(state.informing), **absence.timers(state.facts, self._limit)}

    def view(self, state: Outage) -> dict[str, Any]:
        """Truth and version."""
        known = truth(state.facts)
        told: dict[str, Any] = {
            "mRID": state.mrid,
            "version": state.version,
            "truth": known,
            "facts": state.facts,
            "promises": [*map(promise, self.promises_of(state))],
        }
        if state.doubts.held:
            told["questions"] = [
                {**one, "untold": state.untold.get(one["questionId"], 0)} for one in questions(state.doubts)
            ]
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told, order="deterministic"))
        return plain

    def promises_of(self, state: Outage) -> Sequence[PromiseRecord]:
        """That of the notice in force."""
        return [state.informing.record] if state.informing is not None else []


def _explained(state: Outage, said: WhyGiven, now: datetime) -> Decision:
    """Why key customers were not told in time, of the notice in force."""
    record = state.informing.record if state.informing is not None else None
    known = record if record is not None and record.promise_id == said.promise_id else None
    reason, words, detail = why_given(known, said, now)
    return Decision(reason, [_promise(state.mrid, word) for word in words], detail)


def _promise(mrid: str, word: Promise | InformingRechecked) -> NewEvent:
    """A word about the promise: published under the outage's own key, but for what only this stream remembers."""
    if isinstance(word, InformingRechecked):
        return NewEvent(INFORMING_RECHECKED, word)
    return NewEvent(TYPE_OF[type(word)], word, topic=messages.TOPIC if is_published(word) else None, key=mrid)
