"""Who has no power, followed by numbers alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.restorer.domain.figures.groups import DarkGroups, PoweredGroup

DAY = datetime(2026, 3, 5, tzinfo=UTC)


def minute(number: int) -> datetime:
    return DAY + timedelta(minutes=number)


def told(*numbers: tuple[int, int]) -> list[tuple[int, int | None, int]]:
    groups = DarkGroups()
    for at, customers in numbers:
        groups.become(minute(at), customers)
    return [in_minutes(one) for one in groups.all()]


def in_minutes(one: PoweredGroup) -> tuple[int, int | None, int]:
    until = None if one.until is None else int((one.until - DAY) / timedelta(minutes=1))
    return int((one.since - DAY) / timedelta(minutes=1)), until, one.customers


def test_who_waited_longest_gets_power_back_first() -> None:
    assert told((0, 100), (30, 140), (60, 60), (90, 0)) == [(0, 60, 80), (0, 90, 20), (30, 90, 40)]


def test_two_numbers_of_one_instant_correct_each_other() -> None:
    assert told((0, 100), (0, 40), (60, 0)) == [(0, 60, 40)]


def test_a_number_that_stays_moves_nobody() -> None:
    assert told((0, 100), (30, 100), (60, 0)) == [(0, 60, 100)]


def test_who_has_none_yet_stands_without_an_end() -> None:
    assert told((0, 100), (30, 40)) == [(0, 30, 60), (0, None, 40)]


def test_some_of_those_who_have_none_lost_it_earlier_than_was_known() -> None:
    groups = DarkGroups()
    groups.become(minute(30), 50)
    groups.earlier(minute(0), 20)
    groups.become(minute(60), 0)
    assert [in_minutes(one) for one in groups.all()] == [(0, 60, 20), (30, 60, 30)]


@given(st.lists(st.integers(0, 60), min_size=1, max_size=12))
def test_customers_times_minutes_are_the_numbers_times_their_minutes_whoever_comes_first(numbers: list[int]) -> None:
    instants = [(10 * number, customers) for number, customers in enumerate([*numbers, 0])]
    wanted = sum(customers * (after - at) for (at, customers), (after, _) in pairwise(instants))
    found = told(*instants)
    assert sum(customers * ((until or 0) - since) for since, until, customers in found) == wanted
    rises = sum(max(0, after - before) for before, after in pairwise([0, *numbers]))
    assert sum(customers for _, _, customers in found) == rises
