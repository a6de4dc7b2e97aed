"""Times that move to and fro are merged and capped; not for critical customers, and not where they move by more than an hour."""

from itertools import pairwise
from typing import Any

import pytest

from tests.kits.deciders.notifier import HOUR, MINUTE, City, at, customer, ert, started

CRITICAL = [{"importance": "special"}, {"importance": "second", "life_support": True}]


def dark(**profile: Any) -> City:
    city = City(at(5, 9, 14), customer(**profile), accept=False)
    city.hears(started(ert=at(5, 14)))
    city.accepts()
    city.now = at(5, 9, 20)
    return city


def test_a_time_that_moves_by_half_an_hour_waits_until_the_last_text_is_half_an_hour_old() -> None:
    city = dark()
    city.hears(ert(at(5, 14, 30), city.now))
    assert city.requests()[-1].not_before == at(5, 9, 44)


@pytest.mark.parametrize("minutes", [61, -61, 180])
def test_a_time_that_moves_by_more_than_an_hour_goes_at_once(minutes: int) -> None:
    city = dark()
    city.hears(ert(at(5, 14) + minutes * MINUTE, city.now))
    assert city.requests()[-1].trigger == "ert-changed"
    assert city.requests()[-1].not_before == city.now


@pytest.mark.parametrize("minutes", [60, -60])
def test_an_hour_to_the_minute_is_not_more_than_an_hour(minutes: int) -> None:
    city = dark()
    city.hears(ert(at(5, 14) + minutes * MINUTE, city.now))
    assert city.requests()[-1].not_before == at(5, 9, 44)


@pytest.mark.parametrize("profile", CRITICAL)
@pytest.mark.parametrize("minutes", [16, 30, -30])
def test_critical_customers_hear_of_each_change_beyond_about_at_once(profile: dict[str, Any], minutes: int) -> None:
    city = dark(**profile)
    city.hears(ert(at(5, 14) + minutes * MINUTE, city.now))
    assert city.requests()[-1].not_before == city.now


@pytest.mark.parametrize("profile", CRITICAL)
def test_no_count_of_changes_silences_them(profile: dict[str, Any]) -> None:
    city = City(at(5, 9, 14), customer(**profile))
    city.hears(started(ert=at(5, 14)))
    for step in range(12):
        city.moves_to(city.now + 8 * MINUTE)
        city.hears(ert(at(5, 14) + (step % 2 + 1) * 40 * MINUTE, city.now))
    assert city.reached().count("ert-changed") == 12


def test_a_time_that_moves_by_hours_each_few_minutes_is_told_one_after_the_other_once_much_was_said() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 14)))
    for step in range(24):
        city.moves_to(city.now + 5 * MINUTE)
        city.hears(ert(at(5, 17) if step % 2 == 0 else at(5, 20), city.now))
    times = [text.said_at for text in city.texts("hospital", "accepted")]
    assert all(sum(first <= one < first + HOUR for one in times) <= 8 for first in times)
    assert max(later - one for one, later in pairwise(times)) <= 20 * MINUTE, "held, not for long"
