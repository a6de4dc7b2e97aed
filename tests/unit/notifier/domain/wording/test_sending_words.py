"""What becomes of a text: taken, refused, expired, delivered, doubled; and who hears of it next."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from schemas.contracts.customers import Contact, CustomerErased
from schemas.contracts.receipts import ReceiptReceived
from services.notifier.domain.customer.conversation import RequestedText
from services.notifier.domain.customer.texts.breach_texts import SPOKEN
from services.notifier.domain.events import AttemptAccepted
from tests.kits.deciders.notifier import HOUR, MINUTE, City, at, confirmed, customer, ert, published, started, withdrawn


def dark(**changes: object) -> City:
    """A hospital whose fault text is asked for and not yet taken."""
    city = City(at(5, 9, 14), customer(**changes), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    return city


def test_a_text_is_named_by_what_it_says_so_that_a_replay_names_it_alike() -> None:
    first, second = dark().requests()[0], dark().requests()[0]
    assert (first.message_id, first.ref, first.body) == (second.message_id, second.ref, second.body)
    assert first.ref in first.body
    assert len(first.ref) == 5


def test_the_first_contact_by_rank_is_told() -> None:
    contacts = (Contact(contact_id="b", rank=2), Contact(contact_id="a", rank=1))
    assert dark(contacts=contacts).requests()[0].contact_id == "a"


def test_a_bad_number_brings_the_next_contact_and_then_a_person() -> None:
    city = dark()
    city.refuses("bad-number")
    assert [request.contact_id for request in city.requests()] == ["hospital-duty", "hospital-head"]
    city.refuses("bad-number")
    assert city.kinds()[-1] == "contact.unreached.v1"
    assert city.log["customer/hospital"][-1].data.reason == "all-contacts-failed"
    assert len(city.requests()) == 2


def test_a_bad_number_is_not_tried_again_until_the_registry_changes_it() -> None:
    city = dark()
    city.refuses("bad-number")
    city.accepts()
    city.now = at(5, 11)
    city.hears(ert(at(5, 14), at(5, 11)))
    assert city.requests()[-1].contact_id == "hospital-head"
    contacts = (Contact(contact_id="hospital-duty-2", rank=1), Contact(contact_id="hospital-head", rank=2))
    city.hears(customer(contacts=contacts, updated_at=at(5, 11, 1)))
    city.hears(confirmed(at(5, 11, 30)))
    assert city.requests()[-1].contact_id == "hospital-duty-2"


def test_a_refusal_that_passes_is_the_senders_business() -> None:
    city = dark()
    assert city.refuses("too-many-requests", permanent=False).reason == "will-be-tried-again"
    assert len(city.requests()) == 1


def test_nobody_to_tell_calls_a_person_once() -> None:
    city = dark(contacts=())
    assert city.requests() == []
    assert city.kinds().count("contact.unreached.v1") == 1
    city.hears(customer(contacts=(), updated_at=at(5, 9, 15), address="别处"))
    assert city.kinds().count("contact.unreached.v1") == 1


def test_an_undelivered_text_goes_to_the_next_contact() -> None:
    city = dark()
    city.accepts()
    city.receipt("undelivered", city.texts()[0])
    assert [request.contact_id for request in city.requests()] == ["hospital-duty", "hospital-head"]
    assert city.texts()[0].state == "undelivered"


def test_delivered_may_replace_undelivered_but_not_the_other_way() -> None:
    city = dark()
    city.accepts()
    text = city.texts()[0]
    city.receipt("failed", text)
    city.receipt("delivered", text)
    assert [t.state for t in city.texts()] == ["delivered", "suppressed"], "the next contact need not be told any more"
    assert city.log["customer/hospital"][-1].data.reason == "already-told"
    assert city.receipt("undelivered", text).reason == "lower-in-rank"
    assert city.texts()[0].state == "delivered"


def test_a_receipt_that_overtakes_the_answer_is_the_answer() -> None:
    city = dark()
    city.receipt("delivered", city.texts()[0])
    assert city.kinds()[-2:] == ["message.accepted.v1", "message.delivered.v1"]
    assert city.accepts(text=city.texts()[0]).reason == "already-settled"


def accepted(text: RequestedText, sid: str, found_by: Any = "look-up") -> AttemptAccepted:
    return AttemptAccepted(
        message_id=text.message_id,
        customer_id="hospital",
        attempt=1,
        provider="twilio",
        provider_sid=sid,
        found_by=found_by,
        at=at(5, 9, 17),
    )


def told_twice() -> City:
    """A hospital whose expected time was changed and changed back while nothing had been taken: two texts say nearly the same."""
    city = dark()
    for minutes, hour in ((1, 13), (2, 11)):
        city.now = at(5, 9, 14 + minutes)
        city.hears(ert(at(5, hour, 30), city.now))
    assert len(city.requests()) == 3
    return city


@pytest.mark.parametrize("found_by", ["answer", "look-up"])
def test_a_message_that_is_known_as_one_texts_is_not_taken_for_the_other(found_by: str) -> None:
    city = told_twice()
    first, _, second = city.texts()
    city.hears(accepted(first, "SM1"))
    assert city.texts()[2].state == "suppressed", "what was found of the first says all of the second"
    assert city.hears(accepted(second, "SM1", found_by)).reason == "anothers-message"
    assert [text.sid for text in city.texts()] == ["SM1", None, None]


def test_a_receipt_is_of_the_text_whose_the_message_is_known_to_be() -> None:
    city = told_twice()
    first, _, second = city.texts()
    city.hears(accepted(second, "SM1"))
    assert city.receipt("delivered", first, sid="SM1").reason == "delivered"
    assert [text.state for text in city.texts()] == ["suppressed", "suppressed", "delivered"]


def test_a_text_that_was_refused_and_had_gone_by_an_attempt_before_is_delivered_and_known_by_its_id() -> None:
    city = dark()
    (text,) = city.texts()
    city.refuses("opted-out")
    city.receipt("delivered", text, sid="SM1")
    assert [(one.state, one.sid) for one in city.texts()] == [("delivered", "SM1"), ("suppressed", None)]
    assert city.receipt("delivered", text, sid="SM2").reason == "second-sid-for-one-text"


def test_sent_and_queued_only_show_that_it_is_on_its_way() -> None:
    city = dark()
    city.accepts()
    assert city.receipt("sent", city.texts()[0]).reason == "on-its-way"
    assert city.receipt("queued", city.texts()[0]).reason == "on-its-way"


def test_a_receipt_by_provider_id_alone_finds_its_text() -> None:
    city = dark()
    city.accepts()
    sid = city.texts()[0].sid
    receipt = ReceiptReceived(provider="twilio", provider_sid=sid or "", status="delivered", received_at=city.now)
    assert city.tell("customer/hospital", receipt).reason == "delivered"


def test_a_second_provider_id_is_seen_once() -> None:
    city = dark()
    city.accepts()
    text = city.texts()[0]
    assert city.receipt("sent", text, sid="SMother").reason == "second-sid-for-one-text"
    assert city.receipt("delivered", text, sid="SMother").reason == "already-known"
    assert city.kinds().count("text.doubled.v1") == 1


def test_the_receipt_of_a_notice_confirms_it() -> None:
    city = City(at(3, 9), customer())
    city.hears(published())
    city.receipt("delivered", city.texts()[0])
    assert city.log["customer/hospital"][-1].data.how == "receipt"
    fault = dark()
    fault.receipt("delivered", fault.texts()[0])
    assert "contact.confirmed.v1" not in fault.kinds()


def test_a_dropped_text_brings_the_present_truth_and_a_person() -> None:
    city = dark()
    city.hears(ert(at(5, 14), at(5, 9, 30)))
    city.now = at(5, 11, 20)
    city.drops()
    assert [t.state for t in city.texts()] == ["suppressed", "expired", "requested"]
    assert "contact.unreached.v1" in city.kinds()
    assert city.requests()[-1].message_id != city.requests()[-2].message_id
    city.phone().receives("预计14时左右")


def test_a_sender_that_never_answers_does_not_leave_a_text_open_for_ever() -> None:
    city = dark()
    city.moves_to(at(5, 12))
    assert city.texts()[0].state in ("expired", "suppressed")
    assert city.requests()[-1].trigger == "fault-time-unknown", (
        "the told time has passed unsaid: it is not said any more"
    )


def test_due_and_expiry_follow_the_trigger() -> None:
    fault = dark().requests()[0]
    assert (fault.lane, fault.due_at, fault.expires_at) == ("key", at(5, 9, 24), at(5, 11, 14))
    assert dark(life_support=True).requests()[0].lane == "critical"
    assert dark(importance="special").requests()[0].lane == "critical"


def test_a_word_of_the_registry_dated_in_another_century_shuts_out_nothing_that_comes_after_it() -> None:
    city = dark()
    city.pause = True
    city.hears(CustomerErased(customer_id="hospital", erased_at=datetime(2199, 1, 1, tzinfo=UTC)))
    assert city.of().profile is None
    city.now = at(6, 9)
    assert city.hears(customer(updated_at=at(6, 9))).reason != "erased-since"
    assert city.of().profile is not None
    city.hears(customer(updated_at=datetime(2199, 1, 1, tzinfo=UTC)))
    city.now = at(7, 9)
    assert city.hears(customer(updated_at=at(7, 9), lines=("10千伏城西线",))).reason != "older-than-known"
    assert city.of().profile.lines == ("10千伏城西线",)


def test_an_erased_customer_is_told_nothing_more() -> None:
    city = dark()
    city.pause = True
    city.hears(CustomerErased(customer_id="hospital", erased_at=at(5, 9, 20)))
    assert city.texts()[0].state == "suppressed"
    assert city.of().profile is None
    assert city.hears(ert(at(5, 14), at(5, 9, 30))).reason == "to-be-told"
    assert city.next_chunk(), "the fan-out comes before the registry's change is looked at"
    assert city.decisions[-1][1].reason == "customer-erased"
    city.fan()
    assert city.tables.members["F1"] == {}
    assert city.hears(customer(updated_at=at(5, 9, 19))).reason == "erased-since"
    assert len(city.requests()) == 1


def test_a_contact_who_left_does_not_get_the_text_under_way() -> None:
    city = dark()
    city.hears(customer(contacts=(Contact(contact_id="new", rank=1),), updated_at=at(5, 9, 15)))
    assert [(t.contact_id, t.state) for t in city.texts()] == [("hospital-duty", "suppressed"), ("new", "requested")]


def test_a_word_about_a_text_of_nobody_changes_nothing() -> None:
    city = dark()
    stray = ReceiptReceived(provider="twilio", provider_sid="SM0", status="delivered", received_at=city.now)
    assert city.tell("customer/hospital", stray).reason == "unknown-message"


def test_a_text_withdrawn_and_wanted_again_is_a_new_text() -> None:
    city = City(at(3, 9), customer(), accept=False)
    city.hears(published())
    city.hears(withdrawn())
    city.now += MINUTE
    city.hears(published(version=2, notice_id="P1/2"))
    ids = [request.message_id for request in city.requests()]
    assert len(ids) == len(set(ids)) == 2
    assert [t.state for t in city.texts()] == ["suppressed", "requested"]


def fails(city: City, code: int | None, status: str = "undelivered") -> None:
    city.receipt(status, city.texts()[-1], code=code)


def contacts(city: City) -> list[str]:
    return [request.contact_id.removeprefix("hospital-") for request in city.requests()]


def test_a_handset_that_cannot_be_reached_is_tried_once_more_later_and_then_the_next_contact() -> None:
    city = dark()
    city.accepts()
    fails(city, 30003)
    assert contacts(city) == ["duty", "duty"]
    assert city.requests()[-1].not_before == city.now + 5 * MINUTE
    city.now += 5 * MINUTE
    city.accepts()
    fails(city, 30003)
    assert contacts(city) == ["duty", "duty", "head"]
    assert city.requests()[-1].not_before == city.now


@pytest.mark.parametrize("code", [30005, 30006, 30004, 30007, 32017])
def test_a_number_that_is_no_good_or_blocked_hands_over_to_the_next_contact_at_once(code: int) -> None:
    city = dark()
    city.accepts()
    fails(city, code)
    assert contacts(city) == ["duty", "head"]


@pytest.mark.parametrize("code", [30034, 30002, 63038, 30001, 30036, 30450])
def test_a_fault_of_the_providers_side_on_a_receipt_is_not_charged_to_the_contact(code: int) -> None:
    city = dark()
    city.accepts()
    fails(city, code, "failed")
    assert contacts(city) == ["duty", "duty"]
    assert city.requests()[-1].not_before == city.now, "the provider's circuit holds it, not a clock"
    assert city.of().bad_contacts == frozenset()


def test_a_text_that_fails_for_ever_ends_with_a_person() -> None:
    city = dark()
    for _ in range(12):
        if city.texts()[-1].state == "requested":
            city.accepts()
            fails(city, 30034, "failed")
    assert contacts(city) == ["duty"] * 4 + ["head"] * 4
    assert city.kinds().count("contact.unreached.v1") == 1


def test_an_unknown_code_on_a_receipt_is_retried_once_later_then_the_next_contact() -> None:
    city = dark()
    city.accepts()
    fails(city, 99_999)
    city.now += 5 * MINUTE
    city.accepts()
    fails(city, 99_999)
    assert contacts(city) == ["duty", "duty", "head"]


def test_our_own_mistake_in_a_text_is_tried_on_nobody_else_and_a_person_is_called() -> None:
    city = dark()
    city.refuses("too-long", code=21617)
    assert contacts(city) == ["duty"]
    assert city.kinds().count("contact.unreached.v1") == 1


def test_a_retry_that_would_come_when_the_text_is_of_no_use_goes_to_the_next_contact_instead() -> None:
    city = City(at(3, 9), customer(), accept=False)
    city.hears(published())
    city.accepts()
    city.now = at(12, 7, 57)  # three minutes before the work that is announced
    fails(city, 30003)
    assert contacts(city) == ["duty", "head"]


def test_a_number_that_a_receipt_calls_unknown_is_not_asked_first_for_the_next_text() -> None:
    city = dark()
    city.accepts()
    fails(city, 30005)
    city.accepts()
    assert city.of().bad_contacts == {"hospital-duty"}
    city.moves_to(at(5, 9, 50))
    city.hears(ert(at(5, 14), at(5, 9, 50)))
    assert contacts(city) == ["duty", "head", "head"]


def test_a_number_that_a_text_reached_after_all_is_good_again() -> None:
    city = dark()
    city.accepts()
    first = city.texts()[-1]
    fails(city, 30005)
    city.receipt("delivered", first)
    assert city.of().bad_contacts == frozenset()


def test_a_text_that_waited_until_its_promised_next_word_is_nearly_due_gives_way_to_one_that_can_keep_it() -> None:
    city = City(at(5, 9, 14), customer(), accept=False)
    city.hears(started())
    first = city.requests()[-1]
    city.moves_to(at(5, 10, 14))
    assert [text.state for text in city.texts()] == ["suppressed", "requested"], (
        "the account's login failed for an hour"
    )
    assert "10时15分" in first.body
    city.accepts()
    assert city.reached() == ["fault-time-unknown"], "told once, and of a next word that is still to come"
    assert city.texts()[-1].meant.next_word_by == at(5, 11, 15)


def test_numbers_put_right_in_the_registry_are_tried_with_the_text_that_nobody_had() -> None:
    city = dark()
    city.refuses("bad-number")
    city.refuses("bad-number")
    city.moves_to(at(5, 11, 20))
    assert contacts(city) == ["duty", "head"], "a person was called"
    city.hears(customer(updated_at=city.now))
    city.moves_to(at(5, 11, 21))
    assert contacts(city) == ["duty", "head", "duty"]


def test_a_breach_that_this_version_has_no_words_for_stops_nobodys_texts() -> None:
    city = dark()
    word = city.of().outages["F1"]
    city.hears(msgspec.structs.replace(word, outage_version=word.outage_version + 1, breaches=("told-in-a-dream",)))
    assert [request.trigger for request in city.requests()] == ["fault"]


@pytest.mark.parametrize("kind", sorted(SPOKEN))
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_each_breach_that_is_apologised_for_has_words(kind: str, language: str) -> None:
    city = dark(language=language)
    word = city.of().outages["F1"]
    city.now += 2 * HOUR
    city.hears(msgspec.structs.replace(word, outage_version=word.outage_version + 1, breaches=(kind,)))
    assert city.requests()[-1].trigger == "breach-apology"
