"""Whatever the network and whatever is said: what is back and what remains are what was off, and order decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ExtentChanged, Fact, OutageReopened, OutageStarted, SupplyRestored
from schemas.contracts.network import ElementKind
from services.places.topology import NetworkModel, NetworkPart, resolve
from services.restorer.domain.course.durations import TimeOut, counted_once, steps_of
from services.restorer.domain.course.places import PlacesOff
from services.restorer.domain.lifecycle import course_by, course_of
from tests.kits.deciders.restorer import MRID, Outage, at, places_of, remembered
from tests.kits.network.models import models, powered, some_of
from tests.kits.network.parts import part_of

LISTS: dict[ElementKind, str] = {"section": "lines", "transformer": "transformers", "usagePoint": "usage_points"}
DAY = at("0:00")
INSTANTS = st.sampled_from([0, 1, 2, 3, 4, 8, 20]).map(lambda quarters: DAY + timedelta(minutes=15 * quarters))


def extent_of(model: NetworkModel, ids: set[str]) -> Extent:
    """An extent that names these elements, substations left out."""
    found: dict[str, list[str]] = {words: [] for words in LISTS.values()}
    for one in sorted(ids):
        if (kind := model.elements[one].kind) in LISTS:
            found[LISTS[kind]].append(one)
    return Extent(**{words: tuple(names) for words, names in found.items()})


def part_for(model: NetworkModel, *extents: Extent) -> NetworkPart:
    return NetworkPart(part_of(model, set(places_of(extents))))


TREES, RINGS, SMALL = models(radial=True), models(), models(most=9)
EXTENTS = {count: st.lists(some_of(count, 1, 4), min_size=1, max_size=6) for count in range(1, 15)}
"""By how many elements there are, the places of some of them: where it is off, and what is said to be back."""


@st.composite
def claims_on(draw: st.DrawFn, *, radial: bool) -> tuple[NetworkModel, Extent, list[Extent]]:
    """A network, where an outage is, and parts of it that are said to be back one after the other."""
    model = draw(TREES if radial else RINGS)
    of = EXTENTS[len(model.elements)]
    first, *others = (extent_of(model, {ids[n] for n in some}) for ids in [sorted(model.elements)] for some in draw(of))
    return model, first, others


@given(claims_on(radial=False))
@settings(max_examples=300, deadline=None)
def test_what_is_back_and_what_remains_are_what_was_off(told: tuple[NetworkModel, Extent, list[Extent]]) -> None:
    model, extent, claims = told
    part = part_for(model, extent, *claims)
    places = PlacesOff(part, extent)
    back: set[str] = set()
    for number, claim in enumerate(claims):
        judged = places.part_back(str(number), claim)
        assert not judged.fresh & back, "a point comes back once"
        back |= judged.fresh
        left = places.left()
        assert (back | left, back & left) == (places.all, set())
        assert (judged.word.restored, judged.word.remaining) == (len(judged.fresh), len(left))
        if judged.word.outcome == "whole":
            assert not left
            break


@given(claims_on(radial=False))
@settings(max_examples=300, deadline=None)
def test_what_was_off_is_what_has_no_power_while_the_named_places_have_none(
    told: tuple[NetworkModel, Extent, list[Extent]],
) -> None:
    model, extent, _ = told
    named = resolve(model, extent).named
    dark = model.elements.keys() - powered(model, named)
    alive = powered(model)
    meant = part_for(model, extent).meaning(extent).ends
    assert meant & alive <= dark
    points = {one for one in dark & alive if model.elements[one].kind == "usagePoint"}
    assert points <= meant | (named - meant)


@given(claims_on(radial=True))
@settings(max_examples=300, deadline=None)
def test_on_a_tree_a_part_gives_power_to_all_that_hangs_on_it_but_for_what_was_named_beside_it(
    told: tuple[NetworkModel, Extent, list[Extent]],
) -> None:
    model, extent, claims = told
    own, said = resolve(model, extent).named, set[str]()
    part = part_for(model, extent, *claims)
    places = PlacesOff(part, extent)
    for number, claim in enumerate(claims):
        if places.part_back(str(number), claim).word.outcome == "whole":
            break
        said |= resolve(model, claim).named if claim != Extent() else set()
        for point in places.left():
            way = [point]
            while model.sources(way[-1]):
                way += model.sources(way[-1])
            # Going up from it, a place that the outage names comes before any that is back; or none is back.
            first_back = next((n for n, one in enumerate(way) if one in said), len(way))
            first_named = next((n for n, one in enumerate(way) if one in own - said), len(way))
            assert first_named < first_back or first_back == len(way)


@dataclass(frozen=True)
class Told:
    """A word before it is known of which network it speaks: `where` are places among its elements."""

    of: Callable[[Extent, datetime], Fact]
    where: set[int]
    at: datetime

    def on(self, model: NetworkModel) -> Fact:
        ids = sorted(model.elements)
        return self.of(extent_of(model, {ids[n % len(ids)] for n in self.where}), self.at)


def _word(of: Callable[[Extent, datetime], Fact], where: st.SearchStrategy[set[int]]) -> st.SearchStrategy[Told]:
    return st.tuples(where, INSTANTS).map(lambda drawn: Told(of, *drawn))


SOME, NOWHERE = some_of(9, 1, 3), st.just(set[int]())
START = _word(
    lambda where, at: OutageStarted(mrid=MRID, outage_class="fault", started_at=at, extent=where),
    SOME,
)
OTHER = st.one_of(
    _word(lambda where, at: ExtentChanged(mrid=MRID, changed_at=at, extent=where), SOME),
    _word(lambda where, at: SupplyRestored(mrid=MRID, restored_at=at, scope="part", extent=where), SOME),
    _word(lambda where, at: SupplyRestored(mrid=MRID, restored_at=at, extent=where), NOWHERE | SOME),
    _word(lambda _, at: OutageReopened(mrid=MRID, reopened_at=at), NOWHERE),
)
stories = st.tuples(SMALL, START, st.lists(OTHER, min_size=1, max_size=6)).map(
    lambda drawn: (drawn[0], [one.on(drawn[0]) for one in (drawn[1], *drawn[2])])
)
KEPT = (
    "status",
    "extent",
    "remaining",
    "remainingBut",
    "restoredAt",
    "episodes",
    "steps",
    "points",
    "pointMinutes",
    "warnings",
)


def conclusions(outage: Outage) -> dict[str, Any]:
    return {name: outage.view.get(name) for name in KEPT}


@given(st.data(), stories)
@settings(max_examples=200, deadline=None)
def test_the_order_in_which_facts_come_decides_nothing(data: Any, story: tuple[NetworkModel, list[Fact]]) -> None:
    model, facts = story
    one, other = Outage(network=model), Outage(network=model)
    one.hears_all(*facts)
    other.hears_all(*data.draw(st.permutations(facts)))
    assert conclusions(one) == conclusions(other)


@given(stories, st.integers(0, 6))
@settings(max_examples=200, deadline=None)
def test_it_decides_nothing_whether_the_network_comes_first_or_in_the_middle(
    story: tuple[NetworkModel, list[Fact]], before: int
) -> None:
    model, facts = story
    first, late = Outage(network=model), Outage()
    first.hears_all(*facts)
    last = SupplyRestored(
        mrid=MRID, restored_at=DAY + timedelta(hours=9), scope="part", extent=Extent(lines=("nowhere",))
    )
    late.hears_all(*facts[:before])
    late.network = model
    late.hears_all(*facts[before:], last)
    first.hears(last)
    assert conclusions(first) == conclusions(late)


@given(stories, SMALL, st.integers(1, 6))
@settings(max_examples=200, deadline=None)
def test_a_network_that_changes_after_the_places_were_named_changes_no_figure(
    story: tuple[NetworkModel, list[Fact]], other: NetworkModel, before: int
) -> None:
    """Elements are removed, moved and switched while they are in use."""
    model, facts = story
    still, changed = Outage(network=model), Outage(network=model)
    still.hears_all(*facts)
    named = {name for fact in facts for name in _names(fact)}
    changed.hears_all(*facts[:before])
    # Places that nobody has named yet mean what they mean by then: here, that is nothing of the kind.
    known = {name for fact in facts[:before] for name in _names(fact)}
    if named <= known:
        changed.network = other
        changed.hears_all(*facts[before:])
        kept = {name: value for name, value in conclusions(changed).items() if name != "warnings"}
        assert kept == {name: value for name, value in conclusions(still).items() if name != "warnings"}


def _names(fact: Any) -> set[str]:
    extent = getattr(fact, "extent", None) or Extent()
    return {*extent.lines, *extent.transformers, *extent.usage_points}


@given(stories)
@settings(max_examples=200, deadline=None)
def test_a_replay_of_the_log_needs_no_network(story: tuple[NetworkModel, list[Fact]]) -> None:
    model, facts = story
    outage = Outage(network=model)
    outage.hears_all(*facts)
    again = outage.replay()
    assert again == outage.state == outage.decider.restore(f"outage/{MRID}", outage.decider.dump(outage.state))
    assert outage.decider.view(again) == outage.view


@given(stories)
@settings(max_examples=200, deadline=None)
def test_points_out_are_the_sum_over_steps_at_every_instant(story: tuple[NetworkModel, list[Fact]]) -> None:
    model, facts = story
    outage = Outage(network=model)
    outage.hears_all(*facts)
    beside = outage.beside(facts[0])
    if beside is None or beside.network is None:
        return
    course = course_by(outage.state, beside.network)
    assert remembered(course) == remembered(course_of(outage.state))
    for episode in course.episodes:
        words = [step.by_model for step in episode.steps] + ([episode.by_model] if episode.ended else [])
        known = [word for word in words if word is not None]
        for before, after in pairwise(known):
            if before.remaining == after.remaining + after.restored:
                continue
            # Between them somebody said anew where the outage is, or that a part is off again.
            moved = (fact for fact in facts if isinstance(fact, ExtentChanged | OutageReopened | OutageStarted))
            assert len([*moved]) > 1
    minutes = sum(((until - since) * word.restored for since, until, word in steps_of(course)), timedelta())
    times: list[TimeOut] = []
    for number, (since, until, word) in enumerate(steps_of(course)):
        times += [TimeOut(f"{number}/{n}", since, until) for n in range(word.restored)]
    assert sum(counted_once(times).values(), timedelta()) == minutes


spans = st.builds(
    lambda point, start, length: TimeOut(
        point, DAY + timedelta(minutes=start), DAY + timedelta(minutes=start + length)
    ),
    st.sampled_from(["a", "b"]),
    st.integers(0, 60),
    st.integers(0, 30),
)


@given(st.lists(spans, max_size=8))
def test_time_under_several_outages_counts_once(times: list[TimeOut]) -> None:
    found = counted_once(times)
    for point in {one.point for one in times}:
        dark = [
            minute
            for minute in range(100)
            if any(one.point == point and one.since <= DAY + timedelta(minutes=minute) < one.until for one in times)
        ]
        assert found[point] == timedelta(minutes=len(dark))
