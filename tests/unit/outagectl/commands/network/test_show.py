"""`outagectl network show`: an element in words, as an operator reads it."""

from msgspec.structs import replace

from operations.network.about import ImportedEdition, NetworkAbout
from operations.network.people import RegisteredCustomer
from operations.network.standing import standing
from operations.times import Times
from outagectl.commands.network.show import (
    NOBODY_ASKED,
    document,
    lines,
    registered_document,
    registered_lines,
    source,
)
from schemas.contracts.network import SwitchState
from services.places.topology import NetworkModel
from tests.kits.network.models import EDITION, by, element

LINE = replace(
    element("DJ-L-101", "line", by("DJ-SS-02", "SW-1"), name="10千伏城东线", names={"en": "East Town line"}),
    nominal_voltage=10.0,
    territory="urban",
    public_name="城东",
)
ELEMENTS = [
    element("A7", "area", name="中山路一带"),
    element("DJ-SS-02", "substation", name="东江变电站"),
    LINE,
    element("DJ-L-102", "line", "DJ-SS-02", name="10千伏工业线"),
    replace(element("T1", "transformer", "DJ-L-101", by("DJ-L-102", "SW-9", normally="open"), areas=("A7",)), customers_served=510),
    element("T2", "transformer", "DJ-L-101", "L9"),
    *(element(f"P{n}", "usagePoint", "T2") for n in range(12)),
]  # fmt: skip


def said(element_id: str, **switches: SwitchState) -> list[str]:
    model = NetworkModel(ELEMENTS, {name.replace("_", "-"): state for name, state in switches.items()})
    return list(lines(model, standing(model, element_id), Times()))


def test_a_line_is_told_with_what_it_is_what_feeds_it_and_what_it_feeds() -> None:
    assert said("DJ-L-101") == [
        "Line 10千伏城东线 (DJ-L-101)",
        "  en: East Town line; shown as 城东; 10 kV; urban",
        "  Model DJ-GIS, as of 2026-03-01 00:00:00",
        "  Power comes from 东江变电站 (DJ-SS-02) through SW-1 (closed)",
        "  Fed by: 1 substation: 东江变电站 (DJ-SS-02)",
        "  Feeds: 2 transformers, 12 usage points: T1, T2, P0, P1, P10, P11, P2, P3, P4, P5, … and 4 more",
        "  Customers served: 510",
    ]


def test_switches_are_told_as_they_now_stand() -> None:
    turned = said("T1", SW_9="closed", SW_1="open")
    assert "  Power comes from 10千伏工业线 (DJ-L-102) through SW-9 (closed, normally open)" in turned
    assert "  Fed by: 1 line, 1 substation: 10千伏工业线 (DJ-L-102), 东江变电站 (DJ-SS-02)" in turned
    dark = said("DJ-L-101", SW_1="open")
    assert "  Power could come from 东江变电站 (DJ-SS-02) through SW-1 (open, normally closed)" in dark
    assert "  No power comes to it as switches now stand." in dark


def test_a_way_from_what_is_not_there_is_said_to_be_one() -> None:
    assert "  Power could come from L9, which the model does not have" in said("T2")


def test_what_keeps_power_without_it_is_said() -> None:
    assert "  Without it 13 of those are dark; the others have another way." in said("DJ-L-101", SW_9="closed")


def test_what_serves_nobody_that_is_known_says_so() -> None:
    assert said("P0")[-2:] == ["  Feeds: nothing", "  Customers served: not known"]


def test_an_area_is_told_with_what_lies_in_it() -> None:
    assert said("A7")[2:] == ["  In it: 1 transformer: T1", "  Customers served: 510"]


def test_programs_read_the_same() -> None:
    model = NetworkModel(ELEMENTS, {"SW-9": "closed"})
    told = document(model, standing(model, "T1"))
    assert told["ways"][1] == {
        "elementId": "DJ-L-102",
        "powerComes": True,
        "through": [{"switch": "SW-9", "state": "closed", "normally": "open"}],
    }
    assert (told["powered"], told["customersServed"], told["fedBy"]["byKind"]) == (
        True,
        510,
        {"line": 2, "substation": 1},
    )
    feeds = document(model, standing(model, "DJ-L-101"))["feeds"]
    assert (feeds["count"], len(feeds["first"])) == (14, 10)


def test_who_brought_the_edition_in_is_told_with_the_model() -> None:
    model, at = NetworkModel(ELEMENTS), EDITION.date
    imports = {"DJ-GIS": ImportedEdition("DJ-GIS", at, at, len(ELEMENTS), "GIS班 李")}
    told = list(lines(model, standing(model, "P0"), Times(), imports))
    assert "  Its edition of 2026-03-01 00:00:00 was brought in by GIS班 李 at 2026-03-01 00:00:00" in told
    assert document(model, standing(model, "P0"), imports)["edition"] == imports["DJ-GIS"]


def test_whence_it_is_is_said_and_how_long_that_took_where_it_was_all_of_the_topic() -> None:
    model = NetworkModel(ELEMENTS)
    assert source(NetworkAbout(model, "planner"), 0.1) == "As the copy of the planner has it."
    assert source(NetworkAbout(model), 12.34).startswith(
        f"All of outage.network was read for it, {len(ELEMENTS)} elements in 12.3 s"
    )


def registered(*people: RegisteredCustomer) -> list[str]:
    model = NetworkModel(ELEMENTS)
    return list(registered_lines(standing(model, "DJ-L-101"), {"DJ-L-101": people}))


def test_who_is_registered_there_is_told_the_first_ten_by_name() -> None:
    hospital = RegisteredCustomer("DJ-0001", "东江市人民医院", "special")
    assert registered(hospital, RegisteredCustomer("DJ-0002")) == [
        "  Registered there: 2 key customers: 东江市人民医院 (DJ-0001, special), DJ-0002"
    ]
    (many,) = registered(*(RegisteredCustomer(f"C-{n:02}") for n in range(13)))
    assert many.endswith("C-09, … and 3 more")
    assert registered() == ["  Registered there: no key customer"]


def test_that_nobody_could_be_asked_who_is_registered_is_said_and_of_an_earlier_time_nothing() -> None:
    line = standing(NetworkModel(ELEMENTS), "DJ-L-101")
    assert "cannot be seen" in "".join(registered_lines(line, None))
    assert registered_document(line, None) == {"registered": None}
    assert list(registered_lines(line, NOBODY_ASKED)) == []
    assert registered_document(line, NOBODY_ASKED) == {}
