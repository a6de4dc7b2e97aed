"""Customers answer: who wants no texts, who confirms, whose power is not back, who asks, and what only a person can answer."""

from datetime import timedelta
from typing import Any

from schemas.contracts.customers import Contact, CustomerErased
from schemas.contracts.messages import CallbackAnswered, ContactConfirmed, ContactUnreached, MessageSuppressed
from services.kernel.model import Decision
from services.notifier.domain.calls import causes_of
from services.notifier.domain.replies.events import CalledBack, ReplyReceived, ReplyToRead
from tests.kits.deciders.notifier import (
    MINUTE,
    City,
    at,
    confirmed,
    customer,
    ert,
    no_outage,
    published,
    started,
)

HOSPITAL = customer(usage_points=("UP-1",), importance="special")


def night(*customers: Any, **more: Any) -> City:
    """The line is off since 9:12; it is 9:15."""
    city = City(at(5, 9, 15), *(customers or (HOSPITAL,)), **more)
    city.hears(started(when=at(5, 9, 12), ert=at(5, 15)))
    return city


def back(city: City) -> City:
    """It came back at 13:35, and they were told."""
    city.now = at(5, 13, 40)
    city.hears(confirmed(at(5, 13, 35)))
    city.now += 2 * MINUTE
    return city


def to_read(city: City, stream: str = "customer/hospital") -> list[str]:
    return [event.data.reason for event in city.log.get(stream, ()) if isinstance(event.data, ReplyToRead)]


def said(city: City, kind: type, name: str = "hospital") -> list[Any]:
    return [event.data for event in city.log[f"customer/{name}"] if isinstance(event.data, kind)]


def heard(city: City, name: str = "hospital") -> Decision:
    """What the customer's conversation decided last."""
    return [one for stream, one in city.decisions if stream == f"customer/{name}"][-1]


# Who wants no texts.


def test_after_stop_the_next_contact_is_told_and_after_start_the_first_again() -> None:
    city = night()
    assert city.answers("STOP").reason == "opted-out"
    assert "contact.opted-out.v1" in city.kinds()
    city.now = at(5, 11)
    city.hears(ert(at(5, 17), at(5, 11)))
    assert city.requests()[-1].contact_id == "hospital-head"
    assert city.answers("START").reason == "opted-in"
    city.hears(confirmed(at(5, 13, 35)))
    assert city.requests()[-1].contact_id == "hospital-duty"


def test_a_text_under_way_to_whoever_says_stop_is_taken_back_and_goes_to_the_next() -> None:
    city = night(accept=False)
    city.answers("退订")
    stopped = said(city, MessageSuppressed)
    assert [one.reason for one in stopped] == ["opted-out"]
    assert [one.contact_id for one in city.requests()] == ["hospital-duty", "hospital-head"]


def test_whoever_alone_can_be_told_and_says_stop_is_owed_a_notice_another_way_and_that_is_on_record() -> None:
    city = City(at(3, 9), customer(contacts=(Contact(contact_id="hospital-duty"),)))
    city.answers("退订")
    city.hears(published())
    (unreached,) = said(city, ContactUnreached)
    assert (unreached.reason, unreached.mrids) == ("takes-no-texts", ("P1",))
    assert [(kind, cause.reason) for (kind, _), cause in causes_of(city.of()).items()] == [
        ("takes-no-texts", "answered-stop")
    ]
    city.answers("START")
    assert city.reached() == ["planned-notice"], "it is told as soon as texts are wanted"
    assert causes_of(city.of()) == {}


def test_what_the_sender_refused_because_the_number_said_stop_is_said_again_after_start() -> None:
    city = night(customer(contacts=(Contact(contact_id="hospital-duty"),)), accept=False)
    city.refuses("opted-out")
    assert city.of().bad_contacts == {"hospital-duty"}
    assert set(city.of().heard.opted_out) == {"hospital-duty"}
    city.now += MINUTE
    city.accept = True
    city.answers("start")
    assert city.reached() == ["fault"]


def test_a_word_of_the_registry_may_bring_another_number_so_it_is_tried_and_the_number_itself_decides() -> None:
    city = night()
    city.answers("STOP")
    city.hears(customer(usage_points=("UP-1",), importance="special", updated_at=at(5, 10)))
    assert city.of().heard.opted_out == {}


def test_stop_is_of_the_number_whoever_it_serves() -> None:
    city = City(at(5, 9, 15), HOSPITAL, customer("school"))
    city.numbers = {"hospital-duty": "one", "school-duty": "one"}
    city.answers("STOP")
    assert set(city.of().heard.opted_out) == {"hospital-duty"}
    assert set(city.of("school").heard.opted_out) == {"school-duty"}


def test_stop_and_start_count_in_the_order_in_which_they_were_sent() -> None:
    city = night()
    city.answers("START", when=at(5, 9, 14))
    city.answers("STOP", when=at(5, 9, 13))
    assert city.states["handset/hospital-duty"].opted_out_at is None
    city.answers("STOP", when=at(5, 9, 15))
    assert city.states["handset/hospital-duty"].opted_out_at == at(5, 9, 15)


def test_a_start_by_a_gateway_whose_clock_is_ahead_and_read_late_outlasts_no_later_stop() -> None:
    city = night()
    city.now = at(5, 9, 40)
    city.answers("START", when=at(5, 9, 25), recorded=at(5, 9, 20))
    city.answers("STOP", when=at(5, 9, 22), recorded=at(5, 9, 22))
    assert city.states["handset/hospital-duty"].opted_out_at == at(5, 9, 22)


def test_the_number_of_nobody_is_heard_too_and_yes_asks_for_texts_again() -> None:
    city = night()
    assert city.answers("stop", "stranger").reason == "opted-out"
    assert city.answers("YES", "stranger").reason == "opted-in"
    assert city.answers("yes", "stranger").reason == "unknown-sender"
    assert to_read(city, "handset/stranger") == []


# Who confirms.


def test_a_figure_one_confirms_what_was_told_last_once() -> None:
    city = night()
    city.now += MINUTE
    city.answers("１")
    (word,) = said(city, ContactConfirmed)
    assert (word.how, word.contact_id, word.message_id) == ("reply", "hospital-duty", city.texts()[-1].message_id)
    city.answers("收到")
    assert heard(city).reason == "confirmed-before"
    back(city)
    city.answers("ok, thanks")
    assert len(said(city, ContactConfirmed)) == 2, "of the next text it is another word"


def test_the_code_confirms_the_text_that_bears_it_and_one_of_another_is_read() -> None:
    city = night()
    code = city.requests()[-1].ref
    city.now += MINUTE
    city.answers(code.lower())
    assert len(said(city, ContactConfirmed)) == 1
    assert city.answers("A6C63").reason == "names-a-code-that-was-not-sent-to-it"
    assert to_read(city, "handset/hospital-duty") == ["names-a-code-that-was-not-sent-to-it"]


def test_who_answers_for_twenty_schools_confirms_for_all_that_were_told_of_late() -> None:
    schools = [customer(f"school{n}", importance="second") for n in range(20)]
    city = night(*schools)
    city.numbers = {f"school{n}-duty": "head" for n in range(20)}
    city.now += MINUTE
    city.answers("收到", "school3-duty")
    assert all(len(said(city, ContactConfirmed, f"school{n}")) == 1 for n in range(20))


def test_a_word_of_a_day_later_confirms_nothing() -> None:
    city = night()
    city.now += timedelta(hours=25)
    assert city.answers("1").reason == "answers-no-text-of-a-day"
    assert said(city, ContactConfirmed) == []


# Whose power is not back.


def test_of_a_place_without_a_meter_dispatch_is_asked_and_a_person_tells_them_what_it_says() -> None:
    city = back(night(customer()))
    city.answers("还没电")
    assert "supply.denied.v1" in city.kinds()
    assert to_read(city) == ["customer-says-off"]
    city.answers("还是没电!!")
    assert to_read(city)[-1] == "denied-before"
    assert city.kinds().count("supply.denied.v1") == 1


def test_by_a_code_of_another_outage_dispatch_is_not_asked_of_this_one() -> None:
    city = night()
    city.hears(no_outage(at(5, 9, 20)))
    old = city.requests()[0].ref
    city.now = at(5, 11)
    city.hears(started("F2", when=at(5, 11), ert=at(5, 15)))
    city.now = at(5, 13, 40)
    city.hears(confirmed(at(5, 13, 35), "F2"))
    assert city.requests()[-1].ref != old
    city.answers(f"{old} 没电")
    assert to_read(city) == ["says-off-of-another-outage"]
    assert "supply.denied.v1" not in city.kinds()
    city.answers(f"{city.requests()[-1].ref} 没电")
    assert "supply.denied.v1" in city.kinds()


def test_of_two_open_outages_both_are_asked_about() -> None:
    city = night()
    city.hears(started("F2", when=at(5, 9, 14), ert=at(5, 16)))
    city.now = at(5, 13, 40)
    city.hears(confirmed(at(5, 13, 30), "F1"))
    city.hears(confirmed(at(5, 13, 35), "F2"))
    city.answers("没电")
    assert [e.key for e in heard(city).events if e.type == "supply.denied.v1"] == ["F1", "F2"]


def test_who_answers_for_twenty_schools_has_dispatch_asked_once_and_a_person_find_out_which() -> None:
    schools = [customer(f"school{n}", importance="second", usage_points=(f"UP-{n}",)) for n in range(20)]
    city = night(*schools)
    city.numbers = {f"school{n}-duty": "head" for n in range(20)}
    back(city)
    assert city.answers("没电", "school3-duty").reason == "by-what-was-said-to-it"
    asked = [name for name, events in city.log.items() if any(e.type == "supply.denied.v1" for e in events)]
    assert len(asked) == 1
    assert to_read(city, "handset/head") == ["does-not-say-which-site"] * 20
    code = city.requests("school7")[-1].ref
    city.answers(f"{code} 没电", "school3-duty")
    assert "supply.denied.v1" in city.kinds("school7")
    assert len(to_read(city, "handset/head")) == 20, "now it is said"


def test_who_has_power_by_our_record_and_was_told_nothing_is_read_by_a_person_at_once() -> None:
    city = City(at(5, 9, 15), HOSPITAL)
    assert city.answers("我们没电了").reason == "says-off-and-nothing-is-known"
    (word,) = [event.data for event in city.log["handset/hospital-duty"] if isinstance(event.data, ReplyToRead)]
    assert (word.customer_id, word.mrids) == ("hospital", ())


# Who asks.


def test_who_knows_that_it_is_off_and_asks_reads_the_present_truth_once() -> None:
    city = night()
    city.now = at(5, 11)
    city.answers("什么时候来电?")
    assert city.reached() == ["fault", "fault"]
    assert "15时左右" in city.last()
    assert city.requests()[-1].reason == "customer-asked"
    city.moves_to(at(5, 11, 30))
    assert city.reached() == ["fault", "fault"], "one question, one answer"
    city.answers("还没电?")
    assert city.reached() == ["fault", "fault", "fault"]


def test_who_asks_before_they_can_have_read_the_last_text_gets_no_other() -> None:
    city = night()
    city.now += MINUTE
    city.answers("什么时候来电")
    assert heard(city).reason == "told-just-now"
    assert city.reached() == ["fault"]


def test_an_answer_promises_the_next_word_where_no_time_is_known() -> None:
    city = City(at(5, 9, 15), HOSPITAL)
    city.hears(started(when=at(5, 9, 12)))
    city.now = at(5, 9, 40)
    city.answers("多久能修好")
    assert city.reached() == ["fault-time-unknown", "fault-time-unknown"]
    assert "将于10时15分前再次告知您" in city.requests()[0].body
    assert "将于10时15分前再次告知您" in city.last(), "what was promised stands"
    city.moves_to(at(5, 10, 10))
    assert city.reached()[2:] == ["fault-time-unknown"]
    assert "将于12时15分前再次告知您" in city.last(), "as if nobody had asked"


def test_whoever_writes_at_night_is_answered_at_night() -> None:
    city = City(at(5, 22), customer("school", importance="second", on_duty="hours"))
    city.hears(started(when=at(5, 22), ert=at(6, 3)))
    city.now = at(5, 23, 30)
    city.answers("什么时候来电", "school-duty")
    assert city.reached("school") == ["fault", "fault"]


def test_what_nobody_said_is_read_by_a_person() -> None:
    city = back(night())
    city.answers("为什么停电")
    assert to_read(city) == ["asks-what-nobody-said"]
    city.answers("呼吸机只能再撑十分钟")
    assert to_read(city, "handset/hospital-duty") == ["in-words"]


# Whether it is back.


def test_who_says_that_it_is_back_needs_no_call() -> None:
    city = back(night())
    assert [kind for kind, _ in causes_of(city.of())] == ["call-back"]
    city.answers("来电了,谢谢")
    (word,) = said(city, CallbackAnswered)
    assert (word.power, word.how, word.mrids, word.contact_id) == ("back", "reply", ("F1",), "hospital-duty")
    assert causes_of(city.of()) == {}
    city.answers("来电了")
    assert len(said(city, CallbackAnswered)) == 1


def test_who_says_that_it_is_not_has_answered_too() -> None:
    city = back(night())
    city.answers("还没电")
    assert [one.power for one in said(city, CallbackAnswered)] == ["off"]
    assert causes_of(city.of()) == {}
    city.answers("来电了")
    assert [one.power for one in said(city, CallbackAnswered)] == ["off", "back"]
    assert to_read(city) == ["takes-back-that-it-is-off"]


def test_a_call_back_is_for_whom_life_or_patients_hang_on_power_and_after_a_repair() -> None:
    assert causes_of(back(night(customer(importance="first"))).of()) == {}
    assert [kind for kind, _ in causes_of(back(night(customer(importance="second", life_support=True))).of())] == [
        "call-back"
    ]
    planned = City(at(3, 9), HOSPITAL)
    planned.hears(published())
    planned.now = at(12, 8, 5)
    planned.hears(started("P1", when=at(12, 8, 2), outage_class="planned"))
    planned.now = at(12, 16)
    planned.hears(confirmed(at(12, 15, 50), "P1"))
    assert planned.reached()[-1] == "restored"
    assert causes_of(planned.of()) == {}


def call(city: City, power: Any) -> Decision:
    return city.tell(
        "customer/hospital",
        CalledBack(customer_id="hospital", power=power, by="陈敏", opinion="抢修及时", at=city.now),
    )


def test_a_call_records_what_they_said_and_where_power_is_off_dispatch_is_asked() -> None:
    city = back(night())
    assert call(city, "back").reason == "customer-says-on"
    (word,) = said(city, CallbackAnswered)
    assert (word.how, word.by, word.opinion) == ("call", "陈敏", "抢修及时")
    other = back(night())
    assert call(other, "off").reason == "customer-says-off"
    assert "supply.denied.v1" in other.kinds()


def test_there_is_nothing_to_call_back_about_where_nobody_was_told() -> None:
    assert call(night(), "back").reason == "was-not-told-that-it-is-back"


def test_that_it_is_back_while_it_is_off_by_our_record_is_read_by_a_person() -> None:
    city = night()
    city.now = at(5, 11)
    city.answers("来电了")
    assert to_read(city) == ["says-on-while-it-is-off"]
    assert len(said(city, ContactConfirmed)) == 1


# What comes twice, late, or from whom nobody knows.


def test_a_provider_that_calls_twice_is_heard_once() -> None:
    city = back(night())
    city.answers("没电", sid="SM-twice")
    assert city.answers("没电", sid="SM-twice").reason == "heard-before"


def test_of_a_stranger_nobody_is_named_and_their_words_are_on_record() -> None:
    city = night()
    assert city.answers("这里没电", "stranger").reason == "unknown-sender"
    received, read = [event.data for event in city.log["handset/stranger"]]
    assert isinstance(received, ReplyReceived)
    assert (received.body, received.customers) == ("这里没电", ())
    assert (read.reason, read.customer_id) == ("unknown-sender", None)
    assert city.answers("谢谢", "stranger").reason == "unknown-sender"
    assert len(to_read(city, "handset/stranger")) == 1


def test_an_erased_customer_answers_nothing() -> None:
    city = back(night())
    number = city.known_of("hospital-duty")
    city.hears(CustomerErased(customer_id="hospital", erased_at=at(5, 14)))
    assert number.contacts
    assert city.answers("没电").reason == "unknown-sender"


def test_help_is_left_to_the_provider_who_answers_it() -> None:
    assert night().answers("HELP").reason == "answered-by-the-provider"
