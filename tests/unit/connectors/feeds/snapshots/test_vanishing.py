"""A list that is suddenly empty, or nearly, restores no city before somebody or time says that it is true."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds import bchydro
from connectors.feeds.snapshots import FeedSettings, ListResult, SnapshotFeed
from tests.kits.lists.polled import at, expected, feed, kinds, play, row


def city(count: int, first: int = 1, **changes: Any) -> list[dict[str, Any]]:
    return [row(id=number, **changes) for number in range(first, first + count)]


def restored(taken: list[ListResult]) -> list[str]:
    return [event.key for each in taken for event in each.events if event.type == "supply.restored.v1"]


def test_an_empty_list_after_a_full_one_restores_nobody_however_long_it_lasts() -> None:
    target = feed()
    taken = play(target, (0, city(40)), *((15 * poll, []) for poll in range(1, 200)))
    assert restored(taken) == []
    assert len(target.open_outages()) == 40
    assert taken[1].vanished is not None
    assert (taken[1].vanished.before, taken[1].vanished.listed, len(taken[1].vanished.names)) == (40, 0, 40)
    assert (target.counts["list-good"], target.counts["list-not-believed"]) == (1, 199)


def test_once_a_person_says_that_it_is_true_power_was_back_when_the_list_first_said_so() -> None:
    target = feed()
    play(target, (0, city(6)), (15, []), (30, []))
    assert target.believe()
    (taken,) = play(target, (45, []))
    assert {event.data.restored_at for event in taken.events} == {at(15)}  # type: ignore[union-attr]
    assert len(taken.events) == 6
    assert not target.believe(), "there is no question any more"


def test_a_list_that_fills_again_goes_on_as_if_nothing_had_been() -> None:
    target = feed()
    taken = play(target, (0, city(20)), (15, []), (30, []), (45, city(20)), (60, city(20)))
    assert [event for each in taken[1:] for event in each.events] == []
    assert target.counts["vanished-came-back"] == 1
    assert target.vanished is None


def test_of_those_that_do_not_come_back_with_the_others_the_usual_proof_is_wanted() -> None:
    target = feed()
    *_, last = play(target, (0, city(20)), *((15 * n, []) for n in range(1, 9)), (135, city(18)), (150, city(18)))
    assert last.events == ()
    (proved,) = play(target, (165, city(18)))
    assert sorted(restored([proved])) == ["bchydro-19", "bchydro-20"]
    assert {event.data.restored_at for event in proved.events} == {at(135)}  # type: ignore[union-attr]


def test_a_list_cut_down_to_its_first_page_waits_for_two_hours() -> None:
    target = feed()
    polls = [(15 * poll, city(10)) for poll in range(1, 12)]
    taken = play(target, (0, city(100)), *polls)
    first = next(each for each in taken if restored([each]))
    assert first.at == at(15) + timedelta(hours=2)
    assert len(restored(taken)) == 90
    assert target.counts["vanished-believed-in-time"] == 1


@pytest.mark.parametrize("before", [1, 2])
def test_a_few_outages_may_be_over_at_once(before: int) -> None:
    taken = play(feed(), (0, city(before)), (15, []), (45, []))
    assert len(restored(taken)) == before


def test_work_that_was_to_be_over_by_now_may_be_over_all_at_once() -> None:
    planned = city(30, cause="Planned work being done on our equipment", **expected(at(10)))
    assert len(restored(play(feed(), (0, planned), (15, []), (45, [])))) == 30


def test_half_of_a_large_storm_may_be_over_at_once() -> None:
    assert len(restored(play(feed(), (0, city(100)), (15, city(50)), (45, city(50))))) == 50


def test_the_question_outlives_a_restart() -> None:
    target = feed()
    play(target, (0, city(10)), (15, []))
    again = SnapshotFeed.load(bchydro.SOURCE, target.dump())
    assert again.vanished == target.vanished is not None
    assert restored(play(again, (30, []), (60, []))) == []


def test_what_begins_while_the_question_stands_is_told() -> None:
    taken = play(feed(), (0, city(10)), (15, []), (30, city(1, first=90)))
    assert kinds(taken[2]) == ["outage.started", "fault.reported"]


polls = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 30), st.integers(0, 30)), max_size=15)


@given(polls, st.integers(FeedSettings().vanished_least, 60), st.lists(st.integers(1, 600), min_size=1, max_size=20))
def test_whatever_lists_came_before_no_row_of_empty_ones_restores_a_city(
    before: list[tuple[int, int, int]], count: int, gaps: list[int]
) -> None:
    target, minutes = feed(), 0
    for step, number, first in before:
        minutes += step
        play(target, (minutes, city(number, first=first)))
    minutes += 600
    play(target, (minutes, city(count, first=1000)), (minutes + 1, city(count, first=1000)))
    for gap in gaps:
        minutes += gap + 1
        (taken,) = play(target, (minutes, []))
        assert not {f"bchydro-{1000 + number}" for number in range(count)} & set(restored([taken]))
