"""Sums with extents: laws of sets, whatever way each name is written."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.base import Extent
from services.places import extents
from services.places.names import normals
from tests.kits.place_pairs import ONE

WRITTEN = st.sampled_from([name for pair in ONE[:30] for name in pair] + [" ", "\u200b"])
LISTS = st.lists(WRITTEN, max_size=5).map(tuple)
EXTENTS = st.builds(Extent, lines=LISTS, areas=LISTS, transformers=LISTS, usage_points=LISTS)


def places(extent: Extent) -> dict[str, frozenset[str]]:
    """What it means."""
    return {kind: normals(extents.names(extent, kind)) for kind in extents.KINDS}


@given(EXTENTS, EXTENTS)
def test_what_is_taken_away_and_what_is_common_make_up_the_whole(whole: Extent, part: Extent) -> None:
    left, both = extents.minus(whole, part), extents.common(whole, part)
    assert extents.same(extents.union([left, both]), whole)
    assert extents.says_nothing(extents.common(left, part))


@given(EXTENTS, EXTENTS, EXTENTS)
def test_a_union_knows_no_order(one: Extent, other: Extent, third: Extent) -> None:
    every = extents.union([one, other, third])
    assert every == extents.union([third, one, other]) == extents.union([extents.union([other, third]), one])
    assert all(extents.inside(each, every) for each in (one, other, third))
    assert places(every) == {k: places(one)[k] | places(other)[k] | places(third)[k] for k in extents.KINDS}


@given(EXTENTS, EXTENTS)
def test_two_extents_are_the_same_where_each_lies_inside_the_other(one: Extent, other: Extent) -> None:
    assert extents.same(one, other) == (extents.inside(one, other) and extents.inside(other, one))
    assert extents.same(one, one)
    assert extents.inside(extents.common(one, other), one)
    assert extents.same(extents.common(one, other), extents.common(other, one))


@given(EXTENTS)
def test_nothing_is_left_of_an_extent_without_itself(extent: Extent) -> None:
    assert extents.minus(extent, extent).is_empty()
    assert extents.not_covered(extent, extent) == ()
    assert extents.says_nothing(extent) == (extents.union([extent]).is_empty())


@given(EXTENTS, EXTENTS)
def test_names_are_told_as_they_were_written(whole: Extent, part: Extent) -> None:
    for kind in extents.KINDS:
        assert set(extents.names(extents.minus(whole, part), kind)) <= set(extents.names(whole, kind))
        assert set(extents.names(extents.common(whole, part), kind)) <= set(extents.names(whole, kind))


def test_a_word_that_names_no_place_changes_the_count_and_leaves_the_places() -> None:
    known = Extent(lines=("10千伏城东线",), customers_affected=40)
    for silent in (Extent(customers_affected=5), Extent(lines=("\u200b",), customers_affected=5)):
        assert extents.follow(known, silent) == Extent(lines=("10千伏城东线",), customers_affected=5)
    named = Extent(lines=("10kV城西线",))
    assert extents.follow(known, named) == named


def test_brackets_of_another_width_leave_nothing_of_the_line() -> None:
    whole, part = Extent(lines=("10kV城东线（东段）", "10kV城西线")), Extent(lines=("10KV城东线(东段)",))
    assert extents.minus(whole, part).lines == ("10kV城西线",)
    assert extents.common(whole, part).lines == ("10kV城东线（东段）",)
    assert extents.not_covered(part, whole) == ("10kV城西线",)
