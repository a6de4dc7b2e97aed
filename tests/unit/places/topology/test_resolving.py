"""What a word about places means by the model: found by any name, with all that is dark without it."""

from schemas.contracts.base import Extent
from services.places.topology import NetworkModel, resolve
from tests.kits.network.models import element

CITY = NetworkModel(
    [
        element("ss", "substation", name="城东变电站"),
        element("L1", "line", "ss", name="10千伏城东线", names={"en": "East line"}, areas=("A1", "A2")),
        element("T1", "transformer", "L1", name="中山路1号公变", areas=("A1",)),
        element("T2", "transformer", "L1", name="人民路公变", areas=("A2",)),
        element("P1", "usagePoint", "T1"),
        element("P2", "usagePoint", "T2"),
        element("P3", "usagePoint", "T1", areas=("A2",)),
        element("A1", "area", name="中山路一带"),
        element("A2", "area", name="人民路"),
        element("A3", "area", name="人民路 "),
    ]
)


def test_a_line_means_all_that_hangs_on_it() -> None:
    found = resolve(CITY, Extent(lines=("10千伏城东线",)))
    assert found.named == {"L1"}
    assert found.elements == {"L1", "T1", "T2", "P1", "P2", "P3"}
    assert found.points(CITY) == {"P1", "P2", "P3"}


def test_an_element_is_found_by_id_by_name_in_any_language_and_however_written() -> None:
    for name in ("L1", "10千伏城东线", "10 kV 城东线", "10KV城东线", "East line", "EAST LINE"):
        assert resolve(CITY, Extent(lines=(name,))).named == {"L1"}, name


def test_a_name_is_looked_for_among_its_own_kind() -> None:
    assert resolve(CITY, Extent(areas=("10千伏城东线",))).named == frozenset()


def test_what_the_model_does_not_have_stays_a_name() -> None:
    found = resolve(CITY, Extent(lines=("10千伏城西线",), transformers=("T1",), customers_affected=9))
    assert found.unknown == Extent(lines=("10千伏城西线",))
    assert found.named == {"T1"}


def test_an_area_means_what_lies_in_it_and_not_all_that_hangs_on_a_line_through_it() -> None:
    assert resolve(CITY, Extent(areas=("中山路一带",))).elements == {"A1", "T1", "P1"}


def test_a_point_lies_where_the_model_says_and_not_where_its_transformer_does() -> None:
    assert "P3" in resolve(CITY, Extent(areas=("A2",))).elements


def test_a_name_that_two_elements_have_means_both_and_is_told() -> None:
    found = resolve(CITY, Extent(areas=("人民路",)))
    assert found.named == {"A2", "A3"}
    assert found.doubtful == ("人民路",)


def test_an_extent_that_names_nothing_means_nothing() -> None:
    assert resolve(CITY, Extent(customers_affected=5)).elements == frozenset()
