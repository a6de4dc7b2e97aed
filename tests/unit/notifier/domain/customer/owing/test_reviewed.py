"""A version that promised nothing is replaced: a review promises what is owed, and not what nobody can keep any more."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from schemas.contracts.promises import PromiseMade
from services.kernel.model import REVIEW, Decision, Message, Review
from services.notifier.domain.customer.decider import NotifierCustomer
from services.notifier.domain.customer.owing.rules import WordRules
from services.policy.model import Telling
from tests.kits.deciders.notifier import AT_ONCE, HOUR, MINUTE, VOICE, City, at, confirmed, customer, started
from tests.kits.owed_words import ledger, made

OFF_AT = at(5, 9, 14)


def replaced(city: City, telling: Telling = AT_ONCE) -> None:
    """From now on the city's notifier is this version."""
    city.deciders = {**city.deciders, "customer": NotifierCustomer(VOICE, telling, rules=WordRules("p", "2"))}


def review(city: City) -> Decision:
    """`outagectl rearm` comes to the hospital's conversation."""
    stream = "customer/hospital"
    message = Message("review", str(uuid4()), REVIEW, city.now, Review(why="upgrade"), "hospital", 0)
    decider = city.deciders["customer"]
    decision: Decision = decider.decide(city.states[stream], None, message, city.now)
    city._append(stream, decider, decision)
    return decision


def owed_by_review(city: City) -> Sequence[tuple[str, datetime, datetime]]:
    """What it promises: obligation, from when it is counted, by when."""
    found = [event.data for event in review(city).events]
    assert all(isinstance(one, PromiseMade) for one in found)
    return [(one.obligation, one.measured_from, one.due_at) for one in found if isinstance(one, PromiseMade)]


def told_by_the_version_before(*, accept: bool = True, ert: datetime | None = None) -> City:
    city = City(OFF_AT, customer(), accept=accept)
    city.hears(started(ert=ert))
    assert made(city, "first-word") == []
    return city


def test_whoever_is_still_to_hear_that_power_is_off_is_promised_it_from_when_that_was_known() -> None:
    city = told_by_the_version_before(accept=False, ert=at(5, 12))
    city.moves_to(OFF_AT + 3 * MINUTE)
    replaced(city)
    assert owed_by_review(city) == [("first-word", OFF_AT, OFF_AT + 10 * MINUTE)]
    city.moves_to(OFF_AT + 20 * MINUTE)
    assert ("first-word", "broken", "text-not-taken-yet") in ledger(city)


def test_what_was_due_before_the_upgrade_is_promised_to_nobody() -> None:
    city = told_by_the_version_before(accept=False, ert=at(5, 12))
    city.moves_to(OFF_AT + 20 * MINUTE)
    replaced(city)
    assert not review(city).events
    city.accepts()
    assert [what for what, _, _ in ledger(city) if what == "first-word"] == []


def test_the_next_word_that_the_version_before_named_is_promised_and_kept() -> None:
    city = told_by_the_version_before()
    by = city.texts()[0].meant.next_word_by
    assert by is not None
    city.moves_to(OFF_AT + 5 * MINUTE)
    replaced(city)
    assert owed_by_review(city) == [("next-word", OFF_AT, by)]
    city.moves_to(by + MINUTE)
    assert ("next-word", "kept", "told-in-time") in ledger(city)
    assert ("next-word", "at-risk", "no-word-in-time") not in ledger(city), "it went out when it was to"


def test_a_time_that_passed_long_ago_promises_no_word() -> None:
    city = told_by_the_version_before(ert=at(5, 10))
    city.accept = False
    city.moves_to(OFF_AT + 5 * HOUR)
    replaced(city)
    assert not review(city).events


def test_that_power_is_back_is_promised_while_it_settles() -> None:
    telling = Telling()
    city = City(OFF_AT, customer(), telling=telling)
    city.hears(started(ert=at(5, 14)))
    city.moves_to(OFF_AT + HOUR)
    back = city.now
    city.hears(confirmed(back))
    replaced(city, telling)
    city.now = back + timedelta(seconds=10)
    ((what, since, due_at),) = owed_by_review(city)
    assert (what, since) == ("restored-word", back)
    assert due_at == back + telling.settling + 15 * MINUTE
    city.moves_to(back + 10 * MINUTE)
    assert ("restored-word", "kept", "told-in-time") in ledger(city)


@pytest.mark.parametrize("accept", [True, False])
def test_a_second_review_promises_nothing_again(*, accept: bool) -> None:
    city = told_by_the_version_before(accept=accept)
    city.moves_to(OFF_AT + 3 * MINUTE)
    replaced(city)
    assert len(review(city).events) == 1
    assert review(city) == Decision("nothing-to-review")


def test_of_this_versions_own_promises_a_review_makes_no_others() -> None:
    city = City(OFF_AT)
    replaced(city)
    city.hears(customer())
    city.hears(started(ert=at(5, 12)))
    city.moves_to(OFF_AT + 30 * MINUTE)
    assert not review(city).events
