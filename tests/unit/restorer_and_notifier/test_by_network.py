"""Whoever is known by an element's name alone is held as long as the restorer has it off, whatever came back by the network."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ExtentChanged, Fact, OutageReopened, OutageStarted, SupplyRestored
from services.places.extents import says_nothing
from services.places.topology import NetworkModel
from services.restorer.domain.lifecycle import course_of
from tests.kits.deciders.both import Both, known_by
from tests.kits.deciders.restorer import MRID, at
from tests.kits.network.models import models

INSTANTS = st.integers(0, 6).map(lambda quarters: at("9:00") + timedelta(minutes=15 * quarters))


def stories(model: NetworkModel) -> st.SearchStrategy[list[Fact]]:
    """An outage somewhere in a network, and what is said of it then, in any order."""
    words = dict(known_by(model))

    def extent(ids: set[str]) -> Extent:
        return Extent(**{kind: tuple(sorted(one for one in ids if words[one] == kind)) for kind in {*words.values()}})

    some = st.sets(st.sampled_from(sorted(words)), min_size=1, max_size=3).map(extent) if words else st.just(Extent())
    start = st.builds(
        OutageStarted, mrid=st.just(MRID), outage_class=st.just("fault"), started_at=st.just(at("9:00")), extent=some
    )
    part = st.builds(SupplyRestored, mrid=st.just(MRID), restored_at=INSTANTS, scope=st.just("part"), extent=some)
    other = st.one_of(
        part,
        part,
        part,
        st.builds(ExtentChanged, mrid=st.just(MRID), changed_at=INSTANTS, extent=some),
        st.builds(SupplyRestored, mrid=st.just(MRID), restored_at=INSTANTS),
        st.builds(OutageReopened, mrid=st.just(MRID), reopened_at=INSTANTS),
    )
    facts = st.builds(lambda first, rest: [first, *rest], start, st.lists(other, min_size=1, max_size=6))
    return facts.flatmap(st.permutations)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), model=models(most=9), lag=st.integers(0, 3))
def test_both_services_have_the_same_elements_off(data: Any, model: NetworkModel, lag: int) -> None:
    both = Both(*data.draw(stories(model)), lag=lag, network=model)
    course = course_of(both.outage.state)
    if course.known and not says_nothing(course.extent):
        assert both.named_held() == both.named_dark()
