"""How many planned outages a usage point may have in a year, who used them up, and when there is room again."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as replace_extent

from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import PlanBody, PolicyException
from services.places import normal
from services.planner.domain.notice_content import told_by
from services.planner.domain.trial import Trial
from services.planner.domain.verdict.judge import judge
from services.planner.domain.verdict.other_work import CountedOutage, OtherWork, PlacesByModel
from services.planner.domain.verdict.yearly_budget import by_point, said, spent
from tests.kits.deciders.planner import CALENDAR, LAWFUL, NOW, POLICY, at, request, span
from tests.kits.network.models import EDITION

TEN, MILL = "UP-10", "UP-35"
ROLLING = replace(POLICY, settings=replace(POLICY.settings, budget_year="rolling"))
AT_10KV = Extent(lines=("10千伏城东线",), areas=("中山路一带",), usage_points=(TEN,), nominal_voltage=10)
AT_35KV = Extent(lines=("35千伏钢厂线",), areas=("钢厂",), usage_points=(MILL,), nominal_voltage=35)
LIMIT_10 = POLICY.rule("cn.planned.yearly-limit-10kv")


def used(point: str, *days: str) -> OtherWork:
    return OtherWork(used=tuple(CountedOutage(point, f"OLD-{n}", at(f"{day} 08:00")) for n, day in enumerate(days, 1)))


def asked(extent: Extent, day: str = "2026-09-20", **more: object) -> PlanBody:
    return request(period=span(f"{day} 08:00", f"{day} 17:00"), extent=extent, **more)


@pytest.mark.parametrize(
    ("sentence", "extent", "days", "accepted"),
    [
        ("the third of the year at 10 kV", AT_10KV, ("2026-01-05", "2026-04-05"), True),
        ("the fourth of the year at 10 kV", AT_10KV, ("2026-01-05", "2026-04-05", "2026-12-20"), False),
        ("three last year count no more", AT_10KV, ("2025-01-05", "2025-04-05", "2025-12-20"), True),
        ("the last evening of the year before, by the utility's clock", AT_35KV, ("2025-12-31",), True),
        ("the first at 35 kV", AT_35KV, (), True),
        ("the second at 35 kV", AT_35KV, ("2026-02-05",), False),
    ],
)
def test_a_year_holds_three_at_10_kv_and_one_at_35_kv(
    sentence: str, extent: Extent, days: tuple[str, ...], *, accepted: bool
) -> None:
    (point,) = extent.usage_points
    verdict = judge(asked(extent), POLICY, CALENDAR, NOW, known=used(point, *days))
    assert verdict.accepted == accepted, sentence
    assert verdict.reasons == (() if accepted else ("yearly-budget-used",)), sentence


def test_the_refusal_names_the_usage_point_and_the_outages_that_used_it_up() -> None:
    verdict = judge(asked(AT_35KV), POLICY, CALENDAR, NOW, known=used(MILL, "2026-02-05"))
    (finding,) = (f for f in verdict.findings if f.rule.rule_id == "cn.planned.yearly-limit-35kv")
    assert finding.given == "UP-35 used up by OLD-1 of 2026-02-05"
    assert finding.required == "at most 1 planned outages in a calendar year for each usage point"
    assert verdict.earliest_lawful_start == at("2027-01-01 00:00")


def test_a_recorded_exception_with_a_named_approver_sets_the_limit_aside() -> None:
    excuse = PolicyException(rule_id="cn.planned.yearly-limit-35kv", reason="重大隐患", approver="李总工")
    verdict = judge(asked(AT_35KV, exceptions=(excuse,)), POLICY, CALENDAR, NOW, known=used(MILL, "2026-02-05"))
    assert verdict.accepted
    assert "exception-used:cn.planned.yearly-limit-35kv" in verdict.warnings


def test_temporary_work_and_a_plan_inside_its_own_notice_use_nothing_up() -> None:
    full = used(MILL, "2026-02-05")
    assert judge(asked(AT_35KV, outage_class="temporary"), POLICY, CALENDAR, NOW, known=full).accepted
    assert judge(asked(AT_35KV), POLICY, CALENDAR, NOW, within=told_by(asked(AT_35KV)), known=full).accepted


@pytest.mark.parametrize(
    ("extent", "warning"),
    [
        (Extent(lines=AT_10KV.lines, areas=AT_10KV.areas, usage_points=(TEN,)), "nominal-voltage-missing"),
        (Extent(lines=AT_10KV.lines, areas=AT_10KV.areas, nominal_voltage=10), "no-usage-points"),
    ],
)
def test_what_could_not_be_checked_is_said(extent: Extent, warning: str) -> None:
    verdict = judge(asked(extent), POLICY, CALENDAR, NOW)
    assert verdict.accepted
    assert f"budget-not-checked:{warning}" in verdict.warnings


@pytest.mark.parametrize(
    ("sentence", "days", "accepted", "first_room"),
    [
        ("a day short of a full year", ("2025-09-21",), False, "2026-09-21 08:00"),
        ("a full year to the minute", ("2025-09-20",), True, None),
        ("one booked within the year that follows", ("2027-09-19",), False, "2028-09-19 08:00"),
    ],
)
def test_a_rolling_year_looks_both_ways(
    sentence: str, days: tuple[str, ...], first_room: str | None, *, accepted: bool
) -> None:
    verdict = judge(asked(AT_35KV), ROLLING, CALENDAR, NOW, known=used(MILL, *days))
    assert verdict.accepted == accepted, sentence
    if first_room is not None and days[0] < "2026":
        assert verdict.earliest_lawful_start == at(first_room), sentence


def amended(before: Extent, after: Extent, start: str = "2026-09-20 08:00") -> tuple[str, ...]:
    """What is said to a plan at `after` and `start` that lies inside a notice at `before`."""
    within = told_by(asked(before))
    plan = request(2, span(start, "2026-09-20 17:00"), after)
    return judge(plan, POLICY, CALENDAR, NOW, within=within, known=used(MILL, "2026-02-05")).reasons


def test_a_notice_holds_only_the_places_in_the_year_that_it_named() -> None:
    nowhere = Extent(lines=AT_35KV.lines, areas=AT_35KV.areas, nominal_voltage=35)
    unknown = Extent(lines=AT_35KV.lines, areas=AT_35KV.areas, usage_points=(MILL,))
    assert amended(AT_35KV, AT_35KV, "2026-09-20 10:00") == ()
    assert amended(nowhere, AT_35KV) == ("yearly-budget-used",)
    assert amended(unknown, AT_35KV) == ("yearly-budget-used",)


def test_a_night_over_new_year_that_begins_after_midnight_needs_a_place_in_the_new_year() -> None:
    """The year ends by the utility's clock: 16:30 UTC is half an hour into the new year."""
    night = span("2026-12-31 22:00", "2027-01-01 06:00")
    within = told_by(request(period=night, extent=AT_35KV))
    late = request(2, span("2027-01-01 00:30", "2027-01-01 06:00"), AT_35KV)
    early = request(2, span("2026-12-31 23:30", "2027-01-01 06:00"), AT_35KV)
    full = used(MILL, "2027-05-01")
    when = at("2026-12-30 09:00")
    assert judge(early, POLICY, CALENDAR, when, within=within, known=full).accepted
    assert judge(late, POLICY, CALENDAR, when, within=within, known=full).reasons == ("yearly-budget-used",)


def test_a_plan_of_the_trial_that_is_judged_again_uses_its_place_once() -> None:
    trial = Trial(POLICY, CALENDAR)
    for revision, name in [(1, "P-1"), (2, "P-1"), (3, "P-1"), (1, "P-2"), (1, "P-3")]:
        plan = request(revision, mrid=name, extent=AT_10KV)
        assert trial.judge(plan, NOW, used(TEN)).accepted
    assert not trial.judge(request(mrid="P-4", extent=AT_10KV), NOW).accepted


def test_a_plan_booked_already_and_judged_again_in_a_trial_uses_its_place_once() -> None:
    trial, booked = Trial(POLICY, CALENDAR), OtherWork(used=(CountedOutage(MILL, "P-1", LAWFUL.start),))
    assert trial.judge(request(2, mrid="P-1", extent=AT_35KV), NOW).accepted
    again = trial.judge(request(mrid="P-2", extent=AT_35KV), NOW, booked)
    (finding,) = (f for f in again.verdict.findings if f.reason == "yearly-budget-used")
    assert finding.given == "UP-35 used up by P-1 of 2026-03-12"


def test_room_that_lies_too_far_ahead_to_be_asked_for_is_said_to_be_so() -> None:
    verdict = judge(asked(AT_35KV), POLICY, CALENDAR, NOW, known=used(MILL, "2026-02-05", "2027-02-05"))
    assert verdict.earliest_lawful_start == at("2028-01-01 00:00")
    assert "room-only-too-far-ahead" in verdict.warnings


def test_where_no_year_in_sight_has_room_no_start_is_offered() -> None:
    none = replace(POLICY.rule("cn.planned.yearly-limit-35kv"), amount=Decimal(0))
    verdict = judge(asked(AT_35KV), replace(POLICY, rules={**POLICY.rules, none.id: none}), CALENDAR, NOW)
    assert "no-room-in-sight" in verdict.warnings
    assert verdict.lawful_start is None


def test_a_long_list_is_cut_and_counted() -> None:
    points = [f"UP-{n:03}" for n in range(40)]
    known = [CountedOutage(point, "OLD", NOW) for point in points]
    full = spent(points, by_point(known), NOW, POLICY.rule("cn.planned.yearly-limit-35kv"), "calendar", CALENDAR.zone)
    assert said(full, CALENDAR.zone).endswith("; and 30 more usage points")


# From 20 March 2026 on; the 711th is 29 February 2028.
days = st.integers(0, 1200).map(lambda n: at("2026-03-20 08:00") + timedelta(days=n))


def _booked(starts: Iterable[datetime]) -> list[PlanBody]:
    return [
        request(period=Period(start=s, end=s + timedelta(hours=4)), extent=AT_10KV, requested_at=NOW) for s in starts
    ]


def _fullest_year(starts: Sequence[datetime], year: str) -> int:
    """The slow way: look at every year that could be too full."""
    zone = CALENDAR.zone
    local = [s.astimezone(zone) for s in starts]
    if year == "calendar":
        return max((sum(x.year == one.year for x in local) for one in local), default=0)
    return max((sum(one <= x < _a_year_on(one) for x in local) for one in local), default=0)


def _a_year_on(day: datetime) -> datetime:
    """The same day a year on; the year after 29 February begins on 1 March."""
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + 1, month=3, day=1) if leap else day.replace(year=day.year + 1)


@given(st.lists(days, min_size=1, max_size=12, unique=True), st.sampled_from(["calendar", "rolling"]))
def test_plans_that_are_accepted_never_exceed_the_year(starts: list[datetime], year: str) -> None:
    settings = replace(POLICY.settings, budget_year=year, furthest_ahead=timedelta(days=3000))  # type: ignore[arg-type]
    trial = Trial(replace(POLICY, settings=settings), CALENDAR)
    accepted = []
    for n, plan in enumerate(_booked(starts)):
        named = request(mrid=f"P-{n}", period=plan.planned_period, extent=AT_10KV) if n else plan
        if trial.judge(named, NOW).accepted:
            accepted.append(plan.planned_period.start)
    assert _fullest_year(accepted, year) <= int(LIMIT_10.amount or 0)


@given(st.lists(days, min_size=1, max_size=8, unique=True), days, st.sampled_from(["calendar", "rolling"]))
def test_the_first_start_with_room_is_accepted(booked: list[datetime], wanted: datetime, year: str) -> None:
    settings = replace(POLICY.settings, budget_year=year, furthest_ahead=timedelta(days=9000))  # type: ignore[arg-type]
    policy = replace(POLICY, settings=settings)
    known = OtherWork(used=tuple(CountedOutage(TEN, f"OLD-{n}", start) for n, start in enumerate(booked)))
    verdict = judge(_booked([wanted])[0], policy, CALENDAR, NOW, known=known)
    if "no-room-in-sight" not in verdict.warnings:
        again = judge(_booked([verdict.earliest_lawful_start])[0], policy, CALENDAR, NOW, known=known)
        assert again.accepted


def by_model(*points: str, **more: Any) -> PlacesByModel:
    return PlacesByModel(editions=(EDITION,), points=points, **more)


def test_of_one_plan_each_point_has_the_limit_of_its_own_voltage() -> None:
    """A line of 35 kV is cut, and with it a substation below which a works takes power at 10 kV."""
    network = by_model(MILL, TEN, voltages={normal(MILL): 35, normal(TEN): 10})
    line = Extent(lines=AT_35KV.lines, areas=AT_35KV.areas)
    twice = OtherWork(used=(*used(TEN, "2026-01-05", "2026-02-05").used,), network=network)
    assert judge(asked(line), POLICY, CALENDAR, NOW, known=twice).accepted
    once = OtherWork(used=used(MILL, "2026-01-05").used, network=network)
    verdict = judge(asked(line), POLICY, CALENDAR, NOW, known=once)
    assert verdict.reasons == ("yearly-budget-used",)
    given = {one.rule.rule_id: one.given for one in verdict.findings if "yearly-limit" in one.rule.rule_id}
    assert given == {
        "cn.planned.yearly-limit-35kv": "UP-35 used up by OLD-1 of 2026-01-05",
        "cn.planned.yearly-limit-10kv": "room at all 1 usage points",
    }


def test_room_is_looked_for_at_each_point_under_its_own_limit() -> None:
    network = by_model(MILL, TEN, voltages={normal(MILL): 35, normal(TEN): 10})
    known = (*used(MILL, "2027-03-05").used, *used(TEN, "2026-01-05", "2026-02-05", "2026-03-05").used)
    verdict = judge(
        asked(Extent(lines=AT_35KV.lines, areas=AT_35KV.areas)),
        POLICY,
        CALENDAR,
        NOW,
        known=OtherWork(used=known, network=network),
    )
    assert verdict.reasons == ("yearly-budget-used",)
    assert verdict.earliest_lawful_start == at("2028-01-01 00:00")


@pytest.mark.parametrize(
    ("sentence", "voltages"),
    [("the model does not say", {}), ("behind a public transformer", {"up-10": 0.4})],
)
def test_where_the_point_has_no_limit_of_its_own_that_of_the_plan_holds(
    sentence: str, voltages: dict[str, float]
) -> None:
    known = replace(used(TEN, "2026-01-05", "2026-04-05", "2026-07-05"), network=by_model(TEN, voltages=voltages))
    assert judge(asked(AT_10KV), POLICY, CALENDAR, NOW, known=known).reasons == ("yearly-budget-used",), sentence


def test_a_plan_that_gives_no_voltage_is_checked_by_the_models() -> None:
    nowhere = Extent(lines=AT_35KV.lines, areas=AT_35KV.areas, usage_points=(MILL,))
    known = replace(used(MILL, "2026-02-05"), network=by_model(MILL, voltages={normal(MILL): 35}))
    verdict = judge(asked(nowhere), POLICY, CALENDAR, NOW, known=known)
    assert verdict.reasons == ("yearly-budget-used",)
    assert not [word for word in verdict.warnings if word.startswith("budget-not-checked")]


def test_a_notice_keeps_its_place_at_a_point_whose_voltage_the_model_says() -> None:
    network = by_model(MILL, voltages={normal(MILL): 35}, noticed=(MILL,))
    within = told_by(asked(replace_extent(AT_35KV, nominal_voltage=110)))
    known = replace(used(MILL, "2026-02-05"), network=network)
    assert judge(asked(AT_35KV), POLICY, CALENDAR, NOW, within=within, known=known).reasons == ()


def test_plans_tried_together_count_each_other_at_every_point_that_both_cut_by_the_model() -> None:
    """One names the line, the other a transformer on it: no name is in both."""
    network = by_model(MILL, voltages={normal(MILL): 35})
    line = Extent(lines=AT_35KV.lines, areas=AT_35KV.areas)
    transformer = Extent(lines=("35千伏厂区支线",), areas=AT_35KV.areas, transformers=("钢厂1号变",))
    trial = Trial(POLICY, CALENDAR)
    beside = OtherWork(network=network)
    assert trial.judge(asked(line, mrid="P-1"), NOW, beside).accepted
    second = trial.judge(asked(transformer, "2026-11-20", mrid="P-2"), NOW, beside)
    assert second.verdict.reasons == ("yearly-budget-used",)
    assert "UP-35 used up by P-1" in str(second.verdict.findings)
    assert trial.judge(asked(transformer, "2027-02-20", mrid="P-3"), NOW, beside).accepted


def test_a_plan_refused_for_the_year_leaves_the_place_to_the_next() -> None:
    network = by_model(MILL, voltages={normal(MILL): 35})
    full = replace(used(MILL, "2026-02-05"), network=network)
    line = Extent(lines=AT_35KV.lines, areas=AT_35KV.areas)
    trial = Trial(POLICY, CALENDAR)
    assert not trial.judge(asked(line, mrid="P-1"), NOW, full).accepted
    assert trial.judge(asked(line, "2026-11-20", mrid="P-2"), NOW, OtherWork(network=network)).accepted
