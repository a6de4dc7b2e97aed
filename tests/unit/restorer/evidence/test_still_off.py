"""A customer says that power is not back: dispatch is asked at once, with the place, and nobody there is told that it is."""

from __future__ import annotations

from schemas.contracts.base import Extent
from services.restorer.domain.course.beside import OtherOutage
from tests.kits.deciders.restorer import MRID, Outage, at, denied, part, points, reopened, reported, restored, started

HOME = Extent(usage_points=("up-2",), lines=("10千伏城东线",))


def over() -> Outage:
    outage = Outage()
    outage.hears_all(started(), restored("10:00"))
    return outage


def test_dispatch_is_asked_with_the_place() -> None:
    outage = over()
    assert outage.hears(denied("10:01", HOME)).reason == "customer-says-off"
    (question,) = outage.events("fact.questioned")
    assert (question.reason, question.fact_type, question.given) == (
        "customer-says-off",
        "supply.denied.v1",
        at("10:01"),
    )
    assert question.places == HOME
    assert "up-2" in question.question
    (word,) = outage.events("restoration.checked")
    assert word.denied == points("up-2")
    assert outage.status == "restored"


def test_a_call_after_the_restoration_is_the_same() -> None:
    outage = over()
    assert outage.hears(reported("10:05", extent=points("up-3"))).reason == "customer-says-off"
    assert outage.events("restoration.checked")[-1].denied == points("up-3")


def test_a_call_that_names_no_point_is_a_question_and_keeps_nobody_from_being_told() -> None:
    outage = over()
    outage.hears(reported("10:05"))
    (question,) = outage.events("fact.questioned")
    assert question.reason == "customer-says-off"
    assert not outage.events("restoration.checked")
    outage.hears(reported("10:06"))
    assert len(outage.events("fact.questioned")) == 1


def test_calls_from_before_are_not_asked_about() -> None:
    outage = Outage()
    outage.hears_all(started(), reported("9:40", extent=points("up-2")), restored("10:00"))
    assert not outage.events("fact.questioned")


def test_one_that_overtakes_the_restoration_is_asked_about_when_that_comes() -> None:
    outage = Outage()
    outage.hears_all(started(), reported("10:05", extent=points("up-2")))
    assert not outage.events("fact.questioned")
    outage.hears(restored("10:00"))
    (question,) = outage.events("fact.questioned")
    assert question.reason == "customer-says-off"


def test_a_fault_of_the_customers_own_or_of_a_meter_denies_nothing() -> None:
    outage = over()
    outage.hears_all(
        reported("10:05", fault_side="customer", extent=HOME), reported("10:06", meter_fault=True, extent=HOME)
    )
    assert not outage.events("fact.questioned")


def test_who_is_not_back_yet_says_nothing_new() -> None:
    outage = Outage()
    outage.hears_all(started(), part("10:00", "up-1"), reported("10:05", extent=points("up-2")))
    assert not outage.events("fact.questioned")
    outage.hears(reported("10:06", extent=points("up-1")))
    assert len(outage.events("fact.questioned")) == 1


def test_whom_another_outage_holds_is_out_under_that() -> None:
    outage = over()
    outage.others = (OtherOutage("F2", points("up-2"), Extent(), at("9:30")),)
    outage.hears(denied("10:05", HOME))
    assert not outage.events("fact.questioned")


def test_an_answer_ends_it_and_a_new_word_asks_anew() -> None:
    outage = over()
    outage.hears(denied("10:05", HOME))
    (question,) = outage.events("fact.questioned")
    outage.answer(question.question_id, accept=False, now=at("10:30"))
    assert outage.events("restoration.checked")[-1].denied == Extent()
    outage.hears(denied("10:45", points("up-3"), customer="C-2"))
    assert outage.events("fact.questioned")[-1].question_id != question.question_id


def test_off_again_by_dispatchs_word_answers_it() -> None:
    outage = over()
    outage.hears(denied("10:05", HOME))
    outage.hears(reopened("10:04"))
    assert outage.view["questions"] == []
    (settled,) = outage.events("fact.accepted")
    assert settled.reason == "explained-since"


def test_a_word_about_an_outage_that_is_not_known_waits() -> None:
    outage = Outage()
    assert outage.hears(denied("10:05", HOME)).reason == "held-until-known"
    assert outage.view["heldFacts"] == [] or outage.view["mRID"] == MRID
