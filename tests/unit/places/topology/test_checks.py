"""What is wrong with a model is named, with the elements that it concerns."""

from hypothesis import given

from schemas.contracts.base import Extent
from schemas.contracts.network import NetworkElement
from services.places.topology import NetworkModel
from services.places.topology.checks import MEANING, NetworkFinding, check, check_registered
from tests.kits.network.models import by, element, models, powered

WHOLE = [element("ss", "substation"), element("L1", "line", "ss"), element("T1", "transformer", "L1")]


def found(*more: NetworkElement) -> set[tuple[str, tuple[str, ...]]]:
    return {(one.trouble, one.elements) for one in check(NetworkModel([*WHOLE, *more]))}


def test_a_whole_model_has_nothing_wrong() -> None:
    assert found() == set()


def test_a_source_or_an_area_that_is_not_there() -> None:
    assert found(element("T2", "transformer", "L1", "L9", areas=("A9",))) == {("not-there", ("T2",))}


def test_an_element_to_which_no_way_leads() -> None:
    tie = by("L1", "tie", normally="open")
    assert found(element("T2", "transformer", tie), element("P", "usagePoint", "T2")) == {
        ("no-source", ("T2",)),
        ("no-source", ("P",)),
    }


def test_a_loop_that_nothing_feeds_is_told_whole_and_once() -> None:
    loop = [element("a", "section", "c"), element("b", "section", "a"), element("c", "section", "b")]
    assert found(*loop, element("P", "usagePoint", "c")) == {
        ("loop", ("a", "b", "c")),
        *(("no-source", (one,)) for one in ("a", "b", "c", "P")),
    }


def test_a_ring_of_closed_switches_is_told_where_both_ways_meet() -> None:
    odd = [element("a", "section", "L1"), element("b", "section", "L1"), element("c", "section", "a", "b")]
    assert found(*odd) == {("two-ways", ("c",))}
    even = [*odd[:2], element("c", "section", "a", "d"), element("d", "section", "b", "c")]
    assert found(*even) == {("two-ways", ("c",)), ("two-ways", ("d",))}


def test_sections_that_hang_on_one_and_can_feed_each_other_are_no_ring() -> None:
    assert found(element("a", "section", "L1", "b"), element("b", "section", "L1", "a")) == set()


def test_two_elements_of_one_name() -> None:
    assert found(element("T2", "transformer", "L1", name="t1")) == {("one-name-for-two", ("T1", "T2"))}


def test_a_switch_that_is_called_as_an_element() -> None:
    assert found(element("T2", "transformer", by("L1", "T1"))) == {("switch-called-as-element", ("T1",))}


def test_a_customer_registered_where_the_model_has_nothing() -> None:
    registered = [("hospital", Extent(lines=("L1",), usage_points=("P7",))), ("works", Extent(transformers=("t1",)))]
    assert list(check_registered(NetworkModel(WHOLE), registered)) == [
        NetworkFinding("registered-nowhere", (), "hospital: P7")
    ]


@given(models())
def test_what_has_no_source_is_what_no_substation_reaches(model: NetworkModel) -> None:
    dark = model.elements.keys() - powered(model)
    assert {one.elements[0] for one in check(model) if one.trouble == "no-source"} == dark


@given(models(radial=True))
def test_a_radial_network_has_no_loop_and_no_second_way(model: NetworkModel) -> None:
    assert not [one for one in check(model) if one.trouble in ("loop", "two-ways")]


def test_every_trouble_has_a_meaning_for_people() -> None:
    assert all(MEANING.values())
