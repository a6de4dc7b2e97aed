"""Who is dark without some elements: whoever has no other way, by switches as they stand."""

from hypothesis import given
from hypothesis import strategies as st

from services.places.topology import NetworkModel, above, below, without_power
from tests.kits.network.models import by, element, models, powered

CITY = [
    element("ss", "substation"),
    element("east", "line", "ss"),
    element("west", "line", "ss"),
    element("tr1", "transformer", "east"),
    element("tr2", "transformer", "east", by("west", "tie", normally="open")),
    element("home", "usagePoint", "tr2"),
]


def test_without_a_line_all_is_dark_that_hangs_on_it() -> None:
    assert without_power(NetworkModel(CITY), {"east"}) == {"east", "tr1", "tr2", "home"}


def test_what_a_closed_switch_feeds_from_the_next_line_keeps_its_power() -> None:
    switched = NetworkModel(CITY, {"tie": "closed"})
    assert without_power(switched, {"east"}) == {"east", "tr1"}
    assert without_power(switched, {"east", "west"}) == {"east", "west", "tr1", "tr2", "home"}


def test_a_switch_that_was_closed_again_to_its_normal_state_counts_as_it_stands() -> None:
    assert without_power(NetworkModel(CITY, {"tie": "open"}), {"west"}) == {"west"}


def test_a_ring_that_nothing_feeds_any_more_does_not_feed_itself() -> None:
    ring = NetworkModel([element("ss", "substation"), element("a", "section", "ss", "b"), element("b", "section", "a")])
    assert without_power(ring, {"ss"}) == {"ss", "a", "b"}


def test_an_element_that_the_model_does_not_have_is_dark_by_itself() -> None:
    assert without_power(NetworkModel(CITY), {"elsewhere"}) == {"elsewhere"}


def test_a_source_that_the_model_does_not_have_feeds_nothing() -> None:
    model = NetworkModel([element("a", "line", "gone"), element("b", "section", "a", "gone too")])
    assert without_power(model, {"a"}) == {"a", "b"}


def test_sections_that_can_feed_each_other_are_fed_from_the_side_that_has_power() -> None:
    street = [
        element("west", "substation"),
        element("east", "substation"),
        element("a", "section", by("west", "w"), by("b", "ab")),
        element("b", "section", by("a", "ab"), by("c", "bc")),
        element("c", "section", by("b", "bc"), by("east", "e", normally="open")),
    ]
    normal, turned = NetworkModel(street), NetworkModel(street, {"w": "open", "e": "closed"})
    assert without_power(normal, {"b"}) == {"b", "c"}
    assert without_power(turned, {"b"}) == {"a", "b"}
    assert without_power(NetworkModel(street, {"ab": "open", "e": "closed"}), {"west"}) == {"west", "a"}


def test_above_and_below_follow_closed_switches_only() -> None:
    assert above(NetworkModel(CITY), ["home"]) == {"home", "tr2", "east", "ss"}
    assert below(NetworkModel(CITY), ["west"]) == {"west"}
    assert below(NetworkModel(CITY, {"tie": "closed"}), ["west"]) == {"west", "tr2", "home"}


@given(models(), st.data())
def test_dark_is_what_had_power_and_has_none_from_any_substation(model: NetworkModel, data: st.DataObject) -> None:
    out = data.draw(st.sets(st.sampled_from(sorted(model.elements))))
    assert without_power(model, out) == (powered(model) - powered(model, out)) | out


@given(models(), st.data())
def test_more_elements_out_leave_no_fewer_dark(model: NetworkModel, data: st.DataObject) -> None:
    ids = sorted(model.elements)
    some, more = data.draw(st.sets(st.sampled_from(ids))), data.draw(st.sets(st.sampled_from(ids)))
    assert without_power(model, some) | without_power(model, more) <= without_power(model, some | more)


@given(models(radial=True), st.data())
def test_where_each_element_has_one_way_a_part_and_the_rest_make_the_whole(
    model: NetworkModel, data: st.DataObject
) -> None:
    whole = data.draw(st.sets(st.sampled_from(sorted(model.elements)), min_size=1))
    part = data.draw(st.sets(st.sampled_from(sorted(whole))))
    assert without_power(model, part) | without_power(model, whole - part) == without_power(model, whole)
