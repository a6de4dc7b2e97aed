"""The banner stands over what is older than five minutes, whatever the clocks of machines say."""

from datetime import timedelta

import pytest

from services.board.front.holding.staleness import Freshness
from services.board.snapshot.form import Standing
from services.kernel.manual_clock import ManualClock
from tests.kits.board.snapshots import AS_OF

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def stood(minutes: float = 0, age: float = 5.0) -> Standing:
    at = AS_OF + minutes * MINUTE
    return Standing(manifest="a" * 64, as_of=at, made_at=at + timedelta(seconds=age), age_seconds=age)


def fresh(wrong_by: timedelta = timedelta(0)) -> tuple[Freshness, ManualClock]:
    clock = ManualClock(AS_OF + wrong_by)
    return Freshness(clock), clock


def test_five_minutes_after_the_renderer_died_the_banner_stands() -> None:
    freshness, clock = fresh()
    freshness.took(stood(), 0.0)
    clock.advance(timedelta(seconds=295))
    assert not freshness.stale
    clock.advance(timedelta(seconds=1))
    assert freshness.stale
    assert freshness.age() == 301


def test_a_living_renderer_keeps_it_away() -> None:
    freshness, clock = fresh()
    for minute in range(60):
        freshness.took(stood(minute), 0.0)
        clock.advance(MINUTE)
        assert not freshness.stale


def test_the_same_standing_again_makes_it_no_younger() -> None:
    freshness, clock = fresh()
    freshness.took(stood(), 0.0)
    for _ in range(6):
        clock.advance(MINUTE)
        freshness.took(stood(), 0.0)
    assert freshness.stale


def test_a_renderer_that_lives_while_a_service_or_the_database_is_dead_says_how_old_it_is() -> None:
    freshness, _ = fresh()
    freshness.took(stood(age=299), 0.0)
    assert not freshness.stale
    freshness.took(stood(age=301), 0.0)
    assert freshness.stale


@pytest.mark.parametrize("wrong_by", [-HOUR, HOUR])
def test_once_it_runs_a_clock_an_hour_off_makes_nothing_stale_and_nothing_fresh(wrong_by: timedelta) -> None:
    freshness, clock = fresh(wrong_by)
    freshness.took(stood(), 0.0)
    assert not freshness.stale
    clock.advance(6 * MINUTE)
    assert freshness.stale


def test_what_is_found_at_the_start_is_held_against_the_wall_clock_until_somebody_dates_it() -> None:
    freshness, clock = fresh(timedelta(minutes=20))
    freshness.took(stood(), None)
    assert freshness.stale, "the renderer has been dead for twenty minutes"
    freshness.took(stood(19.9), 0.0)
    assert not freshness.stale
    clock.advance(6 * MINUTE)
    assert freshness.stale


def test_at_the_start_a_clock_an_hour_behind_is_believed_no_longer_than_five_minutes() -> None:
    freshness, clock = fresh(-HOUR)
    freshness.took(stood(), None)
    assert not freshness.stale
    clock.advance(6 * MINUTE)
    assert freshness.stale


def test_a_renderer_that_says_since_when_its_snapshot_stands_is_believed_at_the_start() -> None:
    freshness, _ = fresh(HOUR)
    freshness.took(stood(), 12.0)
    assert freshness.age() == 17
    freshness, _ = fresh(-HOUR)
    freshness.took(stood(), 400.0)
    assert freshness.stale


def test_a_date_for_what_was_found_undated_is_taken() -> None:
    freshness, _ = fresh(HOUR)
    freshness.took(stood(), None)
    assert freshness.stale
    freshness.took(stood(), 3.0)
    assert not freshness.stale


def test_what_another_renderer_found_lying_there_is_dated_by_nobody() -> None:
    """A renderer that starts anew and cannot read offers what lies in its folder."""
    freshness, clock = fresh()
    freshness.took(stood(), 0.0)
    clock.advance(30 * MINUTE)
    freshness.took(stood(1), None)
    assert freshness.stale


def test_nothing_shown_has_no_age() -> None:
    freshness, _ = fresh()
    assert freshness.age() == 0
    assert not freshness.stale
