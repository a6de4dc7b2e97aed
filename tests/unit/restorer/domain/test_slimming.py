"""An outage's state holds the extents that its course rests on, however many large ones were told."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Period, encode
from services.restorer.domain import slimming
from services.restorer.domain.evolve import evolve
from services.restorer.domain.lifecycle import Course, course_of
from services.restorer.domain.slimming import slim
from services.restorer.domain.state import SupplyState
from tests.kits.deciders.restorer import MRID, Outage, at, extent_changed, part, points, restored, started

LARGE = 780_000


def large(number: int) -> Extent:
    """19,500 names of 38 bytes: as much as an event may have."""
    return Extent(usage_points=tuple(f"u{number:04}-{point:030}" for point in range(LARGE // 39)))


def changed(number: int) -> dispatch.ExtentChanged:
    return dispatch.ExtentChanged(mrid=MRID, changed_at=at("9:30") + timedelta(minutes=number), extent=large(number))


def plan(revision: int) -> dispatch.PlannedAmended:
    return dispatch.PlannedAmended(
        mrid=MRID,
        revision_number=revision,
        outage_class="planned",
        planned_period=Period(start=at("9:00"), end=at("12:00")),
        extent=large(revision),
        requested_at=at("8:00") + timedelta(minutes=revision),
        reason="change",
    )


def test_forty_large_words_on_the_extent_of_one_outage_leave_a_state_of_one() -> None:
    outage = Outage()
    outage.hears(started())
    assert len(encode(changed(0))) > LARGE
    for number in range(40):
        assert outage.hears(changed(number)).reason == "extent-changed"
    assert len(outage.decider.dump(outage.state)) < 2 * LARGE
    assert course_of(outage.state).extent == large(39)
    assert outage.decider.restore(f"outage/{MRID}", outage.decider.dump(outage.state)) == outage.state


def test_five_large_plans_of_one_outage_leave_a_state_of_one() -> None:
    outage = Outage()
    for revision in range(1, 6):
        outage.hears(plan(revision))
    assert len(outage.decider.dump(outage.state)) < 2 * LARGE
    outage.hears(started(extent=Extent()))
    assert course_of(outage.state).extent.usage_points == large(5).usage_points


def test_a_large_word_that_is_not_kept_is_still_known_when_it_is_said_again() -> None:
    outage = Outage()
    outage.hears(started())
    for number in range(4):
        outage.hears(changed(number))
    assert outage.hears(changed(1)).reason == "already-known"
    assert outage.hears(changed(3)).reason == "already-known"


def test_an_older_large_word_that_comes_late_is_still_older() -> None:
    outage = Outage()
    outage.hears_all(started(), changed(0), changed(1), changed(5))
    assert outage.hears(changed(3)).reason == "older-extent"
    assert course_of(outage.state).extent == large(5)


def test_a_late_restoration_is_measured_against_the_first_extent_known_after_it() -> None:
    outage = Outage()
    outage.hears_all(started(), *(changed(number) for number in range(5)))
    decision = outage.hears(restored("9:31", extent=points("up-1", "up-2", "up-3")))
    assert decision.reason == "steps-incomplete", "the outage reached further than where it began"
    assert course_of(outage.state).status == "confirmed"


def courses(facts: Sequence[dispatch.Fact]) -> tuple[Course, Course, SupplyState]:
    """The course of the whole, that of the slim state, and the slim state."""
    whole, thin = Outage(), Outage()
    for fact in facts:
        decision = whole.hears(fact)
        for event in whole.log[len(whole.log) - len(decision.events) :]:
            thin.state = slim(evolve(thin.state, event), event.data)
    return course_of(whole.state), course_of(thin.state), thin.state


NAMES = ("up-1", "up-2", "up-3", "up-4")
told: st.SearchStrategy[tuple[str, list[str]]] = st.one_of(
    st.sets(st.sampled_from(NAMES)).map(lambda names: ("extent", sorted(names))),
    st.sets(st.sampled_from(NAMES), min_size=1).map(lambda names: ("part", sorted(names))),
    st.just(("all", [])),
    st.just(("again", [])),
)


def facts_of(words: Sequence[tuple[str, list[str]]]) -> list[dispatch.Fact]:
    found: list[dispatch.Fact] = [started()]
    for number, (kind, names) in enumerate(words):
        clock = f"{10 + number // 60}:{number % 60:02}"
        match kind:
            case "extent":
                found.append(extent_changed(clock, points(*names)))
            case "part":
                found.append(part(clock, *names))
            case "all":
                found.append(restored(clock))
            case _:
                found.append(dispatch.OutageReopened(mrid=MRID, reopened_at=at(clock)))
    return found


@given(st.lists(told, max_size=12))
def test_a_slim_state_tells_the_same_course_as_the_whole(words: list[tuple[str, list[str]]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        facts = facts_of(words)
        kept = Outage()
        kept.hears_all(*facts)
        patch.setattr(slimming, "KEPT_NAMES", 0)
        _, thin, state = courses(facts)
    assert thin == course_of(kept.state)
    runs = sum(1 for kind, _ in words if kind != "extent") + 1
    named = [fact for fact, _ in state.of(dispatch.ExtentChanged) if fact.extent.usage_points]
    assert len(named) <= runs


@given(st.permutations(range(6)))
def test_words_on_the_extent_in_any_order_end_alike(order: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slimming, "KEPT_NAMES", 0)
        _, thin, _ = courses([started(), *(extent_changed(f"10:{n:02}", points(f"up-{n}")) for n in order)])
    assert thin.extent == points("up-5")
    assert thin.remaining == points("up-5")
