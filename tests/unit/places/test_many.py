"""Many names at once have the forms that each has alone, and are given them once."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.contracts.base import Extent
from services.places import forms, normal
from services.places.extents import common, minus, not_covered, prepare, says_nothing, union
from services.places.many import AT_ONCE, ESCAPE, LEAST, MARK, NAME_BYTES, Forms
from services.places.names import made
from services.restorer.domain.callers.reports import PlaceNames
from tests.kits.place_pairs import ONE, TWO

NAMES = st.text(max_size=12) | st.text("10 千伏安kVⅠⅡiIxX②½½\u200b（(—-、,'’́\u1100\u1161ß", max_size=12)
LISTS = st.lists(NAMES, min_size=LEAST, max_size=3 * LEAST)


@given(LISTS)
@example(["a"] * LEAST + [f"b{MARK}c", "ä"])
@example(["a"] * LEAST + [f"{ESCAPE}]", "title", "ä"])
@example([*map(chr, range(0x2460, 0x2490)), *map(chr, range(0x300, 0x340)), "Ⅱ Ⅳ", "1 2", "ii v3"])
def test_many_names_have_the_forms_that_each_has_alone(names: list[str]) -> None:
    assert forms(names) == tuple(map(normal, names))


def test_the_pairs_that_are_one_place_or_two_are_so_among_many() -> None:
    names = [name for pair in (*ONE, *TWO) for name in pair]
    assert len(names) >= LEAST
    assert forms(names) == tuple(map(normal, names))


@pytest.mark.parametrize("name", ["USAGE-point  {} 千伏", "usage-point-{}", "10千伏城东{}线 Ⅱ"])
def test_places_are_given_their_form_once_however_often_they_are_compared(name: str) -> None:
    names = tuple(name.format(number) for number in range(5_000))
    whole, part = Extent(usage_points=names), Extent(usage_points=names[:2_000])
    before = made()
    for _ in range(3):
        left = minus(whole, part)
        assert len(left.usage_points) == 3_000
        assert len(minus(left, part).usage_points) == 3_000
        assert common(left, whole).usage_points == left.usage_points
        assert not_covered(part, left) == left.usage_points
        assert len(union([whole, left]).usage_points) == 5_000
        assert not says_nothing(left)
    assert made() - before == 7_000, "the names of both as they came; what follows from them is known"


def test_between_two_steps_of_preparing_only_so_many_names_are_given_a_form() -> None:
    names = tuple(f"PREPARED {number}" for number in range(3 * AT_ONCE + 1))
    given: list[int] = []
    kept = Forms(lambda some: given.append(len(some)) or tuple(map(normal, some)))  # type: ignore[func-returns-value]
    assert len(list(kept.prepared(names))) == 4
    assert given == [AT_ONCE, AT_ONCE, AT_ONCE, 1]
    assert kept.of(names).forms == tuple(map(normal, names))
    assert list(kept.prepared(names)) == []
    assert len(given) == 4, "nobody makes them again"


def test_all_extents_in_a_value_are_prepared() -> None:
    names = tuple(f"DEEP {number}" for number in range(AT_ONCE + 1))
    deep = {Extent(lines=names): "cause", "other": (Extent(areas=names[1:] + names[:1]), {"x": 1})}
    for _ in prepare(deep):
        pass
    before = made()
    minus(Extent(lines=names), Extent(lines=names))
    forms(names[1:] + names[:1])
    assert made() == before


def test_no_more_forms_are_remembered_than_the_bound_in_bytes_but_for_the_last() -> None:
    kept = Forms(tuple, limit=3 * 40 * (NAME_BYTES + 3))
    lists = [tuple(f"{letter}{number}" for number in range(10, 50)) for letter in "abcd"]
    for names in lists:
        kept.of(names)
    assert kept.made == 160
    kept.of(lists[3])
    kept.of(lists[1])
    assert kept.made == 160
    kept.of(lists[0])
    assert kept.made == 200


@given(st.lists(NAMES, max_size=60), st.lists(NAMES, max_size=60))
def test_reports_know_the_same_places_whether_their_names_come_together_or_one_by_one(
    first: list[str], then: list[str]
) -> None:
    one = together = PlaceNames()
    for some in (first, then):
        together = together.add_all(tuple(some))
        for name in some:
            one = one.add(name)
    assert together == one
    assert forms(together.all()) == tuple(map(normal, one.all()))
