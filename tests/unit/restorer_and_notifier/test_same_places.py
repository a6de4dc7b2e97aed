"""The notifier holds in the dark whom the restorer does: where an outage is, by starts, steps, corrections and the network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest

from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import Fact
from services.places.topology import NetworkModel
from services.plausibility import question_of
from tests.kits.deciders.both import WARDS, Both
from tests.kits.deciders.restorer import (
    MRID,
    Outage,
    at,
    corrected,
    extent_changed,
    iso,
    part,
    points,
    reopened,
    reported,
    restored,
    started,
)
from tests.kits.network.models import element


def test_a_call_that_comes_after_power_was_back_keeps_nobody_in_the_dark() -> None:
    predicted = started("10:00", confirmed=False)
    both = Both(predicted, restored("10:05"), reported("10:10", extent=points(*WARDS)))
    assert both.outage.status == "restored"
    assert (both.held, both.city.reached("up-1")) == (set(), [])


@pytest.mark.parametrize(
    "first", [{"fault_side": "customer", "extent": points("up-1")}, {}], ids=["own fault", "no place"]
)
def test_power_back_after_the_first_call_of_any_kind_is_back_for_all(first: dict[str, Any]) -> None:
    both = Both(
        reported("10:10", extent=points(*WARDS), fault_side="utility"), reported("10:00", **first), restored("10:05")
    )
    assert both.outage.status == "restored"
    assert both.held == set()
    assert both.city.reached("up-2") == ["fault-time-unknown", "restored"]


@pytest.mark.parametrize("lag", [0, 1, 2])
def test_nobody_is_back_by_a_step_that_was_counted_before_their_place_was_known(lag: int) -> None:
    both = Both(
        started("9:48", extent=points("up-1", "up-3")),
        part("10:08", "up-1"),
        extent_changed("9:49", points(*WARDS)),
        lag=lag,
    )
    assert both.held == both.dark == {"up-2", "up-3"}
    assert "part-restored" not in both.city.reached("up-2")


def test_what_was_said_of_an_earlier_instant_does_not_narrow_a_later_start() -> None:
    both = Both(
        started("10:00", extent=points("up-1", "up-2")), extent_changed("9:50", points("up-2")), part("10:30", "up-2")
    )
    assert both.outage.status == "partiallyRestored"
    assert both.held == both.dark == {"up-1"}


def test_of_two_predictions_the_newer_says_where_it_is() -> None:
    both = Both(
        started("10:00", extent=points("up-1"), confirmed=False),
        started("10:10", extent=points("up-1", "up-2"), confirmed=False),
        started("10:20", extent=Extent()),
        part("10:30", "up-1"),
    )
    assert both.outage.status == "partiallyRestored"
    assert both.held == both.dark == {"up-2"}


def test_off_again_where_a_part_was_back_is_off_for_all_until_each_is_back_again() -> None:
    both = Both(started("10:00"), part("10:20", "up-1"), reopened("10:40"), part("10:50", "up-2", "up-3"))
    assert both.outage.status == "partiallyRestored"
    assert both.held == both.dark == {"up-1"}
    assert both.city.reached("up-1") == ["fault-time-unknown", "part-restored", "reopened"]


def test_a_second_start_at_the_instant_of_the_restoration_is_power_off_again() -> None:
    both = Both(started("10:00"), restored("10:30"), started("10:30"))
    assert both.held == both.dark == set(WARDS)


def test_of_one_instant_the_word_on_the_extent_says_where_it_is_and_not_the_start() -> None:
    both = Both(
        started("10:00", extent=points("up-1")),
        extent_changed("10:30", points("up-2", "up-3")),
        started("10:30", extent=points("up-1", "up-2")),
        part("10:40", "up-2"),
    )
    assert both.held == both.dark == {"up-3"}


def test_two_starts_of_one_instant_are_one_beginning_wherever_each_says_it_is() -> None:
    one, other = started("10:00", extent=points("up-1")), started("10:00", extent=points("up-2", "up-3"))
    for facts in ((one, other), (other, one)):
        both = Both(*facts, part("10:00", "up-2"))
        assert both.held == both.dark == {"up-3"}
        assert both.outage.status == "partiallyRestored"


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize(
    ("word", "moved", "dark"),
    [("10:10", "10:20", {"up-2", "up-3"}), ("9:50", "9:40", {"up-2", "up-3"}), ("9:50", "9:55", {"up-1"})],
    ids=["moved past a word on the extent", "moved before one", "and not so far"],
)
def test_places_of_a_start_count_from_the_earlier_of_its_instants(
    order: Sequence[int], word: str, moved: str, dark: set[str]
) -> None:
    facts = (
        started("10:00", extent=points("up-1")),
        extent_changed(word, points("up-2", "up-3")),
        corrected("10:30", moved),
    )
    both = Both(*(facts[index] for index in order))
    assert both.held == both.dark == dark


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_an_order_that_is_given_anew_says_where_load_is_shed_from_then_on(order: Sequence[int]) -> None:
    def shed(clock: str, *places: str) -> Fact:
        period = Period(start=at("9:00"), end=at("12:00"))
        return dispatch.CurtailmentOrdered(
            mrid=MRID, ordered_at=at(clock), planned_period=period, extent=points(*places)
        )

    begun = started("9:00", outage_class="curtailment", extent=points("up-1"))
    facts = (shed("8:00", "up-1"), begun, shed("9:30", "up-1", "up-2"))
    both = Both(*(facts[index] for index in order), part("10:00", "up-2"))
    assert both.held == both.dark == {"up-1"}
    assert both.outage.events("fact.questioned") == []


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_an_order_that_names_places_counts_though_a_newer_one_leaves_them_out(order: Sequence[int]) -> None:
    period = Period(start=at("9:00"), end=at("12:00"))
    said = dispatch.CurtailmentOrdered(
        mrid=MRID, ordered_at=at("8:00"), planned_period=period, extent=points("up-1", "up-2")
    )
    again = msgspec.structs.replace(said, ordered_at=at("8:30"), extent=Extent())
    facts = (said, again, started("9:00", outage_class="curtailment", extent=Extent()))
    both = Both(*(facts[index] for index in order))
    assert both.held == both.dark == {"up-1", "up-2"}


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_power_was_never_off_before_it_went_off_first(order: Sequence[int]) -> None:
    facts = (
        started("10:00", extent=points("up-1")),
        started("10:20", extent=points("up-2")),
        corrected("10:40", "10:30"),
    )
    both = Both(*(facts[index] for index in order), part("10:25", "up-2"))
    assert both.held == both.dark == {"up-2"}
    assert [one["began"] for one in both.outage.view["episodes"]] == [iso(at("10:30"))]


TWO_LINES = NetworkModel(
    [
        element("ss", "substation"),
        element("L1", "line", "ss"),
        element("L2", "line", "ss"),
        element("T1", "transformer", "L1"),
        element("T2", "transformer", "L1"),
        element("T9", "transformer", "L2"),
    ]
)


@pytest.mark.parametrize("lag", [0, 1, 2])
def test_who_is_known_by_a_line_alone_is_back_once_all_that_hangs_on_it_is(lag: int) -> None:
    def back(clock: str, transformer: str) -> Fact:
        return restored(clock, scope="part", extent=Extent(transformers=(transformer,)))

    lines = Extent(lines=("L1", "L2"))
    facts = (started("10:00", lines), back("10:10", "T1"), back("10:20", "T2"))
    both = Both(*facts, lag=lag, network=TWO_LINES)
    assert not both.city.of("L1").holding()
    assert both.city.reached("L1") == ["fault-time-unknown", "part-restored"]
    late = Both(*facts, extent_changed("10:15", lines), lag=lag, network=TWO_LINES)
    assert late.city.of("L1").holding()


@pytest.mark.parametrize("lag", [0, 1, 2])
def test_a_part_that_was_back_before_the_start_was_said_to_be_is_back_once_that_is_corrected(lag: int) -> None:
    both = Both(
        started("10:00", extent=points("up-1", "up-2")), part("9:45", "up-1"), corrected("10:30", "9:30"), lag=lag
    )
    assert both.held == both.dark == {"up-2"}


def test_a_start_that_somebody_stands_by_counts_before_another_of_its_instant() -> None:
    plain = started("10:00", extent=points("up-3"))
    meant = started("10:00", extent=points("up-1", "up-2"))
    stood_by = msgspec.structs.replace(meant, confirms=question_of(meant))
    for facts in ((stood_by, plain), (plain, stood_by)):
        both = Both(*facts)
        assert both.held == both.dark == {"up-1", "up-2"}


def test_noticed_work_of_which_only_a_reopening_is_heard_ends_with_its_restoration() -> None:
    outage = Outage()
    period = Period(start=at("9:00"), end=at("11:00"))
    plan = dispatch.PlannedRequested(
        mrid=MRID,
        revision_number=1,
        outage_class="planned",
        planned_period=period,
        extent=points(*WARDS),
        requested_at=at("9:00") - timedelta(days=9),
    )
    outage.hears_all(plan, reopened("9:20"), restored("9:40"))
    (end,) = outage.events("restoration.confirmed")
    assert (outage.status, end.restored_at, end.outage_class) == ("restored", at("9:40"), "planned")
