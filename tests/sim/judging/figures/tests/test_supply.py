"""The referee of figures of supply counts by hand what is worked out here, and lets no other figure pass."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ExtentChanged, OutageReopened, OutageStarted, OutageWithdrawn, SupplyRestored
from tests.sim.judging.figures.supply import Supply, by_home, by_number, differs

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
HOMES = {"L": ("a", "b", "c"), "T": ("a",), "U": ("b",)}


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def off(at: float, number: int | None = None, mrid: str = "F-1", *lines: str, **more: Any) -> OutageStarted:
    where = Extent(lines=lines, customers_affected=number, **more)
    return OutageStarted(mrid=mrid, outage_class="fault", started_at=minute(at), extent=where)


def grows(at: float, number: int) -> ExtentChanged:
    return ExtentChanged(mrid="F-1", changed_at=minute(at), extent=Extent(customers_affected=number))


def part(at: float, number: int | None) -> SupplyRestored:
    where = Extent(usage_points=("p",), customers_affected=number)
    return SupplyRestored(mrid="F-1", restored_at=minute(at), scope="part", extent=where)


def back(at: float, mrid: str = "F-1") -> SupplyRestored:
    return SupplyRestored(mrid=mrid, restored_at=minute(at))


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ([off(0, 10), back(60)], Supply(10, 600.0)),
        ([off(0, 10), part(20, 4), back(60)], Supply(10, 4 * 20.0 + 6 * 60)),
        ([off(0, 10), part(20, None), back(60)], Supply(10, 600.0)),
        ([off(0, 10), grows(30, 15), back(60)], Supply(15, 10 * 60.0 + 5 * 30)),
        ([off(0), grows(30, 15), back(60)], Supply(15, 15 * 60.0)),
        ([off(0), back(60)], Supply(unknown=1)),
        ([off(0, 10), back(5)], Supply(momentary=10)),
        ([off(0, 10), back(60), OutageReopened(mrid="F-1", reopened_at=minute(90)), back(120)], Supply(20, 900.0)),
        ([off(0, 10), OutageWithdrawn(mrid="F-1", withdrawn_at=minute(9)), back(60)], Supply()),
    ],
    ids=[
        "whole",
        "part",
        "part of nobody knows how many",
        "grown",
        "said later",
        "never said",
        "short",
        "again",
        "none",
    ],
)
def test_by_number(facts: Sequence[Any], wanted: Supply) -> None:
    again = [*facts, *facts]
    Random(1).shuffle(again)
    assert by_number(facts) == by_number(again) == wanted


def of_transformer(name: str, at: float, mrid: str) -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class="fault", started_at=minute(at), extent=Extent(transformers=(name,)))


def test_a_home_that_is_off_under_two_outages_is_off_once() -> None:
    line = [off(0, None, "F-1", "L"), back(60)]
    assert by_home([*line, of_transformer("T", 30, "F-2"), back(90, "F-2")], HOMES) == Supply(3, 2 * 60.0 + 90)
    assert by_home([*line, of_transformer("T", 60, "F-2"), back(90, "F-2")], HOMES) == Supply(3, 2 * 60.0 + 90)
    assert by_home([*line, of_transformer("T", 70, "F-2"), back(90, "F-2")], HOMES) == Supply(4, 3 * 60.0 + 20)


def test_a_part_that_is_back_is_back_for_those_who_hang_on_it() -> None:
    lit = SupplyRestored(mrid="F-1", restored_at=minute(20), scope="part", extent=Extent(transformers=("U",)))
    assert by_home([off(0, None, "F-1", "L"), lit, back(60)], HOMES) == Supply(3, 2 * 60.0 + 20)


@pytest.mark.parametrize(
    "theirs",
    [Supply(9, 600.0), Supply(10, 600.1), Supply(10, 600.0, 1), Supply(10, 600.0, 0, 1)],
    ids=["interrupted", "minutes", "momentary", "unknown"],
)
def test_another_figure_is_found(theirs: Supply) -> None:
    assert not [*differs("outages", Supply(10, 600.0), Supply(10, 600.0))]
    assert len([*differs("outages", Supply(10, 600.0), theirs)]) == 1
