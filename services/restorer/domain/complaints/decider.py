"""Decide what follows from a fact about one complaint: when it came, when it was answered, and whether that was in time.

Facts come in any order, twice or late, of both versions; each is recorded, and what it means shows when the rest is there. Nothing
of a complaint is held: it cannot have come, nor been answered, after we heard of it, so that a word from the future counts as of
its record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from schemas.contracts import restorations
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.dispatch import ComplaintAnswered, ComplaintFact, ComplaintReceived, ComplaintWithdrawn
from services.kernel.model import Decision, Event, Message, NewEvent, Review, TimerFired
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.promises import PromiseEvent, PromiseRecord, is_published, timers_of, warn
from services.promises.explaining import WhyGiven, why_given
from services.restorer.domain.answers import owed
from services.restorer.domain.answers.said import as_of_record, reason_of_answer
from services.restorer.domain.complaints import promises
from services.restorer.domain.complaints.state import ComplaintState, evolve
from services.restorer.domain.complaints.view import view_of

CATEGORY: Final = "complaint"
HAPPENED: Final[Mapping[type[ComplaintFact], str]] = {
    ComplaintReceived: "received_at",
    ComplaintAnswered: "answered_at",
    ComplaintWithdrawn: "withdrawn_at",
}
Heard = tuple[ComplaintFact, str]
"""A fact, and who says so (source/id)."""
AFTER_VERDICT: Final = "withdrawn-after-verdict"


class BesideComplaint(NamedTuple):
    """What is known beside the stream of a complaint."""

    coming: Sequence[Heard] = ()
    """For a deadline: what is on its way from outages' streams."""
    told_before: bool = False
    """The word was told of an outage before complaints were promised anything: what is past then, nobody was promised (ADR 57)."""


NOTHING_BESIDE: Final = BesideComplaint()


class ServiceComplaint:
    """Follows one complaint (stream complaint/<id>) until it is answered, and judges the promise of it."""

    category = CATEGORY
    reviews = True

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        self._policy = policy
        self._calendar = calendar
        self.rules = f"{policy.id} {policy.version}, {calendar.version}"
        promises.check(policy)

    def initial(self, stream_id: str) -> ComplaintState:
        """Nothing known of it yet."""
        return ComplaintState(complaint_id=stream_id.partition("/")[2])

    def evolve(self, state: ComplaintState, event: Event) -> ComplaintState:
        """The state after one event."""
        return evolve(state, event)

    def decide(self, state: ComplaintState, facts: BesideComplaint | None, message: Message, now: datetime) -> Decision:
        """What follows from a fact, a timer, or a review."""
        beside = facts or NOTHING_BESIDE
        return self._only_to_come(state, self._decide(state, beside, message, now), beside, now)

    def _decide(self, state: ComplaintState, beside: BesideComplaint, message: Message, now: datetime) -> Decision:
        if isinstance(message.data, TimerFired):
            return self._fired(state, message.data, beside.coming, now)
        if isinstance(message.data, Review):
            return self._reviewed(state, now)
        if isinstance(message.data, WhyGiven):
            reason, words, detail = why_given(state.promises.get(message.data.promise_id), message.data, now)
            return Decision(reason, [*map(_published, words)], detail)
        if not isinstance(message.data, ComplaintFact):
            return Decision("not-about-a-complaint")
        happened = HAPPENED[type(message.data)]
        fact, note = as_of_record(message.data, happened, message.recorded_at, self._policy.settings.facts)
        if state.knows(fact):
            return Decision("already-known")
        after = state.hear(fact, message.cause)
        said = self._promises(after, now)
        return Decision(self._reason(state, after, fact), [_recorded(fact), *map(_published, said)], note)

    def _only_to_come(
        self, before: ComplaintState, decision: Decision, beside: BesideComplaint, now: datetime
    ) -> Decision:
        """Without promises that are past, and that were owed before this word, or before any was made, and given by nobody."""
        due = promises.wanted(before, self._policy, self._calendar)
        never = owed.never_made(promises.matter_of(before), due)
        return owed.only_to_come(decision, now, never, all_of_it=beside.told_before)

    def _reason(self, before: ComplaintState, after: ComplaintState, fact: ComplaintFact) -> str:
        if after.withdrawn is not None:
            due = promises.wanted(after, self._policy, self._calendar)
            stands = bool(due) and all(one.standing(one.due_at) != "voided" for one in due)
            return AFTER_VERDICT if stands and isinstance(fact, ComplaintWithdrawn) else promises.WITHDRAWN
        match fact:
            case ComplaintReceived():
                if before.since is None:
                    return "complaint-received"
                moved = (before.since.at, before.kind) != (after.since.at if after.since else None, after.kind)
                return "told-otherwise" if moved else "told-again"
            case _:
                if after.since is None:
                    return "held-until-received"
                early = self._policy.settings.facts.early
                return reason_of_answer("complaint", before.answered(early), after.answered(early))

    def _promises(self, state: ComplaintState, now: datetime, *, review: bool = False) -> Iterator[PromiseEvent]:
        due = promises.wanted(state, self._policy, self._calendar)
        return owed.reconcile(promises.matter_of(state), due, self._policy.version, now, review=review)

    def _reviewed(self, state: ComplaintState, now: datetime) -> Decision:
        """The rules or the calendar are others than they were: open deadlines may lie elsewhere."""
        if state.status(self._policy.settings.facts.early) != "open":
            return Decision("nothing-open")
        said = [*self._promises(state, now, review=True)]
        return Decision("reviewed" if said else "nothing-changed", [*map(_published, said)])

    def _fired(self, state: ComplaintState, fired: TimerFired, coming: Sequence[Heard], now: datetime) -> Decision:
        """A deadline is near or has passed; an answer that has reached only its outage's stream counts."""
        found = owed.timer_of(state.promises, fired.name)
        if found is None:
            return Decision("promise-settled")
        record, what = found
        recorded: list[NewEvent] = []
        for fact, cause in coming:
            if not state.knows(fact):
                state = state.hear(fact, cause)
                recorded.append(_recorded(fact))
        if recorded and (said := [*self._promises(state, now)]):
            return Decision("heard-of-its-outage", [*recorded, *map(_published, said)])
        if what == "at-risk":
            return Decision("deadline-near", [*recorded, *map(_published, warn(record, "deadline-near", now))])
        lapsed = owed.lapsed(record, unproven=fired.unproven)
        return Decision("deadline-passed", [*recorded, *map(_published, lapsed)])

    def timers(self, state: ComplaintState) -> dict[str, datetime]:
        """Every open promise has its deadline, and its next warning until all were given."""
        return timers_of(state.promises.values())

    def promises_of(self, state: ComplaintState) -> Sequence[PromiseRecord]:
        """All that it has made so far."""
        return tuple(state.promises.values())

    def view(self, state: ComplaintState) -> dict[str, Any]:
        """The complaint as a JSON object."""
        return view_of(state, self._policy.settings.facts.early)


def _recorded(fact: ComplaintFact) -> NewEvent:
    return NewEvent(TYPE_OF[type(fact)], fact)


def _published(said: PromiseEvent) -> NewEvent:
    topic = restorations.TOPIC if is_published(said) else None
    return NewEvent(TYPE_OF[type(said)], said, topic=topic, key=said.complaint_id)
