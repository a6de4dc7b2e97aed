"""A night ends in the morning by the clocks of the zone, whatever these do in between."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.quiet import QUIET, Nights, QuietHours

LONDON, SHANGHAI, LORD_HOWE = ZoneInfo("Europe/London"), ZoneInfo("Asia/Shanghai"), ZoneInfo("Australia/Lord_Howe")
HOUR = timedelta(hours=1)
START = datetime(2025, 1, 1, tzinfo=UTC)


def local(text: str, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "over"),
    [
        ("2026-03-03T20:59", "2026-03-03T20:59"),
        ("2026-03-03T21:00", "2026-03-04T07:00"),
        ("2026-03-04T00:00", "2026-03-04T07:00"),
        ("2026-03-04T06:59", "2026-03-04T07:00"),
        ("2026-03-04T07:00", "2026-03-04T07:00"),
    ],
)
def test_a_night_is_over_at_seven(at: str, over: str) -> None:
    assert QUIET.over(local(at, SHANGHAI), SHANGHAI) == local(over, SHANGHAI)


def test_a_night_in_which_the_clocks_change_is_an_hour_shorter_or_longer() -> None:
    spring, autumn = local("2026-03-28T21:00", LONDON), local("2026-10-24T21:00", LONDON)
    assert QUIET.over(spring, LONDON) - spring == 9 * HOUR
    assert QUIET.over(autumn, LONDON) - autumn == 11 * HOUR


def test_a_morning_that_comes_twice_ends_each_night() -> None:
    hours = QuietHours(time(21), time(1, 30))
    first, second = local("2026-10-25T01:15", LONDON), local("2026-10-25T01:15", LONDON, fold=1)
    assert hours.over(first, LONDON) == local("2026-10-25T01:30", LONDON)
    assert hours.over(second, LONDON) == local("2026-10-25T01:30", LONDON, fold=1)


def test_hours_after_midnight_do_not_reach_into_the_day_before() -> None:
    hours = QuietHours(time(0), time(6))
    assert hours.over(local("2026-03-03T23:59", SHANGHAI), SHANGHAI) == local("2026-03-03T23:59", SHANGHAI)
    assert hours.over(local("2026-03-04T00:00", SHANGHAI), SHANGHAI) == local("2026-03-04T06:00", SHANGHAI)


def test_where_a_night_begins_when_it_ends_there_is_none() -> None:
    never = QuietHours(time(7), time(7))
    assert all(never.over(at, LONDON) == at for at in (local(f"2026-03-03T{hour:02}:00", LONDON) for hour in range(24)))


clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


@given(
    at=st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes)),
    begins=clocks,
    ends=clocks,
    zone=st.sampled_from([LONDON, SHANGHAI, LORD_HOWE, ZoneInfo("America/St_Johns")]),
)
def test_every_night_ends_within_a_day_and_in_the_open(at: datetime, begins: time, ends: time, zone: ZoneInfo) -> None:
    hours = QuietHours(begins, ends)
    over = hours.over(at, zone)
    assert at <= over <= at + 25 * HOUR
    assert hours.over(over, zone) == over


def test_what_begins_soon_after_the_morning_leaves_no_time_to_prepare() -> None:
    nights = Nights(QUIET, SHANGHAI)
    assert nights.prepared(nights.over(local("2026-03-03T23:00", SHANGHAI))) == local("2026-03-04T09:00", SHANGHAI)
