"""Where what some names mean lies: city, country or beyond, by the model in memory."""

from schemas.contracts.base import Extent
from services.places.topology import NetworkModel
from services.places.topology.territory import territories
from tests.kits.network.models import element

MODEL = NetworkModel(
    [
        element("ss", "substation"),
        element("L1", "line", "ss", territory="urban"),
        element("T1", "transformer", "L1", territory="rural"),
        element("P1", "usagePoint", "T1"),
        element("T2", "transformer", "L1", areas=("A2",)),
        element("P2", "usagePoint", "T2"),
        element("P3", "usagePoint", "L1"),
        element("T4", "transformer", "L1", territory="remote"),
        element("A2", "area", territory="remote"),
        element("A9", "area", territory="rural"),
        element("L8", "line", "ss"),
        element("P8", "usagePoint", "L8"),
    ]
)


def lies(**named: str) -> tuple[str, ...]:
    return territories(MODEL, Extent(**{kind: (name,) for kind, name in named.items()}))  # type: ignore[arg-type]


def test_a_line_lies_in_every_territory_in_which_somebody_on_it_waits() -> None:
    assert lies(lines="L1") == ("urban", "rural", "remote")


def test_the_nearest_word_counts_a_transformers_before_its_lines() -> None:
    assert lies(usage_points="P1") == ("rural",)
    assert lies(usage_points="P3") == ("urban",)


def test_where_an_element_does_not_say_it_its_area_does() -> None:
    assert lies(transformers="T2") == ("remote",)
    assert lies(usage_points="P2") == ("remote",)


def test_a_transformer_on_which_the_model_has_no_point_stands_for_its_customers() -> None:
    assert lies(transformers="T4") == ("remote",)


def test_an_area_alone_means_what_lies_in_it_and_one_in_which_nothing_lies_means_itself() -> None:
    assert lies(areas="A2") == ("remote",)
    assert lies(areas="A9") == ("rural",)


def test_an_area_beside_a_line_says_where_that_is_and_nothing_of_its_own() -> None:
    assert lies(usage_points="P3", areas="A2") == ("urban",)


def test_what_the_model_does_not_say_or_does_not_have_lies_nowhere() -> None:
    assert lies(lines="L8") == lies(lines="L9") == ()
