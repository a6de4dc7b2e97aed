"""For whom a person must call beside the alarms, and until when."""

from schemas.contracts.customers import CustomerErased
from services.notifier.domain.calls import causes_of
from tests.kits.deciders.notifier import City, at, confirmed, customer, published, started, withdrawn
from tests.kits.owed_words import promising


def dark(**changes: object) -> City:
    """A hospital whose fault text is asked for and not yet taken."""
    city = City(at(5, 9, 14), customer(**changes), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    return city


def test_nobody_is_called_while_texts_are_on_their_way() -> None:
    city = dark()
    assert causes_of(city.of()) == {}
    city.accepts()
    assert causes_of(city.of()) == {}


def test_a_text_that_was_dropped_is_a_call_until_the_present_truth_has_reached_them() -> None:
    city = dark()
    city.now = at(5, 11, 20)
    city.drops()
    assert city.texts()[-1].state == "requested"
    assert [one.kind for one in causes_of(city.of()).values()] == ["text-expired"], "the next text may wait as long"
    city.accepts()
    assert causes_of(city.of()) == {}


def test_that_power_is_back_and_could_not_be_said_is_a_call_for_a_day() -> None:
    city = dark()
    city.accepts()
    city.hears(confirmed(at(5, 11)))
    city.settle()
    assert city.texts()[-1].trigger == "restored"
    city.now = at(6, 11, 30)
    city.drops()
    found = causes_of(city.of())
    assert [(one.kind, one.about) for one in found.values()] == [("text-expired", "F1")]
    assert next(iter(found.values())).useful_until is not None


def test_whom_nobody_reached_while_power_is_off_is_the_alarms_not_told_twice() -> None:
    city = dark()
    city.refuses("bad-number")
    city.refuses("bad-number")
    assert "nobody-reached" in city.of().alarms
    assert causes_of(city.of()) == {}


def test_a_notice_that_none_of_the_contacts_can_be_texted_is_a_call_until_the_work_is_cancelled() -> None:
    city = City(at(3, 9), customer(contacts=()), accept=False)
    city.hears(published())
    found = causes_of(city.of())
    assert [(one.kind, one.about, one.reason) for one in found.values()] == [
        ("no-contact", "P1", "no-contact-can-be-texted")
    ]
    city.hears(withdrawn())
    assert causes_of(city.of()) == {}


def test_a_customer_who_is_forgotten_is_called_by_nobody() -> None:
    city = City(at(3, 9), customer(contacts=()), accept=False)
    city.hears(published())
    assert causes_of(city.of())
    city.hears(CustomerErased(customer_id="hospital", erased_at=at(3, 10)))
    assert causes_of(city.of()) == {}


def test_an_account_manager_hears_once_that_power_is_off_at_their_customer() -> None:
    city = dark(account_manager="林涛")
    city.accepts()
    found = causes_of(city.of())
    assert [(one.kind, one.about, one.ref) for one in found.values()] == [("account-manager-informed", "F1", "林涛")]
    city.hears(confirmed(at(5, 11)))
    assert causes_of(city.of()) == {}


def test_an_account_manager_hears_that_a_word_to_their_customer_may_be_late_until_it_went() -> None:
    city = promising(at(5, 9, 14), customer(account_manager="林涛"), accept=False)
    city.hears(started(ert=at(5, 17)))
    assert ("account-manager-warned", "F1") not in causes_of(city.of())
    city.moves_to(at(5, 9, 20))
    warned = causes_of(city.of())["account-manager-warned", "F1"]
    assert (warned.reason, warned.ref) == ("first-word", "林涛")
    city.accepts()
    assert ("account-manager-warned", "F1") not in causes_of(city.of())


def test_a_word_that_is_late_is_a_call_where_a_text_that_waits_is_not_enough() -> None:
    for importance, called in (("special", True), ("second", False)):
        city = promising(at(5, 9, 14), customer(importance=importance), accept=False)
        city.hears(started(ert=at(5, 17)))
        city.moves_to(at(5, 9, 25))
        assert (("word-late", "F1") in causes_of(city.of())) is called, importance
        city.accepts()
        assert ("word-late", "F1") not in causes_of(city.of())
