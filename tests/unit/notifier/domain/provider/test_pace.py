"""How fast texts go: never faster than is allowed, urgent ones first, slower after a 429 and slowly faster again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.messages import Lane
from services.notifier.domain.customer.lanes import LANE_RANK
from services.notifier.domain.provider.pace import (
    CLOCKS_DIFFER,
    CRITICAL_RESTS,
    FASTER_SECONDS,
    GATHERS_LEAST,
    GATHERS_SECONDS,
    LEAVES,
    NUMBER_WAITS,
    NUMBER_WAITS_LONGEST,
    RESTS,
    SHARES,
    SLOWER,
    SLOWEST,
    Pace,
    full,
    give_back,
    number_waits,
    refill,
    slow,
    take,
    whose,
)

NOW = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NOTHING = timedelta(0)
rates = st.floats(0.2, 500)
lanes = st.sampled_from(tuple(LANE_RANK))


def all_of(pace: Pace, lane: Lane, at: datetime) -> tuple[Pace, int]:
    """A lane takes block after block."""
    taken = 0
    while True:
        pace, grant = take(pace, lane, pace.block, at)
        if not grant.tokens:
            return pace, taken
        taken += grant.tokens


@given(rates, st.lists(st.tuples(lanes, st.floats(0, 3)), min_size=1, max_size=60))
def test_however_lanes_take_no_more_goes_than_the_rate_and_what_had_gathered(
    rate: float, asks: list[tuple[Lane, float]]
) -> None:
    pace, at, taken = full(rate, NOW), NOW, 0
    for lane, seconds in asks:
        at += timedelta(seconds=seconds)
        pace, grant = take(refill(pace, rate, at), lane, pace.block, at)
        taken += grant.tokens
        assert pace.tokens >= 0
    gathered = max(GATHERS_LEAST, rate * GATHERS_SECONDS)
    assert taken <= rate * (at - NOW).total_seconds() + gathered + 1e-6


@given(rates, st.lists(st.tuples(lanes, st.integers(1, 50)), max_size=10))
def test_behind_any_queue_the_critical_lane_waits_for_one_token_at_most(
    rate: float, before: list[tuple[Lane, int]]
) -> None:
    pace = full(rate, NOW)
    for lane, most in before:
        pace, _ = take(pace, lane, most, NOW)
    _, grant = take(pace, "critical", 1, NOW)
    assert grant.tokens == 1 or grant.wait <= timedelta(seconds=max(0.01, 1 / rate) + 1e-6)


@given(rates)
def test_what_is_less_urgent_leaves_tokens_for_the_more_urgent(rate: float) -> None:
    for lane in LANE_RANK:
        pace = replace(full(rate, NOW), shares={})
        pace, _ = all_of(pace, lane, NOW)
        assert pace.tokens >= LEAVES[lane] * pace.gathers - 1e-6
    assert sorted(LEAVES.values()) == [LEAVES[lane] for lane in LANE_RANK], "the more urgent, the less"


@pytest.mark.parametrize("lane", sorted(SHARES))
@pytest.mark.parametrize("rate", [4.0, 50.0])
def test_a_storm_of_faults_delays_planned_texts_and_does_not_end_them(rate: float, lane: Lane) -> None:
    pace, at, storm, others = full(rate, NOW), NOW, 0, 0
    for _ in range(6000):
        at += timedelta(milliseconds=20)
        pace, grant = take(refill(pace, rate, at), "key", pace.block, at)
        storm += grant.tokens
        pace, grant = take(pace, lane, pace.block, at)
        others += grant.tokens
    assert others >= 0.8 * SHARES[lane] * rate * 120
    assert storm >= 0.9 * rate * 120


def test_behind_a_full_queue_one_look_is_for_many_texts_and_an_urgent_one_never_waits_for_that() -> None:
    pace, at, looks, taken = full(40, NOW), NOW, 0, 0
    for _ in range(1000):
        pace, grant = take(refill(pace, 40, at), "key", pace.block, at)
        looks, taken = looks + 1, taken + grant.tokens
        at += grant.wait
    assert taken > 2 * looks
    pace, _ = take(refill(pace, 40, at), "key", pace.block, at)
    _, urgent = take(pace, "critical", pace.block, at)
    assert urgent.tokens or urgent.wait <= SECOND / 40


def test_tokens_without_texts_go_back_and_never_more_than_can_gather() -> None:
    pace = full(40, NOW)
    taken, grant = take(pace, "key", pace.block, NOW)
    assert grant.tokens > 1
    assert give_back(taken, grant.tokens) == pace
    assert give_back(pace, 100).tokens == pace.gathers


def test_one_429_slows_down_and_those_of_the_same_moment_do_not_do_it_again() -> None:
    pace = full(100, NOW)
    once = slow(pace, NOW - SECOND, NOW, SECOND)
    assert once.rate == pytest.approx(100 * SLOWER)
    again = slow(once, NOW - SECOND, NOW + SECOND / 10, SECOND)
    assert again.rate == once.rate
    later = slow(refill(again, 100, NOW + SECOND), NOW + SECOND / 2, NOW + SECOND, SECOND)
    assert later.rate < once.rate


def test_it_never_becomes_so_slow_that_nothing_shows_when_it_goes_better() -> None:
    pace, at = full(100, NOW), NOW
    for _ in range(100):
        at += SECOND / 100
        pace = slow(refill(pace, 100, at), at, at, NOTHING)
    assert pace.rate >= 100 * SLOWEST
    assert refill(pace, 100, at + timedelta(seconds=FASTER_SECONDS)).rate == 100


@given(st.lists(st.floats(0.01, 30), max_size=40))
def test_faster_again_slowly_and_the_same_however_often_it_is_looked_at(looks: list[float]) -> None:
    pace = at_once = slow(full(100, NOW), NOW, NOW, NOTHING)
    at = NOW
    for seconds in looks:
        at += timedelta(seconds=seconds)
        before, pace = pace, refill(pace, 100, at)
        assert before.rate <= pace.rate <= before.rate + 100 * seconds / FASTER_SECONDS + 1e-3
    assert refill(at_once, 100, at).rate == pytest.approx(pace.rate)


def test_after_a_429_all_rest_as_long_as_was_asked_for_and_the_critical_lane_tries_again_first() -> None:
    pace = slow(full(100, NOW), NOW, NOW, timedelta(minutes=10))
    for lane in LANE_RANK:
        rests = CRITICAL_RESTS if lane == "critical" else RESTS
        for at, goes in ((NOW + rests - SECOND / 10, False), (NOW + rests + SECOND / 10, True)):
            _, grant = take(refill(pace, 100, at), lane, 1, at)
            assert bool(grant.tokens) is goes, (lane, at)


@given(rates, st.floats(-7200, 7200), st.floats(0, 10))
def test_a_clock_that_was_wrong_holds_nobody_up_for_long(rate: float, wrong: float, seconds: float) -> None:
    pace = slow(full(rate, NOW), NOW, NOW, SECOND)
    pace = refill(pace, rate, NOW + timedelta(seconds=wrong))
    pace = slow(pace, NOW, NOW + timedelta(seconds=wrong), SECOND)
    at = NOW + timedelta(seconds=seconds) + 2 * CLOCKS_DIFFER + RESTS
    pace = refill(refill(pace, rate, NOW + timedelta(seconds=seconds)), rate, at)
    at += timedelta(seconds=2 / pace.rate) + 2 * CLOCKS_DIFFER + RESTS
    _, grant = take(refill(pace, rate, at), "key", 1, at)
    assert grant.tokens == 1


def test_settings_that_change_hold_at_once_and_what_was_learned_stays() -> None:
    assert refill(full(10, NOW), 50, NOW).rate == 50
    learned = slow(full(100, NOW), NOW, NOW, NOTHING)
    assert refill(learned, 200, NOW).rate == learned.rate
    assert refill(learned, 5, NOW).rate == 5


def test_a_429_is_the_senders_and_a_numbers_own_only_where_it_comes_again_while_others_are_taken() -> None:
    assert whose(0, others_taken=True) == "sender"
    assert whose(1, others_taken=False) == "sender"
    assert whose(1, others_taken=True) == "number"


def test_a_number_waits_twice_as_long_each_time_within_a_minute() -> None:
    waits = [number_waits(refused) for refused in range(1, 12)]
    assert waits[0] == NUMBER_WAITS
    assert all(later == min(2 * before, NUMBER_WAITS_LONGEST) for before, later in pairwise(waits))
    assert number_waits(1, timedelta(seconds=30)) == timedelta(seconds=30)
    assert number_waits(1, timedelta(hours=1)) == NUMBER_WAITS_LONGEST
