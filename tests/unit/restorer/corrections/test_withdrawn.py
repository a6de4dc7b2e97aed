"""Dispatch says that there was no outage: its life ends without a restoration, and nothing of it is counted."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from schemas.contracts import dispatch
from schemas.contracts.base import Period
from services.plausibility import question_of
from tests.kits.deciders.restorer import (
    CREW,
    MRID,
    POINTS,
    Outage,
    at,
    cleared,
    crew,
    reopened,
    reported,
    restored,
    started,
    withdrawn,
)


def told(*facts: dispatch.Fact) -> Outage:
    outage = Outage()
    outage.hears_all(*facts)
    return outage


def test_it_ends_without_a_restoration_and_no_deadline_is_left() -> None:
    outage = told(reported(report_id="r-1"), started())
    assert outage.promise(CREW)["state"] == "open"
    assert outage.hears(withdrawn("9:40")).reason == "outage-withdrawn"
    assert outage.status == "withdrawn"
    assert outage.timers == {}
    assert (outage.promise(CREW)["state"], outage.promise(CREW)["reason"]) == ("voided", "withdrawn")
    assert not outage.events("restoration.confirmed")
    assert not outage.events("followup.due"), "nobody is called back over a repair that there was not"
    assert outage.view["withdrawnAt"] == "2026-03-05T01:40:00Z"
    outage.moves_to(at("12:00", day=9))
    assert outage.status == "withdrawn"


def test_verdicts_that_were_given_do_not_count_either() -> None:
    outage = told(reported(), started(), crew("9:30"))
    assert outage.promise(CREW)["state"] == "kept"
    outage.hears(withdrawn("9:40"))
    (corrected,) = outage.events("promise.corrected")
    assert (corrected.was, corrected.now, corrected.reason) == ("kept", "voided", "withdrawn")


def test_one_that_is_heard_of_first_waits_for_the_outage_and_then_nothing_is_promised() -> None:
    outage = Outage()
    assert outage.hears(withdrawn("9:40")).reason == "held-until-known"
    assert outage.hears(started()).reason == "outage-withdrawn"
    assert outage.hears(reported()).reason == "outage-withdrawn"
    assert outage.view["promises"] == []


def test_said_twice_it_is_known_and_said_later_it_changes_nothing() -> None:
    outage = told(reported(), started(), withdrawn("9:40"))
    assert outage.hears(withdrawn("9:40")).reason == "already-known"
    assert outage.hears(withdrawn("9:50", reason="演练")).reason == "withdrawal-known"
    assert len(outage.events("promise.voided")) == len(outage.view["promises"])


def test_one_that_was_restored_is_withdrawn_all_the_same() -> None:
    outage = told(reported(), started(), restored("10:30"))
    outage.hears(withdrawn("11:00"))
    assert (outage.status, outage.view["restoredAt"]) == ("withdrawn", None)
    assert {promise["state"] for promise in outage.view["promises"]} == {"voided"}
    assert outage.events("restoration.refused") == [], "nobody is told that power is off after all"


def test_one_that_was_closed_is_withdrawn_all_the_same() -> None:
    outage = told(reported(), started(), restored("10:30"))
    outage.moves_to(at("12:00", day=7))
    assert outage.status == "closed"
    assert outage.hears(withdrawn("12:00", day=7)).reason == "outage-withdrawn"
    assert outage.status == "withdrawn"


@pytest.mark.parametrize("late", [crew("9:30"), cleared("9:30"), restored("9:30"), reported("9:25")])
def test_what_is_heard_late_of_the_time_before_says_nothing_any_more(late: dispatch.FieldFact) -> None:
    outage = told(started(), withdrawn("9:40"))
    assert outage.hears(late).reason == "outage-withdrawn"
    assert outage.status == "withdrawn"
    assert outage.events("fact.questioned") == []


@pytest.mark.parametrize("after", [cleared("9:50"), restored("9:50"), reported("9:50")])
def test_what_is_said_of_it_afterwards_is_asked_about_once(after: dispatch.FieldFact) -> None:
    outage = told(started(), withdrawn("9:40"))
    assert outage.hears(after).reason == "said-after-withdrawal"
    (question,) = outage.events("fact.questioned")
    assert question.reason == "said-after-withdrawal"
    assert "send outage.reopened" in question.settled_by
    outage.hears(restored("9:55"))
    outage.hears(reported("9:56"))
    assert len(outage.events("fact.questioned")) == 1, "one question, however many speak of it"
    assert outage.status == "withdrawn"
    assert outage.answer(question.question_id, accept=False).reason == "fact-refused"
    assert outage.view["questions"] == []


def test_a_crew_that_comes_back_from_it_is_no_question() -> None:
    outage = told(started(), withdrawn("9:40"))
    assert outage.hears(crew("9:55", "fieldComplete")).reason == "outage-withdrawn"
    assert outage.events("fact.questioned") == []


def test_power_that_is_off_after_all_is_another_time_with_a_clock_of_its_own() -> None:
    outage = told(reported(), started(), withdrawn("9:40"), restored("9:50"))
    assert outage.hears(reopened("10:00")).reason == "reopened"
    assert outage.status == "confirmed"
    assert outage.view["remaining"]["usagePoints"] == list(POINTS.usage_points)
    assert outage.promise(CREW, "2")["state"] == "open"
    (settled,) = outage.events("fact.accepted")
    assert settled.reason == "explained-since", "the question is answered by it"
    outage.hears(restored("11:00"))
    (end,) = outage.events("restoration.confirmed")
    assert end.restored_at == at("11:00")
    assert outage.promise(CREW)["state"] == "voided"


def test_withdrawn_before_it_began_it_is_off_until_somebody_stands_by_it() -> None:
    early = withdrawn("9:00")
    outage = told(reported(), started())
    assert outage.hears(early).reason == "withdrawn-before-start"
    assert outage.status == "confirmed"
    (question,) = outage.events("fact.questioned")
    assert question.question_id == question_of(early)
    assert outage.answer(question.question_id, accept=True).reason == "fact-accepted"
    assert outage.status == "withdrawn"


def test_one_from_the_future_is_held() -> None:
    outage = told(started())
    assert outage.hears(withdrawn("17:40"), recorded=at("9:40")).reason == "happened-in-the-future"
    assert outage.status == "confirmed"


def test_an_order_to_shed_load_is_withdrawn_before_it_begins() -> None:
    order = dispatch.CurtailmentOrdered(
        mrid=MRID, ordered_at=at("8:00"), planned_period=Period(start=at("14:00"), end=at("16:00")), extent=POINTS
    )
    outage = told(order)
    assert outage.hears(withdrawn("9:00")).reason == "outage-withdrawn"
    assert (outage.status, outage.events("fact.questioned")) == ("withdrawn", [])


def test_noticed_work_is_withdrawn_and_its_start_that_comes_late_makes_no_outage() -> None:
    plan = dispatch.PlannedRequested(
        mrid=MRID,
        revision_number=1,
        outage_class="planned",
        planned_period=Period(start=at("9:00"), end=at("11:00")),
        extent=POINTS,
        requested_at=at("8:00", day=1),
    )
    outage = told(plan)
    assert outage.hears(withdrawn("9:30")).reason == "held-until-known"
    assert outage.hears(started("9:00", outage_class="planned")).reason == "outage-withdrawn"
    assert outage.events("restoration.confirmed") == []


def test_a_complaint_is_one_all_the_same() -> None:
    outage = told(started(), withdrawn("9:40"))
    complaint: Any = dispatch.ComplaintReceivedV1(mrid=MRID, complaint_id="c-1", received_at=at("10:00"))
    assert outage.hears(complaint).reason == "complaint-noted"


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_in_any_order_nothing_of_it_is_promised_in_the_end(order: tuple[int, ...]) -> None:
    facts = (reported(), started(), crew("9:30"), withdrawn("9:40"))
    outage = told(*(facts[index] for index in order))
    assert outage.status == "withdrawn"
    assert {promise["state"] for promise in outage.view["promises"]} <= {"voided"}
    assert outage.timers == {}
