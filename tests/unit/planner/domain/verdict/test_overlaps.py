"""Two works at one place about one time: one cut instead of two is offered, with what that saves."""

from __future__ import annotations

import pytest

from schemas.contracts.base import Extent, Period
from services.planner.domain.verdict.other_work import NearbyWork, Standing
from services.planner.domain.verdict.overlaps import offers
from tests.kits.deciders.planner import LAWFUL, request, span

POINTS = ("line:10千伏城东线", "usagePoint:UP-1", "usagePoint:UP-2")
PLAN = request(extent=Extent(lines=("10千伏城东线",), areas=("中山路一带",), usage_points=("UP-1", "UP-2")))
AFTERNOON, MIDDAY = span("2026-03-12 14:00", "2026-03-12 20:00"), span("2026-03-12 11:00", "2026-03-12 12:00")
ALL_DAY = span("2026-03-12 06:00", "2026-03-12 20:00")


@pytest.mark.parametrize(
    ("sentence", "theirs", "offer", "merged"),
    [
        ("it begins before ours ends", AFTERNOON, "merge", span("2026-03-12 08:00", "2026-03-12 20:00")),
        ("it lies within ours", MIDDAY, "nest", LAWFUL),
        ("ours lies within it", ALL_DAY, "nest", ALL_DAY),
    ],
)
def test_it_is_offered_to_merge_or_to_nest_where_one_holds_the_other(
    sentence: str, theirs: Period, offer: str, merged: Period
) -> None:
    (found,) = offers(PLAN, [NearbyWork("P-2", "planned", "noticed", theirs, POINTS)])
    assert (found.offer, found.merged_period, found.other_period) == (offer, merged, theirs), sentence


@pytest.mark.parametrize(
    ("ours", "theirs", "saves"),
    [("planned", "planned", 2), ("planned", "temporary", 0), ("temporary", "planned", 0)],
)
def test_it_saves_a_place_in_the_year_at_each_usage_point_that_both_would_cut_as_planned_work(
    ours: str, theirs: str, saves: int
) -> None:
    plan = request(outage_class=ours, extent=PLAN.extent)
    (found,) = offers(plan, [NearbyWork("P-2", theirs, "noticed", AFTERNOON, POINTS)])
    assert found.saves == saves


@pytest.mark.parametrize(
    ("standing", "offered"), [("noticed", True), ("started", True), ("refused", False), ("withdrawn", False)]
)
def test_only_work_that_will_be_or_is_under_way_is_offered(standing: Standing, *, offered: bool) -> None:
    assert bool([*offers(PLAN, [NearbyWork("P-2", "planned", standing, AFTERNOON, POINTS)])]) == offered
