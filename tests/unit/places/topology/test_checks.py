"""What is wrong with a model is named, with the elements that it concerns."""

from hypothesis import given

from schemas.contracts.base import Extent
from services.places.topology import NetworkModel
from services.places.topology.checks import MEANING, Finding, check, check_registered
from tests.kits.networks import by, element, models, powered

WHOLE = [element("ss", "substation"), element("L1", "line", "ss"), element("T1", "transformer", "L1")]


def found(*more: object) -> set[tuple[str, tuple[str, ...]]]:
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


def test_a_loop_is_told_whole_and_once() -> None:
    ring = [element("a", "section", "L1", "c"), element("b", "section", "a"), element("c", "section", "b", "a")]
    assert ("loop", ("a", "b", "c")) in found(*ring, element("P", "usagePoint", "c"))
    assert sum(trouble == "loop" for trouble, _ in found(*ring)) == 1


def test_two_elements_of_one_name() -> None:
    assert found(element("T2", "transformer", "L1", name="t1")) == {("one-name-for-two", ("T1", "T2"))}


def test_a_switch_that_is_called_as_an_element() -> None:
    assert found(element("T2", "transformer", by("L1", "T1"))) == {("switch-called-as-element", ("T1",))}


def test_a_customer_registered_where_the_model_has_nothing() -> None:
    registered = [("hospital", Extent(lines=("L1",), usage_points=("P7",))), ("works", Extent(transformers=("t1",)))]
    assert list(check_registered(NetworkModel(WHOLE), registered)) == [
        Finding("registered-nowhere", (), "hospital: P7")
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
