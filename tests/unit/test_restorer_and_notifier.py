"""The notifier holds in the dark whom the restorer does, whatever facts of one outage come, late and in any order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import Fact
from schemas.contracts.restorations import RestorationConfirmed, RestorationRefused
from services.notifier.domain.outage.learning import TAKEN_BACK
from services.notifier.domain.outage.truth import held_since
from services.places.extents import says_nothing
from services.places.topology import NetworkModel
from services.plausibility import question_of
from services.restorer.domain.course.absence import missing_since
from services.restorer.domain.lifecycle import course_of
from tests.kits.deciders.notifier import City, confirmed, customer
from tests.kits.deciders.notifier import at as on_day
from tests.kits.deciders.notifier import started as city_started
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

WARDS = ("up-1", "up-2", "up-3")
NOW = at("12:00")
SAID = frozenset({"restoration.part.v1", "restoration.confirmed.v1", "restoration.refused.v1", "fact.accepted.v1"})


class Both:
    """One outage in both services. What the restorer says reaches the notifier `lag` facts of dispatch later."""

    def __init__(self, *facts: Fact, lag: int = 0, network: NetworkModel | None = None) -> None:
        self.outage = Outage(network=network)
        wards = (customer(one, usage_points=(one,), lines=(), areas=()) for one in WARDS)
        self.city = City(NOW, *wards, customer("shop", lines=("L1",), areas=()))
        waiting: list[list[Any]] = []
        for fact in facts:
            before = len(self.outage.log)
            self.outage.hears(fact, now=NOW + timedelta(seconds=before))
            waiting.append([event.data for event in self.outage.log[before:] if event.type in SAID])
            self.city.hears(fact)
            if len(waiting) > lag:
                self.hear(waiting.pop(0))
        for words in waiting:
            self.hear(words)

    def hear(self, words: Sequence[Any]) -> None:
        for word in words:
            self.city.hears(word)

    @property
    def dark(self) -> set[str]:
        """By the restorer."""
        course = course_of(self.outage.state)
        return set() if course.status in ("restored", "closed", "withdrawn") else set(course.remaining.usage_points)

    @property
    def held(self) -> set[str]:
        """By the notifier."""
        return {one for one in WARDS if self.city.of(one).holding()}


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
    assert not both.city.of("shop").holding()
    assert both.city.reached("shop") == ["fault-time-unknown", "part-restored"]
    late = Both(*facts, extent_changed("10:15", lines), lag=lag, network=TWO_LINES)
    assert late.city.of("shop").holding()


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


def test_power_back_taken_back_and_confirmed_anew_in_one_instant_is_back() -> None:
    both = Both(started("10:00", extent=points("up-1", "up-2")), restored("10:30", extent=points("up-1", "up-2")))
    moment = at("12:30")
    for fact in (extent_changed("10:10", points(*WARDS)), restored("10:30")):
        before = len(both.outage.log)
        both.outage.hears(fact, now=moment)
        both.city.hears(fact)
        both.hear([event.data for event in both.outage.log[before:] if event.type in SAID])
    assert TAKEN_BACK in {word.reason for word in both.outage.events("restoration.refused")}
    assert [word.turn for word in both.outage.events("restoration.confirmed")] == [1, 3]
    assert both.held == both.dark == set()


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_of_three_verdicts_of_one_instant_the_restorers_last_word_counts_in_any_order(order: Sequence[int]) -> None:
    def said(turn: int) -> RestorationConfirmed | RestorationRefused:
        if turn == 2:
            return RestorationRefused(
                mrid="F1", claimed_at=on_day(5, 10, 50), reason=TAKEN_BACK, decided_at=on_day(5, 10, 58), turn=turn
            )
        return msgspec.structs.replace(confirmed(on_day(5, 10, 50)), confirmed_at=on_day(5, 10, 58), turn=turn)

    city = City(on_day(5, 11), customer())
    city.hears(city_started())
    for index in order:
        city.hears(said(index + 1))
    assert not city.of().holding()


def test_the_taking_back_counts_also_where_the_clock_of_who_said_it_went_back() -> None:
    city = City(on_day(5, 11), customer())
    city.hears(city_started())
    city.hears(msgspec.structs.replace(confirmed(on_day(5, 10, 50)), confirmed_at=on_day(5, 10, 59), turn=1))
    city.hears(
        RestorationRefused(
            mrid="F1", claimed_at=on_day(5, 10, 50), reason=TAKEN_BACK, decided_at=on_day(5, 10, 58), turn=2
        )
    )
    assert [outage.mrid for outage in city.of().holding()] == ["F1"]


def test_words_that_nobody_counted_are_ordered_by_their_clock_as_before() -> None:
    city = City(on_day(5, 11), customer())
    city.hears(city_started())
    city.hears(
        RestorationRefused(mrid="F1", claimed_at=on_day(5, 10, 50), reason=TAKEN_BACK, decided_at=on_day(5, 10, 57))
    )
    city.hears(msgspec.structs.replace(confirmed(on_day(5, 10, 50)), confirmed_at=on_day(5, 10, 58), turn=3))
    assert not city.of().holding()


def test_a_part_that_an_earlier_start_disproves_is_taken_back_by_its_step() -> None:
    both = Both(
        started("10:20", extent=Extent()), part("10:30", "up-1"), started("10:00", extent=points("up-2", "up-3"))
    )
    (back,) = both.outage.events("restoration.part")
    taken = [word for word in both.outage.events("restoration.refused") if word.reason == "part-taken-back"]
    assert [(word.step, word.claimed_at, word.contradicted_by) for word in taken] == [
        (back.step, at("10:30"), ("up-1",))
    ]
    assert both.held == both.dark == {"up-2", "up-3"}


def test_a_part_that_is_borne_out_after_all_is_said_again_under_a_step_of_its_own() -> None:
    outage = Outage()
    outage.hears_all(started("10:20", extent=Extent()), part("10:30", "up-1"), started("10:00", extent=points("up-2")))
    outage.hears_all(extent_changed("10:25", points("up-1", "up-2")))
    assert [word.step for word in outage.events("restoration.part")] == [1, 2]


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
    kinds = st.sampled_from(("started", "extent", "part", "all", "reopened", "none", "corrected", "missing", "listed"))
    facts = [_made(data.draw, data.draw(kinds), minute) for minute in minutes]
    both = Both(*facts, lag=lag)
    course = course_of(both.outage.state)
    if course.known and not says_nothing(course.extent):
        assert both.held == both.dark
        if held_since(both.city.states[f"outage/{MRID}"].facts) is not None:
            assert missing_since(both.outage.state, course) is not None, "what is held is asked about in time"


def test_a_fact_whose_record_is_older_does_not_lose_the_word_that_power_is_back() -> None:
    city = City(on_day(5, 11), customer())
    city.tell("outage/F1", city_started(), recorded=on_day(5, 9, 13))
    city.fan()
    city.pause = True
    # After a pause one topic is read before the other; the fan-out goes on once both were.
    city.tell("outage/F1", confirmed(on_day(5, 10, 50)), recorded=on_day(5, 10, 51))
    cleared = dispatch.CauseCleared(mrid="F1", cleared_at=on_day(5, 10, 20), cause="树木触线")
    city.tell("outage/F1", cleared, recorded=on_day(5, 10, 21))
    city.pause = False
    city.fan()
    assert city.reached() == ["fault-time-unknown", "restored"]


def test_a_start_ahead_of_its_record_that_somebody_stands_by_is_told() -> None:
    city = City(on_day(5, 11), customer())
    ahead = city_started(when=on_day(5, 11, 15))
    assert city.tell("outage/F1", ahead, recorded=city.now).reason == "happened-in-the-future"
    city.tell("outage/F1", msgspec.structs.replace(ahead, confirms=question_of(ahead)), recorded=city.now)
    city.fan()
    assert city.reached() == ["fault-time-unknown"]


def test_an_expected_time_in_forty_days_that_somebody_stands_by_is_told() -> None:
    city = City(on_day(5, 11), customer())
    city.hears(city_started())
    far = dispatch.ErtChanged(mrid="F1", changed_at=on_day(5, 10, 58), ert=on_day(5, 11) + timedelta(days=40))
    city.tell("outage/F1", msgspec.structs.replace(far, confirms=question_of(far)), recorded=city.now)
    city.fan()
    assert city.reached() == ["fault-time-unknown", "fault"]
    assert city.of().outages["F1"].ert == far.ert
