"""What one telephone has room for in an hour: the last place is kept, and whoever finds none hears when there is one."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.handset.caps import FULL, SPENT, WITHIN, PlacelessText, ReadyText, places
from tests.kits.deciders.notifier import MINUTE, at

NOW = at(5, 9)


def ago(*minutes: int) -> list[datetime]:
    return sorted(NOW - minute * MINUTE for minute in minutes)


def test_there_is_room_for_all_but_the_last() -> None:
    ready = [ReadyText(name, keeps_last=False) for name in "abcd"]
    go, none = places(ready, [], NOW, 4)
    assert go == ["a", "b", "c"]
    assert none == [PlacelessText("d", NOW + WITHIN, FULL)]


def test_the_last_place_is_kept_for_words_that_change_what_somebody_does() -> None:
    went = ago(50, 40, 30)
    go, none = places([ReadyText("time", keeps_last=False), ReadyText("back", keeps_last=True)], went, NOW, 4)
    assert go == ["back"]
    assert none == [PlacelessText("time", went[0] + WITHIN, FULL)]


def test_once_that_is_taken_nothing_goes_and_each_hears_when_there_is_room_for_it() -> None:
    went = ago(55, 40, 30, 20)
    ready = [ReadyText("back", keeps_last=True), ReadyText("time", keeps_last=False)]
    go, none = places(ready, went, NOW, 4)
    assert go == []
    assert none == [PlacelessText("back", went[0] + WITHIN, SPENT), PlacelessText("time", went[1] + WITHIN, SPENT)]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60),
    st.integers(4, 12),
)
def test_whatever_comes_no_hour_holds_more_and_whoever_waits_as_told_finds_room(
    story: list[tuple[int, bool]], most: int
) -> None:
    now = NOW
    all_of_it: list[datetime] = []
    for number, (minutes, keeps_last) in enumerate(story):
        now += minutes * MINUTE
        went = [one for one in all_of_it if one > now - WITHIN]
        text = ReadyText(str(number), keeps_last)
        go, none = places([text], went, now, most)
        assert len(go) + len(none) == 1
        all_of_it += [now] * len(go)
        for one in none:
            assert now < one.until <= now + WITHIN
            later = [at_ for at_ in all_of_it if at_ > one.until - WITHIN]
            assert places([text], later, one.until, most)[0] == [text.message_id]
    for first in all_of_it:
        assert sum(first <= one < first + timedelta(hours=1) for one in all_of_it) <= most
