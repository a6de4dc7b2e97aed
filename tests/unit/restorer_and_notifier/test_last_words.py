"""Of an end that is said, taken back and said again the restorer's last word counts, whenever and by whatever clock it comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import msgspec
import pytest

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from schemas.contracts.restorations import RestorationConfirmed, RestorationRefused
from services.notifier.domain.outage.learning import TAKEN_BACK
from services.plausibility import question_of
from tests.kits.deciders.both import SAID, WARDS, Both
from tests.kits.deciders.notifier import City, confirmed, customer
from tests.kits.deciders.notifier import at as on_day
from tests.kits.deciders.notifier import started as city_started
from tests.kits.deciders.restorer import (
    Outage,
    at,
    extent_changed,
    part,
    points,
    restored,
    started,
)


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
