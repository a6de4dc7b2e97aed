"""That a customer knows: once for what they know, by whoever heard it, and only where there is something to know."""

from datetime import datetime

from schemas.contracts.messages import ContactConfirmed
from services.notifier.domain.customer.owing.confirming import confirm, has_confirmed
from services.notifier.domain.customer.owing.words import Confirmation
from tests.kits.deciders.notifier import City, at, confirmed, customer, ert, published, started


def call(when: datetime, by: str = "林涛", **more: str) -> Confirmation:
    return Confirmation(customer_id="hospital", how="call", at=when, by=by, **more)  # type: ignore[arg-type]


def told() -> City:
    """A hospital that has read that its power is off."""
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    return city


def said(city: City) -> list[ContactConfirmed]:
    return [event.data for event in city.log["customer/hospital"] if isinstance(event.data, ContactConfirmed)]


def test_a_recorded_call_says_who_spoke_with_whom_about_which_text() -> None:
    city = told()
    city.now = at(5, 9, 20)
    assert city.hears(call(at(5, 9, 20))).reason == "customer-confirmed"
    (word,) = said(city)
    assert (word.how, word.by, word.contact_id, word.message_id) == (
        "call",
        "林涛",
        "hospital-duty",
        city.texts()[0].message_id,
    )
    assert has_confirmed(city.of())


def test_what_was_confirmed_is_not_confirmed_again_until_they_are_told_something_else() -> None:
    city = told()
    city.now = at(5, 9, 20)
    city.hears(call(at(5, 9, 20)))
    assert city.hears(call(at(5, 9, 21))).reason == "confirmed-before"
    city.now = at(5, 10, 30)
    city.hears(ert(at(5, 14), at(5, 10, 30)))
    assert not has_confirmed(city.of()), "they were told another time since"
    city.now = at(5, 11)
    assert city.hears(call(at(5, 11))).reason == "customer-confirmed"
    assert len(said(city)) == 2


def test_whom_no_text_reached_knows_by_a_call() -> None:
    city = City(at(5, 9, 14), customer(contacts=()), accept=False)
    city.hears(started())
    assert city.hears(call(at(5, 9, 14))).reason == "customer-confirmed"
    (word,) = said(city)
    assert (word.contact_id, word.message_id) == ("unlisted", None)


def test_there_is_something_to_know_while_work_is_announced_or_for_a_day_after_the_last_text() -> None:
    city = City(at(3, 9), customer())
    assert city.hears(call(at(3, 9))).reason == "nothing-to-confirm"
    city.hears(published())
    assert city.hears(call(at(3, 9))).reason == "customer-confirmed"
    city = told()
    city.now = at(5, 13, 41)
    city.hears(confirmed())
    city.now = at(6, 13)
    assert city.hears(call(at(6, 13))).reason == "customer-confirmed"
    city.now = at(9, 9)
    assert city.hears(call(at(9, 9))).reason == "nothing-to-confirm"


def test_nobody_confirms_for_whom_the_registry_does_not_know() -> None:
    city = City(at(5, 9, 14))
    assert city.hears(call(at(5, 9, 14))).reason == "customer-not-known"


def test_an_answer_from_the_future_counts_as_of_now() -> None:
    city = told()
    assert confirm(city.of(), call(at(5, 12)), at(5, 9, 20))[0][0].data.confirmed_at == at(5, 9, 20)


def test_a_receipt_shows_that_a_text_arrived_and_no_more() -> None:
    city = City(at(3, 9), customer())
    city.hears(published())
    city.receipt("delivered", city.texts()[0])
    assert [word.how for word in said(city)] == ["receipt"]
    assert not has_confirmed(city.of())


def test_an_answer_is_the_contacts_whose_text_it_answers() -> None:
    city = told()
    text = city.texts()[0]
    reply = Confirmation(customer_id="hospital", how="reply", at=city.now, message_id=text.message_id)
    city.hears(reply)
    assert said(city)[0].contact_id == text.contact_id
