"""Figures that others have published, computed here from what they publish beside them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import exp
from typing import NamedTuple

import pytest

from services.reliability.indices import Indices, indices_of
from services.reliability.major_days import FEW_YEARS, NO_SERVED, major_event_days, threshold_of
from services.reliability.once import CountedGroup, WholeInterruption

YEAR = timedelta(days=365)
START = datetime(1994, 1, 1, tzinfo=UTC)


def group(number: int, customers: int, minutes: float) -> CountedGroup:
    since = START + timedelta(days=number)
    until = since + timedelta(minutes=minutes)
    whole = WholeInterruption(since, until)
    return CountedGroup(f"outage-{number}", 1, since, until, customers, "customersAffected", whole)


def indices(found: list[tuple[int, float]], served: float, length: timedelta = YEAR) -> Indices:
    groups = [group(number, customers, minutes) for number, (customers, minutes) in enumerate(found)]
    return indices_of(groups, served, length, START + YEAR)


def test_the_sample_system_of_ieee_1366() -> None:
    """IEEE Std 1366-2003, example of clause 5 (a circuit of 2,000 customers in 1994), remembered as textbooks repeat it.

    Customers and minutes of the nine interruptions; published: SAIFI 1.61, SAIDI 86.11 min, CAIDI 53.57 min, ASAI 0.999836.
    """
    found = [
        (200, 8.17),
        (600, 0.5),
        (600, 71.3),
        (25, 30.3),
        (2000, 1.0),
        (90, 267.2),
        (700, 120.0),
        (1500, 10.0),
        (100, 40.0),
    ]
    made = indices(found, 2000)
    assert made.saifi == pytest.approx(1.61, abs=0.005)
    assert made.saidi == pytest.approx(86.11, abs=0.005)
    assert made.caidi == pytest.approx(53.57, abs=0.005)
    assert made.asai == pytest.approx(0.999836, abs=5e-7)
    assert made.maifi == pytest.approx((600 + 2000) / 2000), "two were over within five minutes"


class Published(NamedTuple):
    """What a distributor publishes for one month: customer hours, customers served, SAIDI in hours; momentary, MAIFI."""

    month: str
    customer_hours: float
    served: int
    saidi_hours: float
    momentary: int | None = None
    maifi: float | None = None


PGVCL = (
    # https://pgvcl.com/download/SOP/ "PGVCL SOP MIS - 1 QTR - 2010", sheet 11 (SoP 011 B and C, AGDOM), a public page of an Indian
    # distributor; and "PGVCL SOP MIS II Qtr" (industrial, 2009-10).
    Published("2010-04", 3836032.87, 439060, 8.74),
    Published("2010-05", 6052229.84, 440912, 13.73, 10544727, 23.92),
    Published("2010-06", 11802136.46, 442769, 26.66, 23971768, 54.14),
    Published("2009-04", 224747.0, 24102, 9.32, 244997, 10),
    Published("2009-05", 98559.0, 36059, 2.73, 270392, 7),
    Published("2009-06", 74544.0, 39296, 1.90, 269585, 7),
)


@pytest.mark.parametrize("one", PGVCL, ids=lambda one: one.month)
def test_the_months_of_a_distributor(one: Published) -> None:
    found = [(1, 60 * one.customer_hours)]
    made = indices([*found, *([(one.momentary, 1.0)] if one.momentary else [])], one.served)
    assert made.saidi is not None
    assert made.saidi / 60 == pytest.approx(one.saidi_hours, abs=0.0051)
    if one.momentary and one.maifi:
        assert made.maifi == pytest.approx(one.maifi, abs=0.0051 if one.maifi % 1 else 0.51)


def test_an_interruption_of_five_minutes_is_momentary_and_of_a_second_more_is_not() -> None:
    made = indices([(10, 5.0), (7, 5 + 1 / 60)], 100)
    assert (made.momentary_interruptions, made.customers_interrupted) == (10, 7)


def test_without_customers_served_there_are_sums_and_caidi() -> None:
    made = indices_of([group(1, 100, 60.0)], None, YEAR, START + YEAR)
    assert (made.saidi, made.saifi, made.maifi, made.asai, made.caidi) == (None, None, None, None, 60.0)


def days(first: int, last: int, minutes: float) -> dict[date, float]:
    return {date(year, month, 15): minutes for year in range(first, last + 1) for month in range(1, 13)}


def test_the_threshold_is_the_exponential_of_the_average_of_logarithms_and_two_and_a_half_deviations() -> None:
    # Of e^-1 and e^1, as often each, the average of logarithms is 0 and the deviation of a sample of n is sqrt(n / (n - 1)).
    found = threshold_of([exp(-1), exp(1)] * 50)
    assert found is not None
    assert found[1] == pytest.approx(0.0, abs=1e-12)
    assert found[2] == pytest.approx((100 / 99) ** 0.5)
    assert found[0] == pytest.approx(exp(2.5 * (100 / 99) ** 0.5))


def test_days_of_nought_are_left_out() -> None:
    some = [0.5, 1.0, 2.0, 8.0]
    assert threshold_of([*some, 0.0, 0.0]) == threshold_of(some)


def test_a_day_beyond_the_threshold_of_the_five_years_before_is_a_major_event_day() -> None:
    before = days(2021, 2025, 1.0) | {date(2023, 7, 1): exp(1), date(2022, 7, 1): exp(-1)}
    threshold = threshold_of(before.values())
    assert threshold is not None
    within = {date(2026, 3, 1): threshold[0] * 1.01, date(2026, 3, 2): threshold[0]}
    made = major_event_days(2026, before, within, date(2021, 1, 15), served=True)
    assert made.major == (date(2026, 3, 1),)
    assert (made.threshold, made.days) == (threshold[0], 62)


def test_with_fewer_than_five_years_nothing_is_classified() -> None:
    made = major_event_days(2026, days(2022, 2025, 1.0), {date(2026, 3, 1): 99.0}, date(2022, 1, 15), served=True)
    assert (made.threshold, made.why, made.major) == (None, FEW_YEARS, ())
    made = major_event_days(2026, {}, {}, date(2010, 1, 1), served=False)
    assert made.why == NO_SERVED
