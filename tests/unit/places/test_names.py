"""One notion of a name: how it is written makes no other place, what it says does."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.places import distinct, normal, normals
from tests.kits.place_pairs import ONE, TWO

NAMES = st.text(max_size=30) | st.text("10 千伏kVⅠⅡiI②½½\u200b（(—-、,'’́", max_size=12)


@pytest.mark.parametrize(("one", "other"), ONE)
def test_two_ways_to_write_one_place_are_one_name(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(("one", "other"), TWO)
def test_names_of_two_places_are_two(one: str, other: str) -> None:
    assert normal(one) != normal(other)


@given(NAMES)
@example("1½").via("a fraction")
@example("a \u0301")
def test_the_normal_form_of_a_normal_form_is_itself(name: str) -> None:
    assert normal(normal(name)) == normal(name)


@given(NAMES, st.sampled_from("\u200b\ufeff\u202a\u00ad\u2060\u0000"), st.integers(0, 30))
def test_a_character_that_nobody_sees_makes_no_other_place(name: str, hidden: str, where: int) -> None:
    assert normal(name[:where] + hidden + name[where:]) == normal(name)


@given(st.lists(NAMES, max_size=8))
def test_each_place_is_kept_once_as_it_was_first_written(names: list[str]) -> None:
    kept = distinct(names)
    assert len(kept) == len(normals(kept)) == len(normals(names))
    assert set(kept) <= set(names)
    assert all(normal(name) not in normals(names[: names.index(name)]) for name in kept)


@pytest.mark.parametrize(
    "blank", ["", " ", "\u3000", "\u200b", "\ufeff\u00a0", "\u202a\u202c", "\u2800", "\u3164", "\t\n"]
)
def test_a_name_that_shows_nothing_names_nothing(blank: str) -> None:
    assert normal(blank) == ""
    assert normals([blank]) == frozenset()
