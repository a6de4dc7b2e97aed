"""What dispatch names counts as it is named; that the network model has it otherwise is asked."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from schemas.contracts.base import Extent
from services.places.topology import NetworkModel
from tests.kits.deciders.restorer import MRID, Outage, extent_changed, restored, started, withdrawn
from tests.kits.network.models import EDITION, element

CITY = NetworkModel(
    [
        element("ss", "substation", name="东江变电站"),
        element("L1", "line", "ss", name="10千伏城东线"),
        element("L2", "line", "ss", name="10千伏城西线"),
        element("T1", "transformer", "L1", name="城东1号公变"),
        element("T9", "transformer", "L2", name="城西9号公变"),
        element("P1", "usagePoint", "T1"),
        element("P9", "usagePoint", "T9"),
    ]
)
EAST = Extent(lines=("10千伏城东线",))
MISSPELT = Extent(lines=("10千伏城冬线",))


def beside_the_line(**named: tuple[str, ...]) -> Extent:
    return Extent(lines=EAST.lines, **named)


def test_a_line_that_the_network_does_not_have_is_asked_about_and_counts_as_it_is_written() -> None:
    outage = Outage(network=CITY)
    assert outage.hears(started("9:00", MISSPELT)).reason == "outage-known"
    (question,) = outage.events("fact.questioned")
    assert (question.reason, question.held, question.places) == ("not-in-network", "field", MISSPELT)
    assert question.network_models == (EDITION,)
    assert "10千伏城冬线" in question.question
    assert (outage.status, outage.view["extent"]["lines"]) == ("confirmed", ["10千伏城冬线"])


@pytest.mark.parametrize(
    ("named", "odd"),
    [
        (beside_the_line(transformers=("城东1号公变", "城西9号公变")), Extent(transformers=("城西9号公变",))),
        (beside_the_line(usage_points=("P1", "P9")), Extent(usage_points=("P9",))),
        (beside_the_line(transformers=("城西9号公变",), usage_points=("P9",)), Extent(transformers=("城西9号公变",))),
        (Extent(transformers=("城东1号公变",), usage_points=("P9",)), Extent(usage_points=("P9",))),
    ],
    ids=["transformer", "usage-point", "point-of-a-named-transformer", "point-beside-a-transformer"],
)
def test_what_hangs_elsewhere_than_the_line_named_beside_it_is_off_as_said_and_asked_about(
    named: Extent, odd: Extent
) -> None:
    outage = Outage(network=CITY)
    outage.hears(started("9:00", named))
    (question,) = outage.events("fact.questioned")
    assert (question.reason, question.places) == ("hangs-elsewhere", odd)
    assert {"P9"} <= set(outage.view["extent"].get("usagePoints", ["P9"]))
    assert outage.view["points"] == 2, "both are off"


@pytest.mark.parametrize(
    "named",
    [
        beside_the_line(transformers=("城东1号公变",), usage_points=("P1",)),
        beside_the_line(transformers=("东江变电站",)),
        Extent(lines=("10千伏城东线", "10千伏城西线"), transformers=("城西9号公变",)),
        Extent(transformers=("城东1号公变", "城西9号公变")),
        beside_the_line(usage_points=("UP-77",), areas=("中山路一带",)),
    ],
    ids=["on-the-line", "substation-above", "two-lines", "no-line", "points-and-areas-that-no-model-need-have"],
)
def test_nothing_is_asked_where_the_network_has_it_as_it_is_said(named: Extent) -> None:
    outage = Outage(network=CITY)
    outage.hears(started("9:00", named))
    assert outage.events("fact.questioned") == []


def test_a_network_without_any_line_cannot_say_that_one_is_not_there() -> None:
    outage = Outage(network=NetworkModel([element("T1", "transformer", name="城东1号公变")]))
    outage.hears(started("9:00", replace(MISSPELT, transformers=("城东1号公变",))))
    assert outage.events("fact.questioned") == []


def test_without_a_network_nothing_is_asked() -> None:
    outage = Outage()
    outage.hears(started("9:00", MISSPELT))
    assert outage.events("fact.questioned") == []


def test_another_word_on_where_it_is_ends_the_question() -> None:
    outage = Outage(network=CITY)
    outage.hears_all(started("9:00", MISSPELT), extent_changed("9:10", EAST))
    (settled,) = outage.events("fact.accepted")
    assert (settled.reason, outage.view["questions"]) == ("explained-since", [])


def test_each_word_that_names_it_otherwise_is_asked_about_once() -> None:
    outage = Outage(network=CITY)
    outage.hears_all(started("9:00", MISSPELT), started("9:00", MISSPELT, ert=None))
    outage.hears_all(extent_changed("9:10", replace(MISSPELT, transformers=("城西9号公变",))))
    assert len(outage.events("fact.questioned")) == 2
    assert len(outage.view["questions"]) == 1, "the one about the word that holds"


def test_an_edition_that_has_it_by_now_ends_the_question() -> None:
    outage = Outage(network=CITY)
    outage.hears(started("9:00", MISSPELT))
    outage.network = NetworkModel([*CITY.elements.values(), element("L3", "line", "ss", name="10千伏城冬线")])
    outage.hears(restored("9:40", scope="part", extent=Extent(transformers=("城冬1号公变",))))
    assert [one["reason"] for one in outage.view["questions"]] == ["not-in-outage"]


@pytest.mark.parametrize("end", [restored("10:00"), withdrawn("10:00")], ids=["restored", "withdrawn"])
def test_it_is_asked_no_more_once_power_is_back_or_was_never_off(end: object) -> None:
    outage = Outage(network=CITY)
    outage.hears(started("9:00", MISSPELT))
    outage.hears(end)  # type: ignore[arg-type]
    assert outage.view["questions"] == []


def test_who_stands_by_it_is_not_asked_again() -> None:
    outage = Outage(network=CITY)
    said = started("9:00", MISSPELT)
    outage.hears(said)
    (question,) = outage.events("fact.questioned")
    outage.hears(replace(said, confirms=question.question_id))
    outage.hears(started("9:00", MISSPELT, ert=None))
    assert outage.view["questions"] == []
    assert len(outage.events("fact.questioned")) == 1


def test_a_person_can_stand_by_it_and_cannot_let_a_start_go_that_was_told() -> None:
    outage = Outage(network=CITY)
    outage.hears(started("9:00", MISSPELT))
    (question,) = outage.events("fact.questioned")
    assert outage.answer(question.question_id, accept=False).reason == "say-where-it-is-off"
    assert (outage.status, len(outage.view["questions"])) == ("confirmed", 1)
    outage.answer(question.question_id, accept=True)
    assert (outage.status, outage.view["questions"]) == ("confirmed", [])
    assert outage.view["mRID"] == MRID
