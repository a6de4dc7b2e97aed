"""The report of a month from what was read for it: groups add up, nothing is in two of them, cases add up to their figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from math import isclose

from hypothesis import given
from hypothesis import strategies as st

from operations.reports.facts import FoundBy
from operations.reports.form import NOWHERE, SEVERAL, GroupFigures, MonthReport
from operations.reports.making import cases_of, report_of
from services.reliability import WordsOnTime
from services.reliability.periods import period_of
from tests.kits.reports import ZONE, facts, group, local


def in_area(*areas: str, outage_class: str = "fault") -> FoundBy:
    return FoundBy(outage_class, ("urban",), (), areas)


def minutes(groups: Sequence[GroupFigures]) -> dict[str, float]:
    return {one.name: one.indices.customer_minutes for one in groups}


def test_an_outage_of_several_areas_is_counted_apart_and_one_spelt_otherwise_with_its_own() -> None:
    found_by = {
        "a": in_area("中山路一带"),
        "b": in_area("中山路 一带"),
        "c": in_area("中山路一带", "滨江道"),
        "d": in_area(),
    }
    made = report_of(facts([group(mrid, local(3, 9), 60, 10) for mrid in found_by], found_by))
    assert sorted(minutes(made.by_area).values()) == [600.0, 600.0, 1200.0]
    assert {SEVERAL, NOWHERE} < set(minutes(made.by_area))


def test_what_is_off_still_counts_until_the_month_is_over() -> None:
    made = report_of(facts([group("a", local(31, 23), None, 10)]))
    assert (made.whole.indices.customer_minutes, made.whole.indices.open) == (600.0, 1)


def test_a_month_that_is_not_over_counts_until_now_and_is_as_long_as_it_has_lasted() -> None:
    now = local(2, 0)
    made = report_of(facts([group("a", local(1, 12), None, 1000)], as_of=now))
    assert not made.is_over
    assert made.whole.indices.customer_minutes == 1000 * 720
    assert made.whole.indices.asai == 0.5


def test_without_major_event_days_the_others_are_left() -> None:
    before = {
        date(year, month, day): 1.0 + day / 100 for year in range(2021, 2026) for month in (1, 7) for day in (1, 2)
    }
    storm, calm = group("storm", local(3, 9), 600, 900), group("calm", local(4, 9), 60, 10)
    made = report_of(facts([storm, calm], before=before))
    assert made.major.major == (date(2026, 3, 3),)
    assert made.whole.without_major is not None
    assert (made.whole.indices.outages, made.whole.without_major.outages) == (2, 1)
    assert [one.mrid for one in cases_of(facts([storm, calm], before=before), "major-event-days")] == ["storm"]


def test_a_year_has_its_months_each_as_long_as_it_is() -> None:
    year = replace(facts([group("a", local(3, 9), 60, 1000)]), period=period_of("2026", ZONE))
    (month,) = report_of(year).by_month
    assert month.name == "2026-03"
    assert month.indices.asai == 1 - 60 / (31 * 24 * 60)


def test_words_have_their_cases() -> None:
    words = WordsOnTime(
        first_known=local(3, 9), first_said=local(3, 9, 30), last_ert=local(3, 11), restored=local(3, 12)
    )
    read = replace(
        facts([]), words=[("a", in_area("A"), words), ("b", in_area("A"), WordsOnTime(first_known=local(3, 9)))]
    )
    made = report_of(read)
    assert (made.words.outages, made.words.said) == (2, 1)
    assert (made.words.until_first_said.median, made.words.lateness.median) == (30.0, 60.0)
    assert [one.value for one in cases_of(read, "lateness")] == [60.0]


names = st.sampled_from(["A", "B", "C"])
places = st.lists(names, max_size=2, unique=True).map(tuple)
drawn = st.lists(
    st.tuples(
        st.integers(0, 44_000),
        st.none() | st.integers(1, 3_000),
        st.none() | st.integers(0, 500),
        places,
        st.sampled_from(["fault", "planned"]),
    ),
    max_size=12,
)


@given(drawn)
def test_groups_add_up_to_the_whole_and_cases_to_their_figure(
    found: list[tuple[int, int | None, int | None, tuple[str, ...], str]],
) -> None:
    start = local(1, 0)
    groups = [
        group(f"o{n}", start + timedelta(minutes=at), lasts, who) for n, (at, lasts, who, _, _) in enumerate(found)
    ]
    found_by = {f"o{n}": in_area(*areas, outage_class=kind) for n, (_, _, _, areas, kind) in enumerate(found)}
    read = facts(groups, found_by)
    made: MonthReport = report_of(read)
    whole = made.whole.indices
    for some in (made.by_class, made.by_area, made.by_line, made.by_territory):
        assert sum(one.indices.outages for one in some) == whole.outages
        assert sum(one.indices.customers_interrupted for one in some) == whole.customers_interrupted
        assert isclose(sum(one.indices.customer_minutes for one in some), whole.customer_minutes, abs_tol=1e-6)
    assert isclose(sum(day.customer_minutes for day in made.days), whole.customer_minutes, abs_tol=1e-6)
    assert isclose(sum(one.value or 0 for one in cases_of(read, "saidi")), whole.customer_minutes, abs_tol=1e-6)
    assert sum(one.value or 0 for one in cases_of(read, "saifi")) == whole.customers_interrupted
    assert sum(one.value or 0 for one in cases_of(read, "maifi")) == whole.momentary_interruptions
    assert len(cases_of(read, "not-known")) == whole.not_known
    assert len(cases_of(read, "open")) == whole.open
