"""Working days: China's make-up days, years not announced yet, daylight saving."""

from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from holidays.version import __version__ as package_version
from hypothesis import given
from hypothesis import strategies as st

from services.policy.calendar import CalendarError, WorkingCalendar

CN = WorkingCalendar()


def china(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def mondays_to_fridays(day: date) -> date:
    return next(day + timedelta(days=n) for n in (1, 2, 3) if (day + timedelta(days=n)).weekday() < 5)


# Computed from the State Council notices for 2025 and 2026; a Monday-to-Friday rule is wrong in all of them.
@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("2026-02-13", "2026-02-14"),
        ("2026-02-14", "2026-02-24"),
        ("2026-04-30", "2026-05-06"),
        ("2026-05-08", "2026-05-09"),
        ("2026-09-18", "2026-09-20"),
        ("2026-09-30", "2026-10-08"),
        ("2026-10-09", "2026-10-10"),
        ("2025-01-27", "2025-02-05"),
        ("2025-09-30", "2025-10-09"),
    ],
)
def test_the_working_day_after_a_day_follows_the_state_councils_notice(day: str, following: str) -> None:
    answer = CN.next_working_day(date.fromisoformat(day))
    assert answer.day == date.fromisoformat(following)
    assert not answer.provisional
    assert answer.day != mondays_to_fridays(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"])
def test_a_make_up_day_on_a_weekend_is_worked_and_says_so(day: str) -> None:
    kind = CN.is_working_day(date.fromisoformat(day))
    assert kind
    assert (kind.reason, kind.provisional) == ("make-up working day", False)


def test_a_day_off_names_its_holiday_and_a_weekend_its_name() -> None:
    assert CN.is_working_day(date(2026, 2, 17)).reason.startswith("春节")
    assert CN.is_working_day(date(2026, 11, 22)).reason == "weekend"
    assert CN.is_working_day(date(2026, 11, 23)).reason == "weekday"


def test_days_moved_across_a_years_end_are_known_whichever_year_is_asked_first() -> None:
    assert WorkingCalendar().is_working_day(date(2018, 12, 29)).reason == "make-up working day"
    assert not WorkingCalendar().is_working_day(date(2018, 12, 31))


def test_a_year_without_a_notice_is_answered_but_provisional() -> None:
    assert CN.announced_through is not None
    unknown = CN.announced_through + 1
    kind = CN.is_working_day(date(unknown, 3, 10))
    assert kind.provisional
    assert CN.next_working_day(date(unknown, 3, 9)).provisional


def test_the_package_as_installed_knows_2026_and_not_a_year_it_holds_no_moved_days_for() -> None:
    known = holidays.country_holidays("CN").special_public_holidays
    assert CN.announced_through == max(known)
    assert 2026 in known
    assert (2027 in known) is not CN.is_working_day(date(2027, 6, 1)).provisional


def test_the_last_days_of_the_last_announced_year_may_still_be_moved_by_the_next_notice() -> None:
    last = CN.announced_through or 0
    assert not CN.is_working_day(date(last, 12, 27)).provisional
    assert CN.is_working_day(date(last, 12, 28)).provisional


def test_a_count_is_provisional_as_soon_as_one_of_its_days_is() -> None:
    last = CN.announced_through or 0
    start = datetime(last, 12, 20, 4, tzinfo=UTC)
    assert not CN.add_working_days(start, 1, "same-clock-time").provisional
    assert CN.add_working_days(start, 10, "same-clock-time").provisional


def test_a_utility_can_bring_a_notice_that_the_package_does_not_have_yet() -> None:
    day_off, worked = date(2099, 1, 2), date(2099, 1, 4)  # a Friday and a Sunday
    own = WorkingCalendar(closures=[day_off], workdays=[worked], announced_through=2099)
    assert not own.is_working_day(day_off)
    assert own.is_working_day(worked)
    assert not own.is_working_day(date(2099, 3, 10)).provisional
    assert own.version != CN.version


def test_the_version_names_the_package_and_changes_with_the_utilitys_own_days() -> None:
    assert CN.version.startswith(f"holidays-{package_version}/CN/")
    assert CN.version == WorkingCalendar().version
    assert CN.version != WorkingCalendar(closures=[date(2026, 12, 1)]).version


def test_one_working_day_after_a_friday_evening_is_the_same_clock_time_of_the_next_day_worked() -> None:
    answer = CN.add_working_days(china("2026-10-09T17:30"), 1, "same-clock-time")
    assert answer.at == china("2026-10-10T17:30")
    assert answer.at.tzinfo is UTC


def test_the_end_of_a_day_is_the_start_of_the_day_after() -> None:
    assert CN.add_working_days(china("2026-09-30T09:00"), 1, "end-of-day").at == china("2026-10-09T00:00")
    assert CN.add_working_days(china("2026-09-30T09:00"), 0, "end-of-day").at == china("2026-10-01T00:00")


def test_the_day_of_an_instant_is_the_utilitys_not_utcs() -> None:
    # 2026-11-27 is a Friday; 00:30 there is still Thursday in UTC.
    assert CN.add_working_days(china("2026-11-27T00:30"), 1, "same-clock-time").at == china("2026-11-30T00:30")


def test_working_days_count_backwards_too() -> None:
    assert CN.add_working_days(china("2026-10-08T10:00"), -1, "same-clock-time").at == china("2026-09-30T10:00")


def test_seven_calendar_days_before_ignores_holidays() -> None:
    answer = CN.add_calendar_days(china("2026-10-08T10:00"), -7, "start-of-day")
    assert answer.at == china("2026-10-01T00:00")


LONDON = WorkingCalendar("GB", "Europe/London")


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-03-27T09:00+00:00", "2026-03-30T09:00+01:00"),  # a weekend of 47 hours
        ("2026-10-23T09:00+01:00", "2026-10-26T09:00+00:00"),  # and one of 49
        ("2026-04-02T12:00+01:00", "2026-04-07T12:00+01:00"),  # over Good Friday and Easter Monday (England)
    ],
)
def test_the_same_clock_time_holds_across_daylight_saving(start: str, due: str) -> None:
    england = WorkingCalendar("GB", "Europe/London", closures=[date(2026, 4, 6)])
    assert england.add_working_days(datetime.fromisoformat(start), 1, "same-clock-time").at == datetime.fromisoformat(
        due
    )


def test_a_clock_time_that_daylight_saving_skips_ends_as_much_later() -> None:
    answer = LONDON.add_calendar_days(datetime.fromisoformat("2026-03-28T01:30+00:00"), 1, "same-clock-time")
    assert answer.at == datetime.fromisoformat("2026-03-29T02:30+01:00")


def test_a_clock_time_that_comes_twice_is_the_first_one() -> None:
    answer = LONDON.add_calendar_days(datetime.fromisoformat("2026-10-24T01:30+01:00"), 1, "same-clock-time")
    assert answer.at == datetime.fromisoformat("2026-10-25T01:30+01:00")


@pytest.mark.parametrize("country", ["GB", "US", "AU", "IT", "ES"])
def test_a_country_without_moved_days_is_never_provisional(country: str) -> None:
    calendar = WorkingCalendar(country, "UTC")
    assert not calendar.is_working_day(date(2060, 12, 31)).provisional
    assert not calendar.is_working_day(date(2026, 12, 25))


def test_an_unknown_country_is_refused_with_a_way_on() -> None:
    with pytest.raises(CalendarError, match="ISO 3166"):
        WorkingCalendar("ZZ")


def test_closures_without_end_are_an_error_not_a_hang() -> None:
    closed = [date(2026, 1, 1) + timedelta(days=n) for n in range(400)]
    with pytest.raises(CalendarError, match="check the closures"):
        WorkingCalendar(closures=closed).next_working_day(date(2026, 1, 1))


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        CN.add_working_days(datetime(2026, 1, 1), 1, "end-of-day")  # noqa: DTZ001 - the point


@given(st.dates(date(2024, 1, 1), date(2026, 11, 30)), st.integers(1, 15))
def test_n_working_days_on_are_n_single_steps_and_end_on_a_working_day(day: date, n: int) -> None:
    instant = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    step = instant
    for _ in range(n):
        step = CN.add_working_days(step, 1, "same-clock-time").at
    answer = CN.add_working_days(instant, n, "same-clock-time")
    assert answer.at == step
    assert CN.is_working_day(answer.day)
