"""Nobody is talked to without limit, and no limit leaves a false impression standing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from services.notifier.domain.customer.decider import NotifierCustomer, _keeper
from services.notifier.domain.wording.segments import segments
from services.notifier.domain.wording.templates import TemplateFields, books, render
from services.policy.model import Telling
from tests.kits.deciders.notifier import (
    HOUR,
    MINUTE,
    VOICE,
    WHERE,
    City,
    amended,
    at,
    confirmed,
    customer,
    ert,
    published,
    span,
    started,
)

USUAL = Telling()
ELSEWHERE = Extent(lines=("another line",))


def city(**changes: Any) -> City:
    return City(at(5, 9), customer(**changes), telling=USUAL)


def again(city: City, mrid: str = "F1") -> None:
    city.hears(dispatch.OutageReopened(mrid=mrid, reopened_at=city.now))


def flaps(town: City, times: int, pause: timedelta = 2 * MINUTE) -> None:
    """Off and back, again and again; back at the end."""
    for number in range(times):
        if number:
            again(town)
        else:
            town.hears(started("F1", town.now))
        town.moves_to(town.now + pause)
        town.hears(confirmed(town.now))
        town.moves_to(town.now + pause)


def believed(town: City) -> str:
    """What the last word that reached the customer says: out, back, not-touched or unstable."""
    heard = [text for text in town.of().thread("supply") if text.settled]
    if not heard:
        return "nothing"
    return "unstable" if heard[-1].meant.steady_minutes is not None else heard[-1].meant.believes


def swallowed(town: City) -> list[Any]:
    return [event for event in town.log["customer/hospital"] if event.type == "text.hushed.v1"]


def test_power_that_goes_off_and_back_thirty_times_is_told_once_then_called_unstable_and_in_the_end_told_once() -> None:
    town = city()
    flaps(town, 30)
    assert town.reached() == ["fault-time-unknown", "restored", "reopened"]
    assert believed(town) == "unstable"
    town.phone().receives("稳定15分钟后")
    town.moves_to(town.now + 20 * MINUTE)
    assert town.reached()[3:] == ["restored"], "steady for as long as we said: the present truth, in one text"


def test_power_that_stays_off_in_the_end_is_told_as_off_once_that_is_steady() -> None:
    town = city()
    flaps(town, 6)
    again(town)
    town.moves_to(town.now + 14 * MINUTE)
    assert believed(town) == "unstable"
    town.moves_to(town.now + 2 * MINUTE)
    assert believed(town) == "out"
    assert town.requests()[-1].reason == "steady-again"


def test_thirty_short_outages_of_one_customer_are_told_as_one_that_flaps() -> None:
    town = city()
    for number in range(30):
        town.hears(started(f"F{number}", town.now))
        town.moves_to(town.now + 2 * MINUTE)
        town.hears(confirmed(town.now, mrid=f"F{number}"))
        town.moves_to(town.now + 2 * MINUTE)
    assert len(town.reached()) == 3
    town.moves_to(town.now + HOUR)
    assert (len(town.reached()), believed(town)) == (4, "back")


def test_an_extent_said_to_and_fro_is_not_told_each_time_and_ends_in_the_truth() -> None:
    town = city()
    town.hears(started("F1", town.now))
    for number in range(60):
        town.moves_to(town.now + 2 * MINUTE)
        where = WHERE if number % 2 else ELSEWHERE
        town.hears(dispatch.ExtentChanged(mrid="F1", changed_at=town.now, extent=where))
    assert len(town.reached()) <= 6
    town.moves_to(town.now + 20 * MINUTE)
    assert believed(town) == "out", "the last word was that they are among those"


def test_a_time_known_and_unknown_in_turn_is_not_told_each_time() -> None:
    town = city()
    town.hears(started("F1", town.now))
    for number in range(60):
        town.moves_to(town.now + 2 * MINUTE)
        town.hears(ert(town.now + HOUR if number % 2 else None, town.now))
    assert len(town.reached()) <= 8


def test_a_plan_amended_sixty_times_is_told_a_few_times_and_then_in_its_newest_state() -> None:
    town = City(at(3, 9), customer(), telling=USUAL)
    town.hears(published())
    for number in range(59):
        town.moves_to(town.now + 2 * MINUTE)
        period = span(at(12, 8 + number % 3), at(12, 17))
        town.hears(
            amended(period, version=2 + number, previous_period=span(at(12, 8), at(12, 17)), published_at=town.now)
        )
    assert len(town.reached()) <= USUAL.talk_about
    town.moves_to(town.now + 3 * HOUR)
    assert len(town.reached()) <= USUAL.talk_about + 1
    assert town.texts()[-1].meant.period == span(at(12, 9), at(12, 17))


def test_a_word_about_work_that_begins_within_the_hour_does_not_wait_for_room() -> None:
    town = City(at(12, 5), customer(), telling=USUAL)
    town.hears(published(published_at=at(12, 5)))
    for number in range(8):
        town.moves_to(town.now + 5 * MINUTE)
        town.hears(amended(span(at(12, 8, number + 1), at(12, 17)), version=2 + number, published_at=town.now))
    town.moves_to(at(12, 7, 30))
    assert town.texts()[-1].meant.period == span(at(12, 8, 8), at(12, 17)), "told before it begins, not after"


def test_what_is_swallowed_is_written_down_with_its_reason() -> None:
    town = city()
    flaps(town, 6)
    assert {event.data.reason for event in swallowed(town)} == {"talked-enough"}
    assert any(decision.reason == "talked-enough" for _, decision in town.decisions)


def test_whom_life_support_keeps_alive_hears_of_every_change_of_supply_and_never_only_that_it_is_unstable() -> None:
    town = city(life_support=True)
    flaps(town, 6)
    assert believed(town) == "back"
    assert len(town.reached()) == 12
    again(town)
    waits = town.requests()[-1].not_before - town.now
    assert waits == USUAL.settling, "merged over the settling time"


def test_a_second_time_within_the_window_a_longer_calm_is_asked_for() -> None:
    town = city()
    flaps(town, 4)
    town.moves_to(town.now + 20 * MINUTE)
    again(town)
    assert town.texts()[-1].meant.steady_minutes == 60


def test_a_state_kept_by_a_release_before_has_said_nothing_too_often() -> None:
    town = city()
    flaps(town, 4)
    kept = _keeper.dump(town.of())
    assert NotifierCustomer(VOICE).restore("customer/hospital", kept) == town.of()
    old = kept.replace(b'"turned_at"', b'"not_known"').replace(b'"hushed"', b'"not_known_either"')
    known = NotifierCustomer(VOICE).restore("customer/hospital", old)
    assert known == replace(town.of(), turned_at=None, hushed={})


@pytest.mark.parametrize("language", sorted(books()))
@pytest.mark.parametrize("minutes", [1, 15, 60, 120])
def test_the_word_that_supply_is_unstable_fits_two_segments_and_names_site_calm_and_hotline(
    language: str, minutes: int
) -> None:
    address = "中山路18号" if language.startswith("zh") else "18 Harbour Street"
    words = TemplateFields("fault", address, steady=timedelta(minutes=minutes), now=at(5, 3))
    body = render("reopened", language, words, VOICE, "K7M2", "unstable").body
    assert segments(body).count <= 2
    assert all(part in body for part in (address, str(minutes), VOICE.hotline, "K7M2"))


Step = Callable[[City, datetime], None]


def _starts(mrid: str) -> Step:
    return lambda town, now: void(town.hears(started(mrid, now)))


def _reopens(mrid: str) -> Step:
    return lambda town, now: void(town.hears(dispatch.OutageReopened(mrid=mrid, reopened_at=now)))


def _ends(mrid: str) -> Step:
    return lambda town, now: void(town.hears(confirmed(now, mrid=mrid)))


def _reaches(mrid: str, where: Extent) -> Step:
    return lambda town, now: void(town.hears(dispatch.ExtentChanged(mrid=mrid, changed_at=now, extent=where)))


def _expects(mrid: str, ahead: timedelta | None) -> Step:
    return lambda town, now: void(town.hears(ert(now + ahead if ahead else None, now, mrid=mrid)))


def void(_: object) -> None:
    return None


STEPS = [
    step
    for mrid in ("F1", "F2")
    for step in (
        _starts(mrid),
        _reopens(mrid),
        _reopens(mrid),
        _ends(mrid),
        _ends(mrid),
        _reaches(mrid, WHERE),
        _reaches(mrid, ELSEWHERE),
        _expects(mrid, HOUR),
        _expects(mrid, 3 * HOUR),
        _expects(mrid, None),
    )
]


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 12)), min_size=1, max_size=40))
def test_whatever_comes_one_handset_gets_no_more_than_the_limit_and_in_the_end_the_truth(
    story: list[tuple[Step, int]],
) -> None:
    town = city()
    for step, minutes in story:
        step(town, town.now)
        town.moves_to(town.now + minutes * MINUTE)
    town.moves_to(town.now + 3 * HOUR)
    so = "dark" if town.of().holding() else "light"
    assert believed(town) in (("out",) if so == "dark" else ("nothing", "back", "not-touched"))
    times = [text.said_at for text in town.texts("hospital", "accepted", "delivered")]
    for first in times:
        assert sum(first <= one < first + USUAL.talk_within for one in times) <= USUAL.talk_most


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 12)), min_size=1, max_size=40))
def test_whoever_life_support_keeps_alive_is_never_left_with_a_false_word_once_it_has_settled(
    story: list[tuple[Step, int]],
) -> None:
    town = city(life_support=True)
    for step, minutes in story:
        step(town, town.now)
        town.moves_to(town.now + minutes * MINUTE)
        dark = bool(town.of().holding())
        assert (believed(town) == "out") == dark
