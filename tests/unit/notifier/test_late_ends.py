"""Power that was back long before anybody said so: the customer still hears of it, and the next outage is one of its own."""

from __future__ import annotations

from tests.kits.deciders.notifier import City, at, confirmed, customer, started


def test_an_end_heard_of_two_days_late_is_told_to_whom_the_next_word_was_promised() -> None:
    city = City(at(5, 9, 15), customer())
    city.hears(started("F1", at(5, 9, 12)))
    city.moves_to(at(7, 14))
    assert city.texts("hospital")[-1].meant.next_word_by == at(7, 16, 15)
    city.hears(confirmed(at(5, 13), "F1"))
    assert city.reached()[-1] == "restored"


def test_an_outage_after_one_whose_end_nobody_was_told_has_its_own_beginning() -> None:
    city = City(at(5, 9, 15), customer())
    city.hears(started("F1", at(5, 9, 12)))
    city.now = at(5, 9, 55)
    city.hears(started("F2", at(5, 9, 50)))
    city.hears(confirmed(at(5, 9, 40), "F1"))
    city.moves_to(at(5, 10, 10))
    text = city.texts("hospital")[-1]
    assert (text.trigger, text.mrids, text.meant.since) == ("fault-time-unknown", ("F2",), at(5, 9, 50))
    city.phone().receives("9时50分")
