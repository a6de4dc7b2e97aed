"""Who is touched: by point, line, transformer or area, however the name is written."""

from typing import Any

import pytest
from msgspec import structs

from schemas.contracts.base import Extent, Polygon, Position
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.dispatch import ExtentChanged
from services.concerned.matching import CustomerExtent, Match, match, named_back, names, said_back, sql_arrays
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


# --- shapes

HOUSES = Polygon(coordinates=(((114.40, 23.08), (114.41, 23.08), (114.41, 23.09), (114.40, 23.09), (114.40, 23.08)),))
THERE, ELSEWHERE = Position(longitude=114.405, latitude=23.085), Position(longitude=114.45, latitude=23.085)
TOWN = Extent(areas=("东江市",), shape=HOUSES)


def at_home(position: Position | None = None, **places: Any) -> CustomerUpserted:
    return customer(**{"lines": (), "areas": ("东江市",), **places}, position=position)


@pytest.mark.parametrize(
    ("one", "by"),
    [
        (at_home(THERE), ("shape:inside",)),
        (at_home(ELSEWHERE), None),
        (at_home(), ("area:东江市",)),
        (at_home(THERE, areas=()), ("shape:inside",)),
        (at_home(THERE, areas=("another town",)), ("shape:inside",)),
    ],
    ids=["inside", "outside", "nobody knows where", "of no town", "of another town"],
)
def test_a_shape_decides_of_whom_it_is_known_where_they_are_and_the_town_of_whom_it_is_not(
    one: CustomerUpserted, by: tuple[str, ...] | None
) -> None:
    assert [found.matched_by for found in match(TOWN, [one])] == ([by] if by else [])


def test_an_outage_without_a_shape_is_told_in_the_whole_town() -> None:
    everybody = [at_home(THERE), at_home(ELSEWHERE), at_home()]
    assert len(match(Extent(areas=("东江市",)), everybody)) == 3


@pytest.mark.parametrize("position", [THERE, ELSEWHERE, None])
@pytest.mark.parametrize(
    ("kind", "name"), [("lines", "10千伏城东线"), ("transformers", "中山路公变"), ("usage_points", "UP-1")]
)
def test_whoever_is_named_by_an_element_is_told_wherever_they_are(
    position: Position | None, kind: str, name: str
) -> None:
    extent = structs.replace(TOWN, **{kind: (name,)})
    assert len(match(extent, [at_home(position, **{kind: (name,)})])) == 1


def test_inside_of_the_shape_somebody_on_another_line_than_the_one_named_has_power() -> None:
    extent = structs.replace(TOWN, lines=("10千伏城东线",))
    assert match(extent, [at_home(THERE, lines=("10千伏江滨线",))]) == ()
    assert len(match(extent, [at_home(THERE, transformers=("中山路公变",))])) == 1


def test_where_a_usage_point_is_by_the_network_model_outranks_the_town() -> None:
    shop = at_home(usage_points=("UP-1",))
    assert match(TOWN, [shop], placed={"hospital"}) == ()
    assert len(match(TOWN, [shop], meant={("usagePoint", "up-1")}, placed={"hospital"})) == 1


def test_a_transformer_that_is_only_somewhere_in_the_town_says_nothing_of_whom_it_is_known_where_they_are() -> None:
    found = {("transformer", "中山路公变")}
    assert match(TOWN, [at_home(ELSEWHERE, transformers=("中山路公变",))], meant=found, lying=found) == ()
    assert len(match(TOWN, [at_home(transformers=("中山路公变",))], meant=found, lying=found)) == 1


def test_a_part_said_to_be_back_by_its_town_or_shape_is_claimed_for_those_inside() -> None:
    concern = CustomerExtent(TOWN, claimed=Extent(areas=("东江市",)))
    assert concern.is_claimed(("shape:inside",))
    assert not CustomerExtent(TOWN, claimed=Extent(lines=("L",))).is_claimed(("shape:inside",))


def test_what_a_customer_hears_names_the_town_and_holds_no_shape() -> None:
    heard = CustomerExtent(TOWN).of(("shape:inside",))
    assert (heard.areas, heard.shape) == (("东江市",), None)


def test_a_shape_that_is_drawn_closer_takes_those_off_who_are_outside_now() -> None:
    city = City(at(5, 9, 14), at_home(ELSEWHERE))
    city.hears(started(extent=Extent(areas=("东江市",))))
    assert city.tables.members["F1"]["hospital"].touched
    city.hears(ExtentChanged(mrid="F1", changed_at=at(5, 9, 20), extent=TOWN))
    assert city.tables.members["F1"]["hospital"].touched is False, "and nobody says that power is back there"


# --- what dispatch names as back

LEFT = Extent(lines=("10千伏城东线",), areas=("中山路一带",))
UP_1, UP_2 = Extent(usage_points=("UP-1",)), ("usagePoint", "up-2")


@pytest.mark.parametrize("nearer", [UP_1, Extent(transformers=("中山路公变",))], ids=["point", "transformer"])
def test_whose_place_was_named_as_back_is_touched_no_more_by_what_is_less_near(nearer: Extent) -> None:
    """Whether a network model has the place or not."""
    assert len(match(LEFT, [HOSPITAL])) == 1
    assert match(LEFT, [HOSPITAL], back=named_back(LEFT, nearer)) == ()


def test_a_line_that_was_named_as_back_outranks_the_area_and_not_the_transformer() -> None:
    left = Extent(areas=("中山路一带",))
    line = Extent(lines=("10千伏城东线",))
    assert match(left, [HOSPITAL], back=named_back(left, line)) == ()
    left = structs.replace(left, transformers=("中山路公变",))
    assert [one.matched_by for one in match(left, [HOSPITAL], back=named_back(left, line))] == [
        ("transformer:中山路公变",)
    ]


def test_what_is_named_as_off_is_off_though_a_step_named_it_as_back() -> None:
    off = structs.replace(LEFT, usage_points=("up-1",))
    assert named_back(off, UP_1) == ()
    assert len(match(off, [HOSPITAL], back=named_back(off, UP_1))) == 1


def test_an_area_or_a_shape_that_is_back_says_nothing_of_a_line_that_is_named() -> None:
    assert named_back(LEFT, Extent(areas=("中山路一带",), shape=HOUSES)) == ()


def test_that_one_of_two_points_is_back_says_nothing_of_the_other() -> None:
    two = customer(lines=("10千伏城东线",), areas=(), usage_points=("UP-1", "UP-2"))
    back = named_back(LEFT, UP_1)
    assert len(match(LEFT, [two], back=back)) == 1
    assert match(LEFT, [two], back=named_back(LEFT, Extent(usage_points=("UP-2", "UP-1")))) == ()
    assert match(LEFT, [two], back=back, known={UP_2}) == (), "the model has it, and not on what is off"
    off = match(LEFT, [two], back=back, meant={UP_2}, known={UP_2})
    assert [one.matched_by for one in off] == [("usagePoint:up-2",)]


# --- said to be back, and not proven ---------------------------------------------------------------------------------

ALL_KINDS = ("area:a", "line:l", "transformer:t", "usagePoint:u")


@pytest.mark.parametrize(
    ("touched_by", "said_at", "unsaid", "holds"),
    [
        (ALL_KINDS, ("usagePoint:u",), (), True),
        (("line:l",), ("usagePoint:u",), (), True),
        (("area:a", "line:l"), ("transformer:t",), (), True),
        (("area:a",), ("line:l",), (), True),
        (ALL_KINDS, ("transformer:t",), (), False),
        (ALL_KINDS, ("line:l",), (), False),
        (("line:l", "usagePoint:v"), ("usagePoint:u",), (), False),
        (("line:l",), ("usagePoint:u",), ("usagePoint",), False),
        (("line:l", "usagePoint:u"), (), (), False),
        ((), ("usagePoint:u",), (), False),
    ],
)
def test_a_place_that_is_said_to_be_back_speaks_for_what_feeds_it_and_not_for_what_hangs_on_it(
    touched_by: tuple[str, ...], said_at: tuple[str, ...], unsaid: tuple[str, ...], holds: bool
) -> None:
    assert CustomerExtent(Extent()).is_claimed(touched_by, said_at, unsaid) is holds


def test_power_that_is_said_to_have_come_as_far_as_a_line_is_not_back_at_what_is_named_below_it() -> None:
    off, claimed = Extent(lines=("L",), transformers=("T",)), Extent(lines=("L",))
    assert said_back(off, claimed, [("transformer", "t"), ("usagePoint", "u")]) == {("line", "l"), ("usagePoint", "u")}
