"""Who takes over where texts do not reach: the next contact, the account manager, operators, each in their time."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.customers import Contact, CustomerUpserted, Importance
from schemas.contracts.messages import MessageAccepted
from services.notifier.domain.calls import causes_of
from services.notifier.domain.customer.owing.words import Confirmation
from services.tasks.domain.kinds import MANAGER_CALLS, UNCONFIRMED
from tests.kits.deciders.notifier import HOUR, City, at, confirmed, customer, ert, started
from tests.kits.owed_words import STEPS, ledger, made, promising


def told(one: CustomerUpserted | None = None, *, arrives: bool = False) -> City:
    """A hospital that was told at 9:14 that its power is off; what it is told from then on waits for the test."""
    city = promising(at(5, 9, 14), one or customer(importance="special", account_manager="林涛"))
    city.hears(started(ert=at(5, 17)))
    if arrives:
        city.receipt("delivered", city.texts()[0])
    return city


def call(when: datetime) -> Confirmation:
    return Confirmation(customer_id="hospital", how="call", at=when, by="林涛")


def steps(city: City) -> list[tuple[str, str, str | None]]:
    return [word for word in ledger(city, STEPS) if word[1] != "at-risk"]


def whom(city: City) -> list[tuple[str, str, str | None]]:
    """Who is to call; what account managers only have to know of is left out."""
    found = (one for one in causes_of(city.of()).values() if one.kind in (MANAGER_CALLS, UNCONFIRMED))
    return [(one.kind, one.reason, one.ref) for one in found]


def test_no_receipt_in_time_and_the_next_contact_has_the_text() -> None:
    city = told()
    assert [one.due_at for one in made(city, "customer-reached")] == [at(5, 9, 24)]
    city.moves_to(at(5, 9, 25))
    assert steps(city) == [
        ("customer-reached", "made", None),
        ("customer-reached", "broken", "no-receipt"),
        ("second-contact-reached", "made", None),
    ]
    first, second = city.texts()
    assert (first.contact_id, second.contact_id) == ("hospital-duty", "hospital-head")
    assert (second.trigger, second.ref, second.state) == ("fault", first.ref, "accepted")


def told_in_silence(importance: Importance) -> City:
    city = promising(at(5, 9, 14), customer(importance=importance, account_manager="林涛"), silent=("twilio",))
    city.hears(started(ert=at(5, 17)))
    return city


def test_of_a_provider_that_gives_no_receipts_none_is_waited_for_and_no_other_contact_is_told() -> None:
    city = told_in_silence("second")
    (text,) = city.texts()
    (taken,) = [one.data for one in city.log["customer/hospital"] if isinstance(one.data, MessageAccepted)]
    assert (taken.message_id, taken.no_receipt) == (text.message_id, "provider-gives-none")
    city.moves_to(at(5, 12))
    assert steps(city) == []
    assert {one.contact_id for one in city.texts()} == {text.contact_id}


def test_there_an_answer_is_waited_for_from_the_beginning_where_one_is_owed() -> None:
    city = told_in_silence("special")
    (owed,) = made(city, "customer-answers")
    assert (owed.measured_from, owed.due_at) == (at(5, 9, 14), at(5, 9, 44))
    city.moves_to(at(5, 9, 45))
    assert steps(city)[-1] == ("account-manager-calls", "made", None)
    assert made(city, "customer-reached") == []


def test_nobody_has_it_then_the_account_manager_calls_and_then_operators() -> None:
    city = told()
    city.moves_to(at(5, 9, 35))
    assert whom(city) == [("account-manager-calls", "no-receipt", "林涛")]
    city.moves_to(at(5, 9, 50))
    assert whom(city) == [("unconfirmed", "no-receipt", None)]
    city.moves_to(at(5, 12))
    assert whom(city) == [("unconfirmed", "no-receipt", None)], "somebody is to call for as long as power is off"
    assert [word[:2] for word in steps(city)][-2:] == [("operators-call", "made"), ("operators-call", "broken")]
    city.hears(confirmed(at(5, 12)))
    assert whom(city) == []


def test_where_nobody_looks_after_them_operators_call_at_once() -> None:
    city = told(customer(importance="special", contacts=customer().contacts[:1]))
    city.moves_to(at(5, 9, 25))
    assert whom(city) == [("unconfirmed", "no-receipt", None)]


def test_a_receipt_is_enough_of_second_importance() -> None:
    city = told(customer(importance="second", account_manager="林涛"), arrives=True)
    city.moves_to(at(5, 15))
    assert steps(city) == [("customer-reached", "made", None), ("customer-reached", "kept", "text-arrived")]
    assert whom(city) == []


def test_of_special_importance_somebody_says_that_they_know_or_the_account_manager_calls() -> None:
    city = told(arrives=True)
    assert [one.due_at for one in made(city, "customer-answers")] == [at(5, 9, 44)]
    city.moves_to(at(5, 9, 45))
    assert whom(city) == [("account-manager-calls", "no-answer", "林涛")]
    city.now = at(5, 9, 50)
    city.hears(call(at(5, 9, 50)))
    assert steps(city)[-1] == ("account-manager-calls", "kept", "confirmed")
    assert whom(city) == []
    city.moves_to(at(5, 12))
    assert whom(city) == [], "they know"


def test_an_answer_at_the_moment_of_the_step_ends_it_whichever_comes_first() -> None:
    city = told(arrives=True)
    city.now = at(5, 9, 44)
    city.hears(call(at(5, 9, 44)))
    assert steps(city)[-1] == ("customer-answers", "kept", "confirmed")
    city.moves_to(at(5, 10))
    assert whom(city) == []
    late = told(arrives=True)
    late.moves_to(at(5, 9, 44))
    late.hears(call(at(5, 9, 44)))
    assert steps(late)[-1] == ("account-manager-calls", "kept", "confirmed")
    assert whom(late) == []


def test_a_late_receipt_ends_the_call_where_a_receipt_is_enough() -> None:
    city = told(customer(importance="second", account_manager="林涛"))
    city.moves_to(at(5, 10, 20))
    assert whom(city) == [("account-manager-calls", "no-receipt", "林涛")]
    city.receipt("delivered", city.texts()[0])
    assert steps(city)[-1] == ("account-manager-calls", "voided", "text-arrived")
    assert whom(city) == []


def test_power_that_is_back_ends_every_step() -> None:
    city = told()
    city.moves_to(at(5, 9, 25))
    city.hears(confirmed(at(5, 9, 25)))
    assert ("second-contact-reached", "voided", "power-is-back") in steps(city)
    city.moves_to(at(5, 20))
    assert whom(city) == []
    assert city.timers("customer/hospital") == {}


def test_the_text_to_the_next_contact_is_taken_back_where_it_is_true_no_longer() -> None:
    city = told()
    city.accept = False
    city.moves_to(at(5, 9, 25))
    assert city.texts()[-1].state == "requested"
    city.hears(ert(at(5, 20), at(5, 9, 25)))
    beside = [text for text in city.texts() if text.contact_id == "hospital-head"]
    assert [text.state for text in beside] == ["suppressed", "requested"], "the other time takes its place"
    city.hears(confirmed(at(5, 9, 26)))
    assert city.texts("hospital")[2].state == "suppressed"


def test_what_the_next_contact_is_told_changes_nothing_of_what_the_first_is_told_next() -> None:
    city = told(customer(importance="second"))
    city.moves_to(at(5, 9, 50))
    assert len(city.texts()) == 2
    city.hears(ert(at(5, 20), at(5, 9, 50)))
    last = city.texts()[-1]
    assert (last.trigger, last.contact_id) == ("ert-changed", "hospital-duty")


def test_whoever_knew_of_the_work_is_not_called_about_it() -> None:
    city = promising(at(5, 9, 14), customer(importance="special"), accept=False)
    city.hears(started())
    assert steps(city) == [], "nothing was said yet"
    city.moves_to(at(5, 9, 14) + HOUR)
    assert steps(city) == []


def test_at_night_a_step_waits_for_the_morning_where_nobody_is_on_duty() -> None:
    school = customer(importance="second", on_duty="hours")
    city = promising(at(5, 22), school)
    city.hears(started(when=at(5, 22), ert=at(6, 12)))
    assert [one.due_at for one in made(city, "customer-reached")] == [at(6, 7)]
    city.moves_to(at(6, 6))
    assert len(city.texts()) == 1, "nobody is woken for it"
    ward = promising(at(5, 22), customer(importance="special"))
    ward.hears(started(when=at(5, 22), ert=at(6, 12)))
    assert [one.due_at for one in made(ward, "customer-reached")] == [at(5, 22, 10)]


CONTACTS = tuple(
    Contact(contact_id=f"hospital-{who}", rank=rank)
    for rank, who in enumerate(("duty", "head", "director", "plant", "owner"), 1)
)


def had_it(city: City) -> list[str]:
    """Whom the text went to, or is to go to, in this order."""
    return [
        text.contact_id.removeprefix("hospital-")
        for text in city.texts()
        if text.state not in ("suppressed", "expired")
    ]


def test_with_three_contacts_the_third_has_the_text_halfway_and_nobody_calls_later_for_it() -> None:
    city = told(customer(importance="special", account_manager="林涛", contacts=CONTACTS[:3]))
    city.moves_to(at(5, 9, 24))
    assert had_it(city) == ["duty", "head"]
    city.moves_to(at(5, 9, 29))
    assert had_it(city) == ["duty", "head", "director"], "half of the ten minutes of the next contacts are over"
    assert whom(city) == []
    city.moves_to(at(5, 9, 34))
    assert whom(city) == [("account-manager-calls", "no-receipt", "林涛")]
    assert steps(city)[-1] == ("account-manager-calls", "made", None)
    assert len(made(city, "second-contact-reached")) == 1, "one promise, whoever of them keeps it"


def test_however_many_contacts_there_are_each_has_the_text_once_by_rank_before_people_call() -> None:
    city = told(customer(importance="special", account_manager="林涛", contacts=CONTACTS[::-1]))
    city.moves_to(at(5, 9, 34))
    assert had_it(city) == ["duty", "head", "director", "plant", "owner"]
    city.moves_to(at(5, 12))
    assert had_it(city) == ["duty", "head", "director", "plant", "owner"], "nobody twice"


def test_once_a_handset_has_it_nobody_else_is_told_and_texts_under_way_are_stopped() -> None:
    city = told(customer(importance="second", contacts=CONTACTS))
    city.accept = False
    city.moves_to(at(5, 10, 2))
    assert had_it(city) == ["duty", "head", "director"]
    city.receipt("delivered", city.texts()[0])
    assert had_it(city) == ["duty"]
    city.moves_to(at(5, 12))
    assert had_it(city) == ["duty"]


def test_a_next_contact_who_cannot_be_texted_passes_the_turn_on_at_once() -> None:
    city = told(customer(importance="special", contacts=CONTACTS[:3]))
    city.moves_to(at(5, 9, 24))
    city.receipt("undelivered", city.texts()[1], code=30005)
    assert had_it(city) == ["duty", "head", "director"]
    city.moves_to(at(5, 12))
    assert had_it(city) == ["duty", "head", "director"], "the second is not tried again"


def test_what_changes_meanwhile_is_told_to_each_who_has_not_had_it_yet_and_each_replaces_their_own() -> None:
    city = told(customer(importance="special", contacts=CONTACTS[:3]))
    city.accept = False
    city.moves_to(at(5, 9, 29))
    city.hears(ert(at(5, 20), at(5, 9, 29)))
    waits = [text for text in city.texts() if text.state == "requested" and text.contact_id != "hospital-duty"]
    assert [text.contact_id for text in waits] == ["hospital-head", "hospital-director"]
    asked = {one.message_id: one for one in city.requests()}
    stopped = {text.contact_id: text.message_id for text in city.texts() if text.state == "suppressed"}
    assert [asked[text.message_id].supersedes for text in waits] == [stopped[text.contact_id] for text in waits]


def test_power_that_goes_off_again_begins_with_the_first_contact_and_comes_to_all_of_them_anew() -> None:
    city = told(customer(importance="special", contacts=CONTACTS[:3]))
    city.moves_to(at(5, 9, 30))
    city.hears(confirmed(at(5, 9, 30)))
    city.moves_to(at(5, 13))
    city.hears(started("F2", at(5, 13), ert=at(5, 17)))
    city.moves_to(at(5, 13, 40))
    again = [one.contact_id.removeprefix("hospital-") for one in city.requests() if "F2" in one.mrids]
    assert again == ["duty", "head", "director"]


def test_at_night_the_third_contact_is_not_woken_either_where_nobody_is_on_duty() -> None:
    school = customer(importance="second", on_duty="hours", contacts=CONTACTS[:3])
    city = promising(at(5, 20, 20), school)
    city.hears(started(when=at(5, 20, 20), ert=at(6, 12)))
    city.moves_to(at(6, 6, 59))
    assert had_it(city) == ["duty", "head"], "the second in the evening, and nobody by night"
    city.moves_to(at(6, 7))
    assert had_it(city) == ["duty", "head", "director"]


@given(
    st.permutations(range(1, 8)).flatmap(lambda ranks: st.integers(1, 7).map(lambda count: ranks[:count])),
    st.sampled_from(("special", "first", "second", "temporary")),
)
def test_whatever_contacts_there_are_all_have_it_in_their_order_and_nobody_twice(
    ranks: list[int], grade: Importance
) -> None:
    contacts = tuple(Contact(contact_id=f"hospital-{rank}", rank=rank) for rank in ranks)
    city = told(customer(importance=grade, contacts=contacts))
    city.moves_to(at(5, 14))
    assert had_it(city) == [f"{rank}" for rank in sorted(ranks)]
    assert [one[0] for one in whom(city)] == ["unconfirmed"], "and somebody calls"
