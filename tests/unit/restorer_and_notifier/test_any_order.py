"""The notifier holds in the dark whom the restorer does, whatever facts of one outage come, late and in any order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import Fact
from services.notifier.domain.outage.truth import held_since
from services.places.extents import says_nothing
from services.restorer.domain.course.absence import missing_since
from services.restorer.domain.lifecycle import course_of
from tests.kits.deciders.both import WARDS, Both
from tests.kits.deciders.restorer import (
    MRID,
    at,
)

MINUTES = st.one_of(st.integers(0, 70), st.sampled_from((0, 30)))
"""Two instants come often: much of what is told is told by the minute, of one instant, by two people."""
PLACES = st.sets(st.sampled_from(WARDS)).map(lambda some: Extent(usage_points=tuple(sorted(some))))
SOME = st.sets(st.sampled_from(WARDS), min_size=1).map(lambda some: Extent(usage_points=tuple(sorted(some))))


def _made(draw: Any, kind: str, minute: int) -> Fact:
    when = at("9:00") + timedelta(minutes=minute)
    match kind:
        case "started":
            return dispatch.OutageStarted(mrid=MRID, outage_class="fault", started_at=when, extent=draw(PLACES))
        case "extent":
            return dispatch.ExtentChanged(mrid=MRID, changed_at=when, extent=draw(PLACES))
        case "part":
            return dispatch.SupplyRestored(mrid=MRID, restored_at=when, scope="part", extent=draw(SOME))
        case "all":
            return dispatch.SupplyRestored(mrid=MRID, restored_at=when)
        case "order":
            period = Period(start=when, end=when + timedelta(hours=2))
            return dispatch.CurtailmentOrdered(mrid=MRID, ordered_at=when, planned_period=period, extent=draw(PLACES))
        case "corrected":
            before = when - timedelta(minutes=draw(st.sampled_from((0, 5, 40))))
            return dispatch.OutageCorrected(mrid=MRID, corrected_at=when, started_at=before)
        case "none":
            return dispatch.OutageWithdrawn(mrid=MRID, withdrawn_at=when)
        case "missing":
            return dispatch.SupplyPerhapsRestored(mrid=MRID, missing_at=when)
        case "listed":
            return dispatch.OutageListedAgain(mrid=MRID, listed_at=when)
        case _:
            return dispatch.OutageReopened(mrid=MRID, reopened_at=when)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), minutes=st.lists(MINUTES, min_size=1, max_size=5), lag=st.integers(0, 3))
def test_both_services_end_with_the_same_people_in_the_dark(data: Any, minutes: list[int], lag: int) -> None:
    kinds = st.sampled_from(
        ("started", "extent", "order", "part", "all", "reopened", "none", "corrected", "missing", "listed")
    )
    facts = [_made(data.draw, data.draw(kinds), minute) for minute in minutes]
    both = Both(*facts, lag=lag)
    course = course_of(both.outage.state)
    # Load that is only ordered to be shed is dark to nobody yet.
    has_begun = any(isinstance(fact, dispatch.OutageStarted) for fact in facts)
    if course.known and has_begun and not says_nothing(course.extent):
        assert both.held == both.dark
        if held_since(both.city.states[f"outage/{MRID}"].facts) is not None:
            assert missing_since(both.outage.state, course) is not None, "what is held is asked about in time"
