"""Decide what follows from a fact about one enquiry: when somebody asked, when it was explained, and whether that was in time.

The standard obliges an explanation and names no time: what is promised, and by when, is for the policy's rules on `explain` that
name one. Without such a rule an enquiry is on record and nothing is promised. Facts come in any order, twice or late; none is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import msgspec

from schemas.contracts import restorations
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import OutageClass
from schemas.contracts.dispatch import EnquiryAsked, EnquiryExplained, EnquiryFact
from services.kernel.model import Decision, Event, Message, NewEvent, Review, TimerFired
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.promises import PromiseEvent, PromiseRecord, is_published, shown_in_full, timers_of, warn
from services.promises.explaining import WhyGiven, why_given
from services.restorer.domain.answers import owed
from services.restorer.domain.answers.said import as_of_record, reason_of_answer
from services.restorer.domain.enquiries.events import ENQUIRY_ABOUT, EnquiryAbout
from services.restorer.domain.enquiries.state import OBLIGATION, EnquiryState, evolve

CATEGORY: Final = "enquiry"
MOMENTS: Final = "enquiry-received", "enquiry-answered"
HAPPENED: Final[Mapping[type[EnquiryFact], str]] = {EnquiryAsked: "received_at", EnquiryExplained: "answered_at"}
SUDDEN: Final[OutageClass] = "fault"
"""An outage of which nobody has told yet is asked about: work is known beforehand, so it is a fault until somebody knows better."""


class ServiceEnquiry:
    """Follows one enquiry (stream enquiry/<id>) until it is answered, and judges what is promised of it."""

    category = CATEGORY
    reviews = True

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        self._policy, self._calendar = policy, calendar
        self.rules = f"{policy.id} {policy.version}, {calendar.version}"
        owed.check(policy, OBLIGATION, MOMENTS, "an enquiry")

    def initial(self, stream_id: str) -> EnquiryState:
        """Nothing known of it yet."""
        return EnquiryState(enquiry_id=stream_id.partition("/")[2])

    def evolve(self, state: EnquiryState, event: Event) -> EnquiryState:
        """The state after one event."""
        return evolve(state, event)

    def decide(self, state: EnquiryState, facts: OutageClass | None, message: Message, now: datetime) -> Decision:
        """What follows from a fact, a timer, or a review. `facts`: what the outage that is named is known to be."""
        decision = self._decide(state, facts, message, now)
        return owed.only_to_come(decision, now, owed.never_made(state.matter, self._due(state)))

    def _decide(self, state: EnquiryState, known: OutageClass | None, message: Message, now: datetime) -> Decision:
        match message.data:
            case TimerFired() as fired:
                return self._fired(state, fired, now)
            case Review():
                return self._reviewed(state, now)
            case WhyGiven() as given:
                reason, words, detail = why_given(state.promises.get(given.promise_id), given, now)
                return Decision(reason, [*map(_published, words)], detail)
            case EnquiryFact() as told:
                return self._heard(state, told, known, message, now)
            case _:
                return Decision("not-about-an-enquiry")

    def _heard(
        self, state: EnquiryState, told: EnquiryFact, known: OutageClass | None, message: Message, now: datetime
    ) -> Decision:
        fact, note = as_of_record(told, HAPPENED[type(told)], message.recorded_at, self._policy.settings.facts)
        if state.knows(fact):
            return Decision("already-known")
        after, recorded = state.hear(fact, message.cause), [NewEvent(TYPE_OF[type(fact)], fact)]
        if after.about is None and fact.outage is not None:
            # By what it was taken for when it was first named: a class that changes later moves no deadline.
            about = EnquiryAbout(enquiry_id=state.enquiry_id, outage_class=known or SUDDEN)
            after = replace(after, about=about.outage_class)
            recorded.append(NewEvent(ENQUIRY_ABOUT, about))
        said = self._promises(after, now)
        return Decision(self._reason(state, after, fact), [*recorded, *map(_published, said)], note)

    def _reason(self, before: EnquiryState, after: EnquiryState, fact: EnquiryFact) -> str:
        if isinstance(fact, EnquiryAsked):
            if before.asked is None:
                return "enquiry-received"
            return "told-otherwise" if after.asked is not None and after.asked.at != before.asked.at else "told-again"
        if after.asked is None:
            return "held-until-received"
        early = self._policy.settings.facts.early
        return reason_of_answer("enquiry", before.answered(early), after.answered(early))

    def _due(self, state: EnquiryState) -> list[owed.DueAnswer]:
        return owed.due_of(state.matter, self._policy, self._calendar, outage_class=state.about)

    def _promises(self, state: EnquiryState, now: datetime, *, review: bool = False) -> Iterator[PromiseEvent]:
        return owed.reconcile(state.matter, self._due(state), self._policy.version, now, review=review)

    def _reviewed(self, state: EnquiryState, now: datetime) -> Decision:
        """The rules or the calendar are others than they were: open deadlines may lie elsewhere."""
        if state.status(self._policy.settings.facts.early) != "open":
            return Decision("nothing-open")
        said = [*self._promises(state, now, review=True)]
        return Decision("reviewed" if said else "nothing-changed", [*map(_published, said)])

    def _fired(self, state: EnquiryState, fired: TimerFired, now: datetime) -> Decision:
        found = owed.timer_of(state.promises, fired.name)
        if found is None:
            return Decision("promise-settled")
        record, what = found
        if what == "at-risk":
            return Decision("deadline-near", [*map(_published, warn(record, "deadline-near", now))])
        lapsed = owed.lapsed(record, unproven=fired.unproven)
        return Decision("deadline-passed", [*map(_published, lapsed)])

    def timers(self, state: EnquiryState) -> dict[str, datetime]:
        """Every open promise has its deadline, and its next warning until all were given."""
        return timers_of(state.promises.values())

    def promises_of(self, state: EnquiryState) -> Sequence[PromiseRecord]:
        """All that it has made so far."""
        return tuple(state.promises.values())

    def view(self, state: EnquiryState) -> dict[str, Any]:
        """The enquiry as a JSON object (instants as RFC 3339 in UTC), without the customer's words."""
        early = self._policy.settings.facts.early
        answer = state.answered(early)
        told: dict[str, Any] = {
            "enquiryId": state.enquiry_id,
            "status": state.status(early),
            "receivedAt": state.asked.at if state.asked is not None else None,
            "answeredAt": answer.at if answer is not None else None,
            "answeredBy": answer.by or None if answer is not None else None,
            "answers": len(state.answers),
            "aboutOutages": state.outages,
            "outageClass": state.about,
            "promises": [*map(shown_in_full, state.promises.values())],
        }
        view: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told))
        return view


def _published(said: PromiseEvent) -> NewEvent:
    topic = restorations.TOPIC if is_published(said) else None
    return NewEvent(TYPE_OF[type(said)], said, topic=topic, key=said.enquiry_id)
