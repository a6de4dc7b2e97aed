"""Where power is off and back by the network model: a line is out, transformers on it come back one after the other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import PlannedRequested, SupplyRestored
from services.places.topology import NetworkModel
from services.restorer.domain.course.beside import OtherOutage
from tests.kits.deciders.restorer import (
    MRID,
    Outage,
    at,
    extent_changed,
    reopened,
    reported,
    restored,
    started,
)
from tests.kits.network.models import EDITION, by, element

CITY = NetworkModel(
    [
        element("ss", "substation"),
        element("L1", "line", "ss", name="10千伏城东线"),
        element("L2", "line", "ss", name="10千伏城西线"),
        element("T1", "transformer", "L1", name="城东1号公变", areas=("A1",)),
        element(
            "T2", "transformer", by("L1", "cut"), by("L2", "tie", normally="open"), name="城东2号公变", areas=("A1",)
        ),
        element("T3", "transformer", "L1", name="泵站专变"),
        element("T9", "transformer", "L2", name="城西9号公变"),
        element("P1", "usagePoint", "T1"),
        element("P2", "usagePoint", "T1"),
        element("P3", "usagePoint", "T2"),
        element("A1", "area", name="中山路一带"),
    ]
)
SWITCHED = NetworkModel(CITY.elements.values(), {"cut": "open", "tie": "closed"})
EAST = Extent(lines=("10 kV 城东线",))


def on(*transformers: str, **more: Any) -> Extent:
    return Extent(transformers=transformers, **more)


def back(clock: str, *transformers: str, **more: Any) -> SupplyRestored:
    return restored(clock, scope="part", extent=on(*transformers), **more)


def planned(extent: Extent) -> PlannedRequested:
    return PlannedRequested(
        mrid=MRID,
        revision_number=1,
        outage_class="planned",
        planned_period=Period(start=at("9:00"), end=at("15:00")),
        extent=extent,
        requested_at=at("9:00") - timedelta(days=9),
    )


def test_a_line_is_out_and_two_transformers_on_it_are_back() -> None:
    outage = Outage(network=CITY)
    assert outage.hears_all(started("9:00", EAST), back("10:00", "城东1号公变")) == ["outage-known", "part-restored"]
    (part,) = outage.events("restoration.part")
    assert (part.remaining, part.remaining_but) == (EAST, on("城东1号公变"))
    assert (part.points.restored, part.points.remaining) == (2, 2)
    assert part.points.network_models == (EDITION,)
    assert outage.view["points"] == 4


def test_it_is_restored_whole_when_all_that_hangs_on_it_was_said_to_be_back() -> None:
    outage = Outage(network=CITY)
    reasons = outage.hears_all(
        started("9:00", EAST), back("10:00", "城东1号公变", "城东2号公变"), back("11:00", "泵站专变")
    )
    assert reasons[-1] == "steps-complete"
    (confirmed,) = outage.events("restoration.confirmed")
    assert (confirmed.points.restored, confirmed.points.remaining) == (1, 0)
    assert outage.view["pointMinutes"] == 3 * 60 + 1 * 120


BOTH = Extent(lines=("10 kV 城东线", "10千伏城西线"))


def test_a_line_that_came_back_piece_by_piece_is_said_to_be_back_while_another_is_not() -> None:
    """Whoever is known by the name of the line alone hears of it only so."""
    outage = Outage(network=CITY)
    outage.hears_all(started("9:00", BOTH), back("10:00", "城东1号公变", "城东2号公变"), back("11:00", "泵站专变"))
    parts = outage.events("restoration.part")
    assert [(one.step, one.restored) for one in parts] == [
        (1, on("城东1号公变", "城东2号公变")),
        (2, on("泵站专变")),
        (3, EAST),
    ]
    assert parts[-1].remaining.lines == ("10千伏城西线",)
    assert [one.points.restored for one in parts] == [3, 1, 0], "no point comes back twice"
    outage.hears(back("11:10", "泵站专变"))
    assert len(outage.events("restoration.part")) == 3


@pytest.mark.parametrize(
    "late", [extent_changed("10:30", BOTH), reopened("10:30")], ids=["off there again", "off again everywhere"]
)
def test_a_line_of_which_something_is_off_after_all_is_taken_back(late: Any) -> None:
    outage = Outage(network=CITY)
    outage.hears_all(
        started("9:00", BOTH), back("10:00", "城东1号公变", "城东2号公变"), back("11:00", "泵站专变"), late
    )
    (gone,) = outage.events("restoration.refused")
    assert (gone.reason, gone.step, gone.claimed_at) == ("part-taken-back", 3, at("11:00"))
    outage.hears(back("11:30", "城东1号公变", "城东2号公变"))
    assert [(one.step, one.restored) for one in outage.events("restoration.part")][-1] == (5, EAST)


def test_a_piece_that_comes_late_has_the_line_said_to_be_back_from_the_last_of_them() -> None:
    outage = Outage(network=CITY)
    outage.hears_all(started("9:00", BOTH), back("11:00", "泵站专变"), back("10:00", "城东1号公变", "城东2号公变"))
    (line,) = [one for one in outage.events("restoration.part") if one.restored == EAST]
    assert line.restored_at == at("11:00")


def test_the_points_of_a_transformer_are_the_transformer() -> None:
    outage = Outage(network=CITY)
    points = restored("10:00", scope="part", extent=Extent(usage_points=("P1", "P2")))
    assert outage.hears_all(started("9:00", on("城东1号公变")), points)[-1] == "steps-complete"


def test_a_line_that_is_back_brings_the_points_that_were_named_on_it() -> None:
    outage = Outage(network=CITY)
    line = restored("10:00", scope="part", extent=EAST)
    assert outage.hears_all(started("9:00", Extent(usage_points=("P1", "P3"))), line)[-1] == "steps-complete"


def test_what_dispatch_names_beside_the_line_is_not_back_with_the_line() -> None:
    outage = Outage(network=CITY)
    line = restored("10:00", scope="part", extent=EAST)
    assert outage.hears_all(started("9:00", replace(EAST, transformers=("城东1号公变",))), line)[-1] == "part-restored"
    assert outage.view["remaining"]["transformers"] == ["城东1号公变"]
    (part,) = outage.events("restoration.part")
    assert (part.points.restored, part.points.remaining) == (2, 2)
    assert outage.hears(back("11:00", "城东1号公变")).reason == "steps-complete"


def test_an_area_beside_the_line_says_where_and_keeps_nobody_in_the_dark() -> None:
    outage = Outage(network=CITY)
    line = restored("10:00", scope="part", extent=EAST)
    assert outage.hears_all(started("9:00", replace(EAST, areas=("中山路一带",))), line)[-1] == "steps-complete"


def test_a_transformer_that_was_switched_over_to_another_line_was_of_this_outage() -> None:
    """What is restored by switching is fed by another line when dispatch says so."""
    outage = Outage(network=CITY)
    outage.hears(started("9:00", EAST))
    outage.network = SWITCHED
    assert outage.hears(back("9:30", "城东2号公变")).reason == "part-restored"
    assert outage.events("fact.questioned") == []
    assert outage.hears_all(back("10:00", "城东1号公变"), back("10:10", "泵站专变"))[-1] == "steps-complete"


def test_a_place_of_another_line_is_a_question_and_the_rest_counts() -> None:
    outage = Outage(network=CITY)
    reasons = outage.hears_all(started("9:00", EAST), back("10:00", "城东1号公变", "城西9号公变"))
    assert reasons[-1] == "part-restored"
    (question,) = outage.events("fact.questioned")
    assert (question.reason, question.held, question.places) == ("not-in-outage", "field", on("城西9号公变"))
    assert question.network_models == (EDITION,)
    assert outage.view["questions"][0]["questionId"] == question.question_id


def test_a_restoration_elsewhere_is_a_question_that_a_wider_extent_answers() -> None:
    outage = Outage(network=CITY)
    assert outage.hears_all(started("9:00", EAST), back("10:00", "城西9号公变"))[-1] == "points-not-in-outage"
    (question,) = outage.events("fact.questioned")
    assert question.held == "fact"
    outage.hears(extent_changed("9:30", Extent(lines=("10千伏城东线", "10千伏城西线"))))
    assert [(one.question_id, one.reason) for one in outage.events("fact.accepted")] == [
        (question.question_id, "explained-since")
    ]
    assert outage.status == "partiallyRestored"


def test_who_stands_by_a_restoration_elsewhere_is_believed() -> None:
    outage = Outage(network=CITY)
    outage.hears_all(started("9:00", EAST), back("10:00", "城西9号公变"))
    (question,) = outage.events("fact.questioned")
    assert outage.answer(question.question_id, accept=True).reason == "fact-accepted"
    assert outage.status == "partiallyRestored"
    assert outage.view["questions"] == []


def test_places_of_a_start_that_was_held_mean_what_they_mean_once_somebody_stands_by_it() -> None:
    outage = Outage(network=CITY)
    outage.hears(started("9:00", EAST), recorded=at("7:00"))
    (question,) = outage.events("fact.questioned")
    outage.answer(question.question_id, accept=True)
    assert outage.view["points"] == 4


def test_who_denies_it_is_not_asked_again() -> None:
    outage = Outage(network=CITY)
    outage.hears_all(started("9:00", EAST), back("10:00", "城西9号公变"))
    (question,) = outage.events("fact.questioned")
    outage.answer(question.question_id, accept=False)
    outage.hears(back("10:30", "城东1号公变"))
    assert len(outage.events("fact.questioned")) == 1


def test_all_is_back_and_a_list_that_leaves_points_aside_is_taken_and_asked_about() -> None:
    outage = Outage(network=CITY)
    outage.hears_all(started("9:00", EAST), restored("10:00", extent=on("城东1号公变")))
    assert outage.status == "restored"
    (question,) = outage.events("fact.questioned")
    assert question.reason == "not-all-named"
    assert "2 usage points" in question.question
    outage.answer(question.question_id, accept=False)
    assert outage.status == "confirmed"
    assert [one.reason for one in outage.events("restoration.refused")][-1:] == ["restoration-taken-back"]


@pytest.mark.parametrize(
    "where", [reported("8:55", extent=EAST, fault_side="utility"), planned(EAST)], ids=["report", "plan"]
)
@pytest.mark.parametrize("first", [True, False])
def test_where_only_a_report_or_the_plan_says_where_it_is_parts_are_of_that(where: Any, first: bool) -> None:
    outage = Outage(network=CITY)
    facts = [started("9:00", Extent()), back("10:00", "城东1号公变")]
    outage.hears_all(*([where, *facts] if first else [*facts, where]))
    assert outage.status == "partiallyRestored"
    assert (outage.events("restoration.refused"), outage.view["questions"]) == ([], [])
    assert outage.view["remainingBut"]["transformers"] == ["城东1号公变"]
    assert outage.hears_all(back("11:00", "城东2号公变", "泵站专变"))[-1] == "steps-complete"


def test_an_edition_that_comes_in_the_middle_of_an_outage_changes_nothing_of_it() -> None:
    outage = Outage(network=CITY)
    outage.hears_all(started("9:00", EAST), back("10:00", "城东1号公变"))
    moved = [one for one in CITY.elements.values() if one.element_id not in ("L1", "T2")]
    outage.network = NetworkModel([*moved, element("T2", "transformer", "L2", name="城东2号公变")])
    assert outage.hears(back("10:30", "城东2号公变")).reason == "part-restored"
    assert "not-in-network-any-more:10 kV 城东线" in outage.view["warnings"]
    assert outage.events("restoration.refused") == []
    assert outage.hears(back("11:00", "泵站专变")).reason == "steps-complete"


def test_what_was_closed_stands_whatever_the_network_is_when_power_goes_off_again() -> None:
    outage = Outage(network=CITY)
    outage.hears_all(started("9:00", EAST), back("9:30", "城东2号公变"), back("11:00", "城东1号公变", "泵站专变"))
    outage.moves_to(at("9:00", day=9), only="close")
    assert outage.status == "closed"
    steps = outage.view["steps"]
    moved = [one for one in CITY.elements.values() if one.element_id != "T2"]
    outage.network = NetworkModel([*moved, element("T2", "transformer", "L2", name="城东2号公变")])
    assert outage.hears(reopened("8:00", day=9)).reason == "reopened"
    assert outage.hears(back("9:00", "城东1号公变", day=9)).reason == "part-restored"
    assert outage.view["steps"][: len(steps)] == steps
    assert (outage.events("restoration.refused"), outage.events("fact.questioned")) == ([], [])


def test_a_network_that_comes_after_the_start_counts_from_then_on() -> None:
    outage = Outage()
    outage.hears(started("9:00", EAST))
    outage.network = CITY
    assert outage.hears(back("10:00", "城东1号公变")).reason == "part-restored"


def test_of_places_that_the_network_does_not_have_names_decide_as_before() -> None:
    outage = Outage(network=CITY)
    line = restored("10:00", scope="part", extent=Extent(lines=("10千伏城南线",)))
    south = Extent(lines=("10千伏城南线", "10千伏城北线"))
    assert outage.hears_all(started("9:00", south), line)[-1] == "part-restored"
    (part,) = outage.events("restoration.part")
    assert (part.remaining.lines, part.points) == (("10千伏城北线",), None)


def test_power_off_again_is_off_for_all() -> None:
    outage = Outage(network=CITY)
    outage.hears_all(started("9:00", EAST), back("10:00", "城东1号公变"), reopened("10:30"))
    assert outage.view["remainingBut"] == {}
    assert outage.hears_all(back("11:00", "城东2号公变", "泵站专变"))[-1] == "part-restored"


def smaller(*transformers: str, began: str = "9:30", ended: str | None = None) -> OtherOutage:
    return OtherOutage("F-2", on(*transformers), Extent(), at(began), at(ended) if ended else None)


def test_the_larger_is_restored_and_what_a_smaller_holds_stays_out_under_it() -> None:
    outage = Outage(network=CITY)
    outage.hears(started("9:00", EAST))
    outage.others = (smaller("城东1号公变"),)
    assert outage.hears(restored("10:00")).reason == "all-restored"
    (confirmed,) = outage.events("restoration.confirmed")
    (held,) = confirmed.stay_out
    assert (held.mrid, held.extent, held.points) == ("F-2", on("城东1号公变"), 2)
    assert (confirmed.points.restored, confirmed.points.remaining) == (2, 0)


def test_the_smaller_is_restored_and_the_larger_that_took_it_in_holds_all_of_it() -> None:
    outage = Outage(network=CITY)
    outage.hears(started("9:00", on("城东1号公变")))
    outage.others = (OtherOutage("F-0", EAST, Extent(), at("9:30")),)
    outage.hears(restored("10:00"))
    (confirmed,) = outage.events("restoration.confirmed")
    assert [(one.mrid, one.points) for one in confirmed.stay_out] == [("F-0", 2)]
    assert confirmed.points.restored == 0


@pytest.mark.parametrize(
    "other",
    [
        smaller("城西9号公变"),
        smaller("城东1号公变", began="10:30"),
        smaller("城东1号公变", ended="9:45"),
        OtherOutage("F-2", EAST, on("城东1号公变", "城东2号公变", "泵站专变"), at("9:30")),
    ],
    ids=["elsewhere", "later", "over by then", "back in those parts"],
)
def test_another_outage_that_does_not_hold_these_places_then_is_not_named(other: OtherOutage) -> None:
    outage = Outage(network=CITY)
    outage.hears(started("9:00", EAST))
    outage.others = (other,)
    outage.hears(restored("10:00"))
    (confirmed,) = outage.events("restoration.confirmed")
    assert confirmed.stay_out == ()


def test_without_a_network_the_same_name_says_that_another_holds_it() -> None:
    outage = Outage()
    outage.hears(started("9:00", on("城东1号公变", "城东2号公变")))
    outage.others = (smaller("城东 1号公变"),)
    outage.hears(restored("10:00"))
    (confirmed,) = outage.events("restoration.confirmed")
    assert [(one.mrid, one.extent, one.points) for one in confirmed.stay_out] == [("F-2", on("城东1号公变"), None)]
