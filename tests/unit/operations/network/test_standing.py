"""What an element hangs on and what hangs on it, as switches now stand, and how many customers that are."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from operations.network.standing import customers_served, elements_called, standing
from schemas.contracts.network import NetworkElement, SwitchState
from services.places.topology import NetworkModel, above
from tests.kits.network.models import by, element, models

TIE = by("L2", "tie", normally="open")


def serving(one: NetworkElement, customers: int) -> NetworkElement:
    return replace(one, customers_served=customers)


ELEMENTS = [
    element("A", "area", name="中山路一带"),
    element("SS", "substation", name="东江变电站"),
    element("L1", "line", by("SS", "s1"), name="10千伏城东线", names={"en": "East line"}),
    element("L2", "line", "SS", name="10千伏工业线"),
    serving(element("T1", "transformer", "L1", areas=("A",)), 510),
    serving(element("T2", "transformer", "L1", TIE), 85),
    serving(element("P1", "usagePoint", "T1"), 1),
    serving(element("P3", "usagePoint", "L1"), 1),
]


def network(**switches: SwitchState) -> NetworkModel:
    return NetworkModel(ELEMENTS, switches)


def test_what_feeds_it_is_told_nearest_first_and_what_it_feeds_too() -> None:
    one = standing(network(), "T1")
    assert [source.element_id for source in one.fed_by] == ["L1", "SS"]
    assert [fed.element_id for fed in one.feeds] == ["P1"]
    assert [fed.element_id for fed in standing(network(), "L1").feeds] == ["P3", "T1", "T2", "P1"]


def test_ways_are_told_with_whether_power_comes_that_way() -> None:
    assert [(feed.element_id, comes) for feed, comes in standing(network(), "T2").ways] == [("L1", True), ("L2", False)]
    turned = network(tie="closed", s1="open")
    assert [(feed.element_id, comes) for feed, comes in standing(turned, "T2").ways] == [("L1", False), ("L2", True)]
    assert [source.element_id for source in standing(turned, "T2").fed_by] == ["L2", "SS"]


def test_of_two_that_can_feed_each_other_the_nearer_one_feeds() -> None:
    pair = NetworkModel([*ELEMENTS, element("a", "section", "L1", "b"), element("b", "section", "a")])
    assert [(feed.element_id, comes) for feed, comes in standing(pair, "a").ways] == [("L1", True), ("b", False)]


def test_an_element_that_no_way_leads_to_is_said_to_be_without_power() -> None:
    assert standing(network(), "L1").powered
    assert not standing(network(s1="open"), "L1").powered


def test_what_has_another_way_is_not_dark_without_it() -> None:
    one = standing(network(tie="closed"), "L1")
    assert "T2" in [fed.element_id for fed in one.feeds]
    assert one.dark == len(one.feeds) - 1


def test_an_area_feeds_nothing_and_has_in_it_what_lies_there() -> None:
    one = standing(network(), "A")
    assert ([fed.element_id for fed in one.feeds], one.dark, one.customers) == (["T1", "P1"], 0, 510)


def test_a_customer_is_counted_once_by_the_transformer_where_that_has_a_figure() -> None:
    assert standing(network(), "L1").customers == 510 + 85 + 1
    assert standing(network(), "P1").customers == 1
    assert standing(network(), "SS").customers == 596
    assert standing(network(), "L2").customers is None


def test_elements_are_found_by_id_and_by_every_name_however_it_is_written() -> None:
    for name in ("L1", "l1", "10kV城东线", "east LINE"):
        assert elements_called(network(), name) == ("L1",)
    two = NetworkModel([*ELEMENTS, element("X", "area", name="10千伏城东线")])
    assert set(elements_called(two, "10千伏城东线")) == {"L1", "X"}
    assert elements_called(network(), "L9") == ()


@given(models(), st.data())
def test_of_figures_that_lie_one_behind_the_other_the_first_counts(model: NetworkModel, data: st.DataObject) -> None:
    figures = {one: data.draw(st.integers(1, 9)) for one in model.elements if data.draw(st.booleans())}
    counted = NetworkModel(
        [serving(one, figures[name]) if name in figures else one for name, one in model.elements.items()]
    )
    first = {one for one in figures if above(counted, [one]) & figures.keys() == {one}}
    expected = sum(figures[one] for one in first) if figures else None
    assert customers_served(counted, counted.elements.keys()) == expected
