"""Whom a shape touches, as the hotline is told: what the notifier goes by, of one customer."""

import pytest

from operations.lookup.supplies import counted
from schemas.contracts.base import Extent, Polygon, Position
from services.concerned.matching import match, pairs
from tests.kits.deciders.notifier import customer

HOUSES = Polygon(coordinates=(((114.40, 23.08), (114.41, 23.08), (114.41, 23.09), (114.40, 23.09), (114.40, 23.08)),))
THERE, ELSEWHERE = Position(longitude=114.405, latitude=23.085), Position(longitude=114.45, latitude=23.085)
TOWN = Extent(areas=("东江市",), shape=HOUSES)


@pytest.mark.parametrize(
    ("position", "by"),
    [(THERE, {("shape", "inside")}), (ELSEWHERE, set()), (None, {("area", "东江市")})],
    ids=["inside", "outside", "nobody knows where"],
)
def test_the_hotline_is_told_of_the_outages_that_the_notifier_tells_of(
    position: Position | None, by: set[tuple[str, str]]
) -> None:
    one = customer(lines=(), areas=("东江市",), position=position)
    found = counted(frozenset(pairs(one)) & frozenset(pairs(TOWN)), TOWN, [one])
    assert found == by
    assert bool(found) == bool(match(TOWN, [one]))
