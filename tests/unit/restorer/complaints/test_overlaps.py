"""Of hours of one hotline that overlap one counts: no call is counted twice, whatever was told first."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.model import Decision, Message
from services.plausibility import FIGURES
from services.restorer.domain.hotline.decider import HotlineHours
from services.restorer.domain.hotline.overlaps import HOUR, overlapped
from tests.kits.callers.hours import an_hour

NINE = datetime(2026, 3, 5, 9, tzinfo=UTC)
hours = st.frozensets(st.integers(0, 40).map(lambda quarters: NINE + timedelta(minutes=15 * quarters)), max_size=30)


def overlap(one: datetime, other: datetime) -> bool:
    return one != other and abs(one - other) < HOUR


@given(hours)
def test_no_two_hours_that_count_overlap_and_what_overlaps_nothing_counts(told: frozenset[datetime]) -> None:
    away = overlapped(told)
    counting = told - away.keys()
    assert not [(one, other) for one in counting for other in counting if overlap(one, other)]
    assert all(overlap(hour, by) and by in told for hour, by in away.items())
    assert {hour for hour in told if not any(overlap(hour, other) for other in told)} <= counting
    assert bool(counting) == bool(told)


@given(hours, st.integers(0, 2**16))
def test_which_hours_count_follows_from_what_was_told_and_not_from_its_order(
    told: frozenset[datetime], seed: int
) -> None:
    order = sorted(told)
    Random(seed).shuffle(order)
    assert overlapped(order) == overlapped(told)


@given(st.sampled_from([0, 15, 30, 45]), st.integers(1, 48))
def test_a_call_centre_whose_hours_all_begin_on_one_minute_loses_none(minute: int, count: int) -> None:
    assert overlapped(NINE + timedelta(minutes=minute) + HOUR * each for each in range(count)) == {}


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        ((0, 30), 0),
        ((15, 30), 30),
        ((15, 45), 15),
        ((-30, 15), -30),
        ((45, 60), 60),
    ],
)
def test_the_fuller_clock_counts(told: tuple[int, int], counts: int) -> None:
    away = overlapped(NINE + timedelta(minutes=each) for each in told)
    assert {NINE + timedelta(minutes=each) for each in told} - away.keys() == {NINE + timedelta(minutes=counts)}


def decided(first: datetime, second: datetime, near: frozenset[datetime] = frozenset()) -> Decision:
    """What is said of the second hour of a day."""
    decider = HotlineHours(FIGURES)
    state = decider.initial("hotline/95598/2026-03-05")
    for begins in (first, second):
        calls = an_hour(begins)
        message = Message("cc", "1", "call.answered.v1", begins, calls, "95598", 0, recorded_at=begins + HOUR)
        decision = decider.decide(state, near, message, begins + HOUR)
        state = type(state)(state.hotline, state.day, {**state.hours, begins: calls})
    return decision


def test_an_hour_that_does_not_count_is_kept_and_the_call_centre_hears_which_one_does() -> None:
    half = NINE + timedelta(minutes=30)
    said = decided(NINE, half)
    assert (said.reason, said.detail, len(said.events)) == (
        "hour-overlaps",
        f"the hour from {NINE.isoformat()} counts",
        1,
    )
    said = decided(half, NINE)
    assert (said.reason, said.detail) == ("hour-counted", f"counts instead of the hour from {half.isoformat()}")


def test_an_hour_overlaps_one_of_the_day_before_too() -> None:
    midnight = datetime(2026, 3, 5, tzinfo=UTC)
    before = frozenset({midnight - timedelta(minutes=30)})
    assert decided(NINE, midnight, before).detail == f"counts instead of the hour from {min(before).isoformat()}"
    assert decided(NINE, midnight + timedelta(minutes=15), before).reason == "hour-overlaps"
