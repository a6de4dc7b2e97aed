"""The hotline's answer names what a customer was promised and has not had, who of them takes no texts, and whether they know."""

from datetime import timedelta

import msgspec

from operations.lookup.named import NamedThing
from operations.lookup.result import LookupResult
from operations.lookup.views import ConversationView, OwedView
from operations.times import Times
from outagectl.commands.explain.english import answer
from services.notifier.domain.customer.decider import NotifierCustomer
from services.notifier.domain.customer.owing.words import Confirmation
from tests.kits.deciders.notifier import VOICE, City, at, confirmed, customer, started
from tests.kits.kernel.toy import START

HOSPITAL = NamedThing("customer", "hospital", frozenset(), ("hospital",))


def said(found: LookupResult) -> str:
    return "\n".join(line.text for line in answer(found, Times()))


def shown(city: City) -> ConversationView:
    """The conversation as a look-up reads it from the live view."""
    view = NotifierCustomer(VOICE).view(city.of())
    return msgspec.json.decode(msgspec.json.encode(view), type=ConversationView)


def call(city: City) -> None:
    city.hears(Confirmation(customer_id="hospital", how="call", at=city.now, by="林涛"))


def test_what_was_promised_to_them_and_not_given_is_named_and_that_they_know() -> None:
    owed = [OwedView("next-word", START + timedelta(minutes=5), "atRisk"), OwedView("first-word", START, "broken")]
    asked = LookupResult("hospital", START, [HOSPITAL], owed=owed, confirmed_at=START, knows_the_latest=True)
    text = said(asked)
    assert "not kept       the customer not told that power is off by" in text
    assert "promised       the customer's next word by" in text
    assert ": at risk" in text
    assert "they know, since" in text


def test_who_confirmed_something_else_a_week_ago_is_not_said_to_know() -> None:
    text = said(LookupResult("hospital", START, [HOSPITAL], confirmed_at=START - timedelta(days=7)))
    assert "they know" not in text
    assert "confirmed      nothing since" in text


def test_a_confirmation_lasts_until_the_next_text_and_until_power_turns() -> None:
    city = City(at(5, 9, 14), customer(importance="special"))
    assert not shown(city).is_confirmed
    city.hears(started(ert=at(5, 12)))
    city.moves_to(at(5, 9, 20))
    call(city)
    assert shown(city).is_confirmed
    city.moves_to(at(5, 10))
    city.hears(confirmed(at(5, 9, 58)))
    assert not shown(city).is_confirmed
    call(city)
    assert shown(city).is_confirmed


def test_who_said_stop_is_named_so_that_nobody_waits_for_a_text() -> None:
    city = City(at(5, 9, 14), customer(importance="special"))
    city.hears(started())
    city.answers("STOP")
    stopped = shown(city).heard.opted_out
    assert list(stopped) == ["hospital-duty"]
    text = said(LookupResult("hospital", START, [HOSPITAL], no_texts=dict(stopped)))
    assert "takes no texts hospital-duty, who said STOP" in text
