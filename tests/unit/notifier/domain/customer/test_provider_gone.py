"""A provider whose settings were taken away: its text is given up, the next contact is told, and the first is not told twice."""

from schemas.contracts.messages import ContactUnreached, MessageDelivered, MessageUndelivered
from services.notifier.domain.events import SendingGivenUp, SendingReceipt
from tests.kits.deciders.notifier import City, at, customer, started


def given_up(message_id: str) -> SendingGivenUp:
    return SendingGivenUp(message_id=message_id, customer_id="hospital", attempt=1, provider="twilio", at=at(5, 9, 25))


def off() -> tuple[City, str]:
    city = City(at(5, 9, 14), customer(importance="special"), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    return city, city.requests()[0].message_id


def test_the_text_ends_with_a_named_reason_and_the_next_contact_is_told() -> None:
    city, text = off()
    said = city.tell("customer/hospital", given_up(text))
    (failed,) = [one.data for one in said.events if isinstance(one.data, MessageUndelivered)]
    assert (failed.message_id, failed.reason, failed.code) == (text, "provider-gone", None)
    first, second = city.requests()
    assert first.contact_id != second.contact_id
    assert (first.trigger, first.mrids) == (second.trigger, second.mrids)


def test_where_no_contact_is_left_a_person_is_called_and_nobody_is_sent_it_twice() -> None:
    city, text = off()
    city.tell("customer/hospital", given_up(text))
    said = city.tell("customer/hospital", given_up(city.requests()[1].message_id))
    assert [one.data.reason for one in said.events if isinstance(one.data, ContactUnreached)]
    assert len(city.requests()) == 2


def test_what_is_settled_stays_so_and_a_receipt_that_comes_after_all_is_believed() -> None:
    city, text = off()
    city.tell("customer/hospital", given_up(text))
    again = city.tell("customer/hospital", given_up(text))
    assert (again.reason, again.events) == ("already-settled", ())
    assert city.tell("customer/hospital", given_up("another")).reason == "unknown-message"
    receipt = SendingReceipt(
        message_id=text,
        customer_id="hospital",
        provider="twilio",
        provider_sid="SM1",
        status="delivered",
        at=at(5, 10),
    )
    told = city.tell("customer/hospital", receipt)
    assert [one.data.message_id for one in told.events if isinstance(one.data, MessageDelivered)] == [text]
    assert told.reason == "fault-suppressed-already-told", "the next contact's text was still to go"
