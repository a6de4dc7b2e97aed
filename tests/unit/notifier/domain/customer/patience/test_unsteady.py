"""Supply that goes off and comes back again and again is told three times an hour at most; what was taken back is none of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from schemas.contracts.restorations import RestorationRefused
from services.notifier.domain.outage.learning import TAKEN_BACK
from services.policy.model import Telling
from tests.kits.deciders.notifier import HOUR, MINUTE, WHERE, City, at, confirmed, customer, no_outage, started

SECOND = timedelta(seconds=1)
USUAL = Telling()
ELSEWHERE = Extent(lines=("another line",))


def city(**profile: Any) -> City:
    return City(at(5, 9), customer(**profile), telling=USUAL)


def off(town: City, number: int = 0) -> None:
    if number:
        town.hears(dispatch.OutageReopened(mrid="F1", reopened_at=town.now))
    else:
        town.hears(started("F1", town.now))


def back(town: City) -> None:
    town.hears(confirmed(town.now))


def unstable(town: City) -> list[datetime]:
    """When they were told that supply is unstable."""
    return [text.said_at for text in town.texts("hospital", "accepted") if text.meant.steady_minutes is not None]


def said(town: City) -> list[datetime]:
    return [text.said_at for text in town.texts("hospital", "accepted", "delivered")]


def test_off_back_and_off_again_within_half_an_hour_is_the_third_text_and_then_it_is_quiet_until_it_is_steady() -> None:
    town = city()
    for number in range(8):
        off(town, number)
        town.moves_to(town.now + 4 * MINUTE)
        back(town)
        town.moves_to(town.now + 4 * MINUTE)
    assert town.reached() == ["fault-time-unknown", "restored", "reopened"]
    assert len(unstable(town)) == 1
    town.moves_to(town.now + 12 * MINUTE)
    assert town.reached()[3:] == ["restored"], "steady for a quarter of an hour: the present truth"


def test_lights_that_flicker_twice_within_seconds_are_called_unstable_once_though_nothing_was_told_before() -> None:
    town = city()
    town.accept = False
    for number in range(2):
        off(town, number)
        town.moves_to(town.now + 6 * SECOND)
        back(town)
        town.moves_to(town.now + 5 * SECOND)
    (only,) = town.texts("hospital", "requested")
    assert only.meant.steady_minutes == 15
    assert only.said_at == at(5, 9) + 11 * SECOND + USUAL.group_wait
    town.accept = True
    town.accepts()
    town.moves_to(town.now + 10 * MINUTE)
    assert town.reached() == ["reopened"], "then quiet"
    town.moves_to(town.now + 6 * MINUTE)
    assert town.reached() == ["reopened", "restored"]


def test_one_cut_and_another_an_hour_later_are_two_cuts() -> None:
    town = city()
    for number in range(2):
        off(town, number)
        town.moves_to(town.now + 20 * MINUTE)
        back(town)
        town.moves_to(town.now + 40 * MINUTE)
    assert unstable(town) == []
    assert town.reached() == ["fault-time-unknown", "restored", "reopened", "restored"]


def test_a_correction_that_is_followed_by_an_outage_is_no_change_of_the_supply() -> None:
    town = city()
    off(town)
    town.moves_to(town.now + 3 * MINUTE)
    town.hears(no_outage(town.now))
    town.moves_to(town.now + 3 * MINUTE)
    town.hears(started("F2", town.now))
    town.moves_to(town.now + 3 * MINUTE)
    town.hears(confirmed(town.now, mrid="F2"))
    town.moves_to(town.now + 3 * MINUTE)
    assert unstable(town) == []
    assert town.reached() == ["fault-time-unknown", "correction", "fault-time-unknown", "restored"]


def test_an_extent_said_to_and_fro_is_no_change_of_the_supply() -> None:
    town = city()
    off(town)
    for number in range(3):
        town.moves_to(town.now + 3 * MINUTE)
        where = WHERE if number % 2 else ELSEWHERE
        town.hears(dispatch.ExtentChanged(mrid="F1", changed_at=town.now, extent=where))
    assert town.of().off_ons == ()
    assert unstable(town) == []


def test_a_restoration_that_was_none_is_admitted_and_is_no_change_of_the_supply() -> None:
    town = city()
    off(town)
    town.moves_to(town.now + 5 * MINUTE)
    back(town)
    town.moves_to(town.now + 5 * MINUTE)
    town.hears(
        RestorationRefused(mrid="F1", claimed_at=at(5, 9, 5), reason=TAKEN_BACK, decided_at=town.now),
    )
    assert town.requests()[-1].template_id.endswith("taken-back")
    assert town.of().off_ons == ()
    assert town.of().went_off == at(5, 9)


def test_whom_life_support_keeps_alive_hears_of_every_change() -> None:
    town = city(life_support=True)
    for number in range(3):
        off(town, number)
        town.moves_to(town.now + 4 * MINUTE)
        back(town)
        town.moves_to(town.now + 4 * MINUTE)
    assert unstable(town) == []
    assert len(town.reached()) == 6


@pytest.mark.parametrize("importance", ["special", "second"])
@given(phases=st.lists(st.integers(5, 14 * 60), min_size=2, max_size=30))
def test_supply_that_is_never_steady_for_a_quarter_of_an_hour_is_told_three_times_an_hour_at_most(
    importance: str, phases: list[int]
) -> None:
    town = city(importance=importance)
    for number, seconds in enumerate(phases):
        if number % 2:
            back(town)
        else:
            off(town, number)
        town.moves_to(town.now + seconds * SECOND)
    times = said(town)
    assert all(sum(first <= one < first + HOUR for one in times) <= 3 for first in times)
    assert len(unstable(town)) <= 1
    town.moves_to(town.now + HOUR)
    believed = [text for text in town.of().thread("supply") if text.settled][-1:]
    if believed:
        assert believed[0].meant.steady_minutes is None, "and in the end the truth"
        assert (believed[0].meant.believes == "out") == town.of().plight().off
