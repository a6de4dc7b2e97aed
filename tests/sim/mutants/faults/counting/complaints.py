"""Faults of complaints: answered by the wrong day, by what was said before they came, or never void."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from services.policy import deadline
from services.restorer.domain.answers import owed
from services.restorer.domain.complaints import promises
from services.restorer.domain.complaints.state import ComplaintState
from tests.sim.mutants import worlds
from tests.sim.mutants.registry import mutant


@mutant(under=worlds.people_complain)
def reports_of_misconduct_have_five_days() -> Iterator[None]:
    """A report of misconduct is due like a complaint: promises are called broken that were kept."""
    with patch.object(ComplaintState, "kind", property(lambda _: "complaint")):
        yield


@mutant(under=worlds.people_complain)
def the_day_of_a_complaint_counts() -> Iterator[None]:
    """The day on which it came is the first of the five: the deadline lies a day too early."""

    def sooner(rule: Any, since: Any, calendar: Any) -> Any:
        found = deadline(rule, since, calendar)
        return replace(found, due_at=found.due_at - timedelta(days=1))

    with patch.object(owed, "deadline", sooner):
        yield


@mutant(under=worlds.people_complain)
def told_again_is_asked_anew() -> Iterator[None]:
    """Who tells a complaint again puts off its answer: time runs from the last word instead of the first."""
    with patch.object(ComplaintState, "since", property(lambda self: max(self.received.values(), default=None))):
        yield


@mutant(under=worlds.people_complain)
def an_answer_from_before_it_came_is_one() -> Iterator[None]:
    """Whatever was answered before, the complaint counts as answered: nobody answers it, and the promise was kept."""
    answer = owed.Matter.answer

    def any_of_them(self: owed.Matter, early: timedelta) -> Any:
        return answer(self, early + timedelta(days=30))

    with patch.object(owed.Matter, "answer", any_of_them):
        yield


@mutant(under=worlds.people_complain)
def a_withdrawn_complaint_goes_on() -> Iterator[None]:
    """Who takes a complaint back is owed an answer all the same, and the promise is called broken."""
    matter_of = promises.matter_of

    def standing(state: ComplaintState) -> owed.Matter:
        return replace(matter_of(state), withdrawn=None)

    with patch.object(promises, "matter_of", standing):
        yield
