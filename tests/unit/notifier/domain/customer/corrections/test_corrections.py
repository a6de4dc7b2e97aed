"""Words that must be put right: a restoration taken back, a time that was missed, one dark time told as two."""

from schemas.contracts.dispatch import SupplyRestored
from schemas.contracts.restorations import RestorationRefused
from tests.kits.deciders.notifier import City, at, confirmed, customer, ert, started


def test_a_restoration_that_is_taken_back_is_put_right_and_confirmed_anew_is_said_again() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.now = at(5, 11)
    city.hears(confirmed(at(5, 11)))
    city.now = at(5, 11, 10)
    city.hears(
        RestorationRefused(mrid="F1", claimed_at=at(5, 11), reason="restoration-taken-back", decided_at=at(5, 11, 10))
    )
    assert city.reached()[:2] == ["fault", "restored"]
    assert len(city.reached()) == 3, "the hospital is told that power is still out"
    assert city.reached()[2] != "restored"
    city.now = at(5, 12)
    city.hears(confirmed(at(5, 12)))
    assert city.reached()[-1] == "restored"


def test_after_each_missed_time_the_next_word_comes_within_the_hour() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.moves_to(at(5, 11, 46))
    city.phone().receives("将于12时45分前再次告知您")
    city.moves_to(at(5, 12, 36))
    assert city.reached()[-1] == "fault-time-unknown"
    city.hears(ert(at(5, 14), at(5, 12, 40)))
    assert city.reached()[-1] == "fault"
    city.moves_to(at(5, 14, 16))
    assert city.reached()[-1] == "ert-overdue"
    city.phone().receives("将于15时15分前再次告知您")


def test_one_dark_time_keeps_its_beginning_though_the_outages_change() -> None:
    city = City(at(5, 8, 34), customer())
    city.hears(started("F1", at(5, 8, 34), ert=at(5, 11)))
    city.now = at(5, 10, 30)
    city.hears(started("F2", at(5, 10, 25), ert=at(5, 11)))
    city.hears(confirmed(at(5, 10, 40), "F1"))
    city.moves_to(at(5, 11, 16))
    assert city.reached() == ["fault", "ert-overdue"]
    city.moves_to(at(5, 12, 10))
    assert "自3月5日8时34分起停电" in city.last(), "not since 10:25: they have been dark all the time"


def test_overdue_words_are_held_while_proof_of_restoration_is_pending() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.now = at(5, 11, 40)
    city.hears(SupplyRestored(mrid="F1", restored_at=at(5, 11, 40)))
    city.moves_to(at(5, 11, 54))
    assert city.reached() == ["fault"], "power is said to be back: neither restored nor overdue"
    city.hears(RestorationRefused(mrid="F1", claimed_at=at(5, 11, 40), reason="steps-incomplete"))
    assert city.reached() == ["fault", "ert-overdue"]
