"""Facts that come together are told in one text; nothing critical waits for it, and no word that was promised."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.model import Telling
from tests.kits.deciders.notifier import MINUTE, City, at, confirmed, crew, customer, ert, started

SECOND = timedelta(seconds=1)
WAITS = Telling(settling=timedelta(0))


def city(**profile: Any) -> City:
    return City(at(5, 9, 14), customer(**profile), accept=False, telling=WAITS)


def test_a_time_that_comes_ten_seconds_after_the_outage_is_in_its_text() -> None:
    town = city()
    town.hears(started())
    town.now += 10 * SECOND
    town.hears(ert(at(5, 11, 30), town.now))
    assert [text.state for text in town.texts()] == ["suppressed", "requested"]
    assert town.requests()[-1].not_before == at(5, 9, 14) + WAITS.group_wait, "counted from the first of the facts"
    town.phone().receives("预计11时30分左右恢复供电")


@given(st.lists(st.integers(1, 12), min_size=1, max_size=12))
def test_however_many_facts_come_the_text_goes_when_the_first_of_them_has_waited(pauses: list[int]) -> None:
    town = city()
    town.hears(started())
    first = town.now
    for number, pause in enumerate(pauses, 1):
        town.now += pause * SECOND
        if town.now >= first + WAITS.group_wait:
            break
        town.hears(ert(at(5, 10) + number * 40 * MINUTE, town.now))
        assert [text.not_before for text in town.texts("hospital", "requested")] == [first + WAITS.group_wait]


@pytest.mark.parametrize("profile", [{"importance": "special"}, {"importance": "second", "life_support": True}])
def test_nothing_critical_waits(profile: dict[str, Any]) -> None:
    town = city(**profile)
    town.hears(started())
    assert town.requests()[0].not_before == at(5, 9, 14)


def test_a_word_that_was_promised_does_not_wait() -> None:
    town = City(at(5, 9, 14), customer(), telling=WAITS)
    town.hears(started())
    town.moves_to(at(5, 11))
    assert [text.not_before for text in town.requests()][1] == at(5, 10, 5)


def test_that_power_is_back_waits_for_the_word_to_other_sites_on_the_same_telephone_and_no_longer() -> None:
    town = City(at(5, 9, 14), customer(), telling=WAITS)
    town.hears(started(ert=at(5, 11)))
    town.now = at(5, 10)
    town.hears(confirmed(at(5, 9, 58)))
    assert town.requests()[-1].not_before == at(5, 10) + 5 * SECOND


def test_another_contact_does_not_wait_again() -> None:
    town = city()
    town.hears(started())
    town.now = at(5, 9, 15)
    town.refuses("unreachable-handset")
    assert town.requests()[-1].contact_id == "hospital-head"
    assert town.requests()[-1].not_before == at(5, 9, 15)


def test_a_text_that_waits_says_where_the_crew_is_when_it_goes() -> None:
    town = city()
    town.hears(started(ert=at(5, 11, 30)))
    town.now += 10 * SECOND
    town.hears(crew("assigned", town.now))
    town.phone().receives("我们已安排人员抢修")
    town.now += 10 * SECOND
    town.hears(crew("enroute", town.now))
    town.phone().receives("抢修人员正在赶往现场")
    assert [text.state for text in town.texts()] == ["suppressed", "suppressed", "requested"]
    assert town.requests()[-1].not_before == at(5, 9, 14) + WAITS.group_wait
