"""What a customer is promised of our words, and what becomes of it: told in time, too late, or owed no longer."""

from datetime import timedelta

from schemas.contracts.customers import CustomerErased
from services.notifier.domain.customer.owing.words import Confirmation
from services.policy.model import Telling
from tests.kits.deciders.notifier import HOUR, MINUTE, at, confirmed, customer, ert, started
from tests.kits.owed_words import ledger, made, promising

ERASED = CustomerErased(customer_id="hospital", erased_at=at(5, 9, 20))


def test_that_power_is_off_is_promised_from_when_it_is_known_and_kept_when_a_provider_has_the_text() -> None:
    city = promising(at(5, 9, 14), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    (first,) = made(city, "first-word")
    assert (first.due_at, first.mrid, first.customer_id) == (at(5, 9, 24), "F1", "hospital")
    assert first.rule.rule_id == "settings.promises.first_word"
    city.moves_to(at(5, 9, 18))
    city.accepts()
    assert ledger(city)[:2] == [("first-word", "made", None), ("first-word", "kept", "told-in-time")]


def test_a_text_that_waits_is_a_promise_at_risk_and_then_broken_and_told_late_it_is_owed_no_more() -> None:
    city = promising(at(5, 9, 14), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    city.moves_to(at(5, 9, 30))
    assert ledger(city) == [
        ("first-word", "made", None),
        ("first-word", "at-risk", "text-not-taken-yet"),
        ("first-word", "at-risk", "text-not-taken-yet"),
        ("first-word", "broken", "text-not-taken-yet"),
    ], "warned with half of the ten minutes left, and with the last of them"
    city.accepts()
    assert [word for word in ledger(city) if word[0] == "first-word"] == ledger(city)[:4], "broken it stays"
    assert city.of().owed.broken("first-word") is None


def test_the_next_word_is_promised_by_the_time_that_was_said() -> None:
    city = promising(at(5, 9, 14))
    city.hears(started())
    (text,) = city.texts()
    (following,) = made(city, "next-word")
    assert following.due_at == text.meant.next_word_by
    city.moves_to(following.due_at + MINUTE)
    words = [word for word in ledger(city) if word[0] == "next-word"]
    assert words[:2] == [("next-word", "made", None), ("next-word", "kept", "told-in-time")], (
        "never at risk: it went when it was to"
    )
    assert len(made(city, "next-word")) == 2, "the word that kept it says when the next one comes"


def test_a_next_word_that_ought_to_have_gone_and_has_not_is_at_risk() -> None:
    city = promising(at(5, 9, 14))
    city.hears(started())
    (following,) = made(city, "next-word")
    city.accept = False
    city.moves_to(following.due_at - 6 * MINUTE)
    assert ("next-word", "at-risk", "text-not-taken-yet") not in ledger(city)
    city.moves_to(following.due_at - 4 * MINUTE)
    assert ("next-word", "at-risk", "text-not-taken-yet") in ledger(city)


def test_a_spoken_time_that_passed_without_power_owes_a_word_soon_after() -> None:
    city = promising(at(5, 9, 14))
    city.hears(started(ert=at(5, 11, 30)))
    (following,) = made(city, "next-word")
    assert following.due_at == at(5, 12)
    city.moves_to(at(5, 12, 1))
    assert [word for word in ledger(city) if word[0] == "next-word"][1] == ("next-word", "kept", "told-in-time")


def test_a_later_time_is_the_word_that_was_owed() -> None:
    city = promising(at(5, 9, 14))
    city.hears(started(ert=at(5, 11, 30)))
    city.moves_to(at(5, 10, 30))
    city.hears(ert(at(5, 14), at(5, 10, 30)))
    assert [one.due_at for one in made(city, "next-word")] == [at(5, 12), at(5, 14, 30)]
    assert ("next-word", "kept", "told-in-time") in ledger(city)


def test_that_power_is_back_is_promised_once_it_has_settled_and_ends_what_was_owed_before() -> None:
    city = promising(at(5, 9, 14), telling=Telling())
    city.hears(started(ert=at(5, 14)))
    city.now = at(5, 13, 41)
    city.hears(confirmed())
    (back,) = made(city, "restored-word")
    assert back.due_at == at(5, 13, 41) + Telling().settling + timedelta(minutes=15)
    assert ledger(city)[-2:] == [("next-word", "voided", "power-is-back"), ("restored-word", "made", None)]
    city.moves_to(at(5, 13, 43))
    assert ledger(city)[-1] == ("restored-word", "kept", "told-in-time")
    city.moves_to(at(6, 13))
    assert [*city.of().owed.records] == [], "nothing is owed any more"


def test_power_that_goes_off_again_before_anybody_was_told_is_no_word_that_is_owed() -> None:
    city = promising(at(5, 9, 14), telling=Telling())
    city.hears(started(ert=at(5, 14)))
    city.now = at(5, 13, 41)
    city.hears(confirmed())
    city.hears(started("F2", at(5, 13, 41), ert=at(5, 15)))
    assert ("restored-word", "voided", "off-again") in ledger(city)


def test_a_cut_that_is_over_before_anybody_could_be_told_voids_the_first_word() -> None:
    city = promising(at(5, 9, 14), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    city.now = at(5, 9, 16)
    city.hears(confirmed(at(5, 9, 16)))
    assert ledger(city)[-1] == ("first-word", "voided", "over-before-told")


def test_what_was_due_before_its_end_was_known_is_broken_all_the_same() -> None:
    city = promising(at(5, 9, 14), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    city.now = at(5, 9, 40)
    city.hears(confirmed(at(5, 9, 39)))
    assert ledger(city)[-1] == ("first-word", "broken", "text-not-taken-yet")


def test_a_next_word_that_failed_to_come_is_owed_to_nobody_where_power_was_back_by_then() -> None:
    city = promising(at(5, 9, 14))
    city.hears(started())
    (text,) = city.texts()
    by = text.meant.next_word_by
    assert by is not None
    city.accept = False
    city.moves_to(by + MINUTE)
    assert ("next-word", "broken", "text-not-taken-yet") in ledger(city)
    city.hears(confirmed(by - 5 * MINUTE))
    assert ("next-word", "corrected", "power-was-back") in ledger(city)


def test_a_text_that_had_gone_in_time_corrects_the_verdict_when_that_is_found() -> None:
    city = promising(at(5, 9, 14), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    asked = city.texts()[0]
    city.moves_to(at(5, 9, 25))
    city.now = at(5, 9, 20)
    city.accepts(text=asked)
    assert ledger(city)[-2][:2] == ("first-word", "corrected")


def test_a_dropped_text_breaks_its_promise_and_the_present_truth_is_said_instead() -> None:
    city = promising(at(5, 9, 14), accept=False)
    city.hears(started(ert=at(5, 9, 18)))
    city.now = at(5, 9, 19)
    city.drops()
    assert ("first-word", "broken", "text-dropped") in ledger(city)
    assert city.texts()[-1].state == "requested"


def test_a_text_that_fails_after_it_was_taken_is_promised_anew_so_that_the_next_contact_is_told_in_time() -> None:
    city = promising(at(5, 9, 14))
    city.hears(started(ert=at(5, 11, 30)))
    city.accept = False
    city.now = at(5, 9, 16)
    city.receipt("undelivered", city.texts()[0], code=30003)
    assert [one.due_at for one in made(city, "first-word")] == [at(5, 9, 24), at(5, 9, 26)]
    assert ("next-word", "voided", "told-otherwise") in ledger(city)


def test_whoever_was_told_by_telephone_was_told() -> None:
    city = promising(at(5, 9, 14), customer(contacts=()), accept=False)
    city.hears(started())
    city.now = at(5, 9, 20)
    city.hears(Confirmation(customer_id="hospital", how="call", at=at(5, 9, 20), by="li"))
    assert ledger(city)[-1] == ("first-word", "kept", "told-by-telephone")
    city.moves_to(at(5, 9, 20) + HOUR)
    assert len(made(city, "first-word")) == 1


def test_whoever_answers_an_older_text_has_not_been_told_what_came_since() -> None:
    city = promising(at(5, 9, 14))
    city.hears(started())
    city.hears(confirmed(at(5, 9, 30)))
    city.moves_to(at(5, 12, 40))
    back, city.accept = city.texts()[-1], False
    city.hears(started("F2", when=at(5, 12, 40)))
    city.hears(Confirmation(customer_id="hospital", how="reply", at=at(5, 12, 41), message_id=back.message_id))
    assert [word for word in ledger(city) if word[0] == "first-word"][-1] == ("first-word", "made", None)
    city.accepts()
    assert [word for word in ledger(city) if word[0] == "first-word"][-1] == ("first-word", "kept", "told-in-time")


def test_to_whoever_is_erased_nothing_is_owed() -> None:
    city = promising(at(5, 9, 14), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    city.now = at(5, 9, 20)
    city.hears(ERASED)
    assert ledger(city)[-1] == ("first-word", "voided", "customer-erased")
    assert city.timers("customer/hospital") == {}


def test_no_promise_is_open_past_its_time_whatever_the_provider_does() -> None:
    city = promising(at(5, 9, 14), accept=False)
    city.hears(started())
    for hour in range(10, 20):
        city.moves_to(at(5, hour))
        late = [one for one in city.of().owed.records.values() if one.standing == "open" and one.due_at < city.now]
        assert late == []
