"""Shapes are land: held to sets of squares of a map, which need no geometry to be added up."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.base import Extent, MultiPolygon, Polygon, Position, Shape
from schemas.shapes import check_shape
from services.places import extents, shapes

WEST, SOUTH, STEP = 114.4, 23.0, 0.001
Square = tuple[int, int]
SQUARES = st.frozensets(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=20)
MAP = [(x, y) for x in range(7) for y in range(7)]


def square(at: Square, west: float = WEST, south: float = SOUTH) -> Polygon:
    x, y = west + at[0] * STEP, south + at[1] * STEP
    return Polygon(coordinates=(((x, y), (x + STEP, y), (x + STEP, y + STEP), (x, y + STEP), (x, y)),))


def land(squares: Iterable[Square], west: float = WEST, south: float = SOUTH) -> Shape:
    found = shapes.union(square(one, west, south) for one in sorted(squares))
    assert found is not None
    return found


def middle(at: Square, west: float = WEST, south: float = SOUTH) -> Position:
    return Position(longitude=west + (at[0] + 0.5) * STEP, latitude=south + (at[1] + 0.5) * STEP)


def squares_of(shape: Shape | None) -> frozenset[Square]:
    """The squares whose middle lies inside."""
    named = {f"{x} {y}": middle((x, y)) for x, y in MAP}
    found = shapes.covered(shape, named) if shape is not None else ()
    return frozenset((int(name[0]), int(name[2])) for name in found)


@given(SQUARES)
def test_a_place_lies_inside_where_its_square_of_the_map_does(squares: frozenset[Square]) -> None:
    shape = land(squares)
    assert squares_of(shape) == squares
    assert all(shapes.covers(shape, middle(one)) == (one in squares) for one in MAP)
    check_shape(shape, "shape")


@given(SQUARES, SQUARES)
def test_sums_with_shapes_are_those_with_squares(one: frozenset[Square], other: frozenset[Square]) -> None:
    first, second = land(one), land(other)
    assert squares_of(shapes.minus(first, second)) == one - other
    assert (shapes.minus(first, second) is None) == (one <= other) == shapes.inside(first, second)
    assert squares_of(shapes.common(first, second)) == one & other
    assert (shapes.common(first, second) is None) == one.isdisjoint(other)
    assert squares_of(shapes.union([first, second])) == one | other
    assert shapes.same(first, second) == (one == other)
    for found in (shapes.minus(first, second), shapes.common(first, second), shapes.union([first, second])):
        if found is not None:
            check_shape(found, "shape")


@given(SQUARES, st.sampled_from([(-122.1, 52.2), (0.0, 0.0), (-70.9, -33.4), (178.5, -17.8)]))
def test_it_is_the_same_anywhere_on_the_earth(squares: frozenset[Square], where: tuple[float, float]) -> None:
    shape = land(squares, *where)
    assert {one for one in MAP if shapes.covers(shape, middle(one, *where))} == squares


@given(SQUARES)
def test_outside_of_its_boxes_nothing_of_a_shape_lies(squares: frozenset[Square]) -> None:
    boxed = shapes.boxes(land(squares))
    for one in squares:
        at = middle(one)
        assert any(box.west <= at.longitude <= box.east and box.south <= at.latitude <= box.north for box in boxed)


def test_whoever_is_on_the_border_is_inside() -> None:
    assert shapes.covers(square((0, 0)), Position(longitude=WEST, latitude=SOUTH + STEP / 2))
    assert shapes.covers(square((0, 0)), Position(longitude=WEST, latitude=SOUTH))


def test_in_a_hole_nobody_is_without_power() -> None:
    ring = land((x, y) for x in range(3) for y in range(3) if (x, y) != (1, 1))
    assert isinstance(ring, Polygon)
    assert len(ring.coordinates) == 2
    assert not shapes.covers(ring, middle((1, 1)))


def test_two_who_drew_one_line_differ_by_nothing() -> None:
    drawn = square((0, 0))
    again = Polygon(coordinates=tuple(tuple((x + 3e-7, y - 3e-7) for x, y in ring) for ring in drawn.coordinates))
    assert shapes.minus(drawn, again) is None
    assert shapes.common(square((0, 0)), square((1, 0))) is None


def test_a_shape_of_a_log_that_nobody_checked_is_read_all_the_same() -> None:
    bow = Polygon(coordinates=(((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)),))
    assert shapes.covers(bow, Position(longitude=0.9, latitude=0.5))
    assert isinstance(shapes.minus(bow, square((0, 0))), MultiPolygon)


TOWN = "Kamloops"


@pytest.mark.parametrize("areas", [(TOWN,), ()])
@given(whole=SQUARES, part=SQUARES)
def test_of_land_that_both_name_the_shape_says_what_is_left(
    areas: tuple[str, ...], whole: frozenset[Square], part: frozenset[Square]
) -> None:
    one, other = Extent(areas=areas, shape=land(whole)), Extent(areas=areas, shape=land(part))
    left, both = extents.minus(one, other), extents.common(one, other)
    assert squares_of(left.shape) == whole - part
    assert squares_of(both.shape) == whole & part
    assert left.areas == (areas if whole - part else ())
    assert extents.says_nothing(left) == (whole <= part) == extents.inside(one, other)
    assert extents.says_nothing(both) == whole.isdisjoint(part)
    assert extents.not_covered(other, one) == (() if whole <= part else areas)
    assert extents.same(extents.union([left, both]), one)


def test_without_a_shape_on_both_sides_names_decide() -> None:
    town, drawn = Extent(areas=(TOWN,)), Extent(areas=(TOWN,), shape=square((0, 0)))
    assert extents.says_nothing(extents.minus(drawn, town))
    assert extents.common(town, drawn).shape == drawn.shape
    assert extents.inside(drawn, town)
    assert not extents.inside(Extent(shape=square((0, 0))), town)


def test_a_part_of_a_town_takes_nothing_off_the_town() -> None:
    town, drawn = Extent(areas=(TOWN,)), Extent(areas=(TOWN,), shape=square((0, 0)))
    assert extents.minus(town, drawn) == town


def test_a_line_stays_out_though_land_is_back() -> None:
    whole = Extent(lines=("L1",), areas=(TOWN,), shape=square((0, 0)))
    left = extents.minus(whole, Extent(shape=square((0, 0))))
    assert (left.lines, left.areas, left.shape) == (("L1",), (), None)
    assert extents.says_nothing(extents.minus(whole, Extent(lines=("L1",), areas=(TOWN,))))


def test_land_of_one_does_not_cut_out_the_place_of_another() -> None:
    drawn, other = Extent(areas=(TOWN,), shape=square((0, 0))), Extent(areas=("Merritt",))
    assert extents.union([drawn, other]) == Extent(areas=(TOWN, "Merritt"))
    assert extents.union([drawn, Extent()]).shape == drawn.shape
