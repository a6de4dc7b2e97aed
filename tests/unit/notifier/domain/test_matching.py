"""Who is touched: by point, line, transformer or area, however the name is written."""

import pytest

from schemas.contracts.base import Extent
from services.notifier.domain.matching import Match, match, names, sql_arrays
from tests.kits.deciders.notifier import City, at, customer, started
from tests.kits.place_pairs import ONE, TWO

HOSPITAL = customer(
    lines=("10千伏城东线",), areas=("中山路一带",), usage_points=("UP-1",), transformers=("中山路公变",)
)


@pytest.mark.parametrize(
    ("extent", "by"),
    [
        (Extent(usage_points=("UP-1",)), "usagePoint:up-1"),
        (Extent(lines=("10千伏城东线",)), "line:10kv城东线"),
        (Extent(transformers=("中山路公变",)), "transformer:中山路公变"),
        (Extent(areas=("中山路一带",)), "area:中山路一带"),
        (Extent(lines=("10千伏 城东线 ",)), "line:10kv城东线"),
        (Extent(usage_points=("up-1",)), "usagePoint:up-1"),
    ],
)
def test_each_kind_of_name_finds_the_hospital(extent: Extent, by: str) -> None:
    assert match(extent, [HOSPITAL]) == (Match("hospital", (by,)),)


def test_a_name_of_another_kind_finds_nobody() -> None:
    assert match(Extent(areas=("10千伏城东线",)), [HOSPITAL]) == ()
    assert match(Extent(), [HOSPITAL]) == ()
    assert match(Extent(lines=("  ",)), [customer(lines=(" ",))]) == ()


def test_all_ways_in_which_one_is_touched_are_named() -> None:
    extent = Extent(lines=("10千伏城东线",), areas=("中山路一带",))
    assert match(extent, [HOSPITAL])[0].matched_by == ("area:中山路一带", "line:10kv城东线")


@pytest.mark.parametrize(("one", "other"), ONE)
def test_a_customer_is_found_whichever_way_the_name_of_the_place_is_written(one: str, other: str) -> None:
    for kind in ("lines", "areas", "transformers", "usage_points"):
        there = customer(**{"lines": (), "areas": (), kind: (one,)})
        assert len(match(Extent(**{kind: (other,)}), [there])) == 1


@pytest.mark.parametrize(("one", "other"), TWO)
def test_a_customer_of_another_place_is_not_found(one: str, other: str) -> None:
    assert match(Extent(lines=(one,)), [customer(lines=(other,), areas=())]) == ()


def test_the_database_is_asked_with_kinds_and_values_side_by_side() -> None:
    kinds, values = sql_arrays(Extent(lines=("B", "A"), areas=("c",)))
    assert list(zip(kinds, values, strict=True)) == [("line", "a"), ("line", "b"), ("area", "c")]
    assert names(HOSPITAL)["line"] == {"10kv城东线"}


def test_whoever_the_registry_adds_during_an_outage_is_told_with_its_whole_truth() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.hears(customer("school"))
    assert city.reached("school") == ["fault"]
    assert city.reached("hospital") == ["fault"]
    assert city.refresh("F1", "school", 99).reason == "nothing-changes-for-customer"
