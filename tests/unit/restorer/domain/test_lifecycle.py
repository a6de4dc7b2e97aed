"""What an outage goes through, fact by fact."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.contracts import dispatch
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent, Period
from tests.kits.deciders.restorer import (
    EAST,
    MRID,
    Outage,
    at,
    cleared,
    crew,
    extent_changed,
    iso,
    part,
    points,
    reopened,
    reported,
    restored,
    started,
)


def test_an_outage_goes_from_report_to_closed() -> None:
    outage = Outage()
    assert outage.status == "unknown"
    seen = []
    for fact in (reported(report_id="r-1"), started(), part("11:00", "up-1"), restored("12:00")):
        outage.hears(fact)
        seen.append(outage.status)
    assert seen == ["predicted", "confirmed", "partiallyRestored", "restored"]
    outage.moves_to(at("12:00", day=6))
    assert outage.status == "closed"
    assert outage.view["closedAt"] == iso(at("12:00", day=6))


def test_a_predicted_outage_is_confirmed_by_a_confirmed_start() -> None:
    outage = Outage()
    assert outage.hears(started(confirmed=False)).reason == "outage-known"
    assert outage.status == "predicted"
    assert outage.hears(started("9:10")).reason == "outage-confirmed"
    assert outage.status == "confirmed"
    assert outage.view["startedAt"] == iso(at("9:10"))


def test_a_confirmed_start_counts_before_an_earlier_predicted_one() -> None:
    outage = Outage()
    outage.hears_all(started("9:12"), started("9:00", points("up-7"), confirmed=False))
    assert outage.view["startedAt"] == iso(at("9:12"))
    assert outage.view["extent"]["usagePoints"] == ["up-1", "up-2", "up-3"]


def test_a_curtailment_order_makes_the_outage_known_and_foretells_it() -> None:
    outage = Outage()
    period = Period(start=at("14:00"), end=at("16:00"))
    outage.hears(dispatch.CurtailmentOrdered(mrid=MRID, ordered_at=at("13:00"), planned_period=period, extent=EAST))
    view = outage.view
    assert (view["status"], view["outageClass"], view["startedAt"]) == ("predicted", "curtailment", iso(at("14:00")))


@pytest.mark.parametrize("opening", [started(), reported()])
def test_facts_before_the_outage_is_known_are_held_and_joined(opening: dispatch.Fact) -> None:
    outage = Outage()
    early = (restored("12:00"), crew("9:50"), cleared("11:30"), extent_changed("10:00", points("up-1")))
    assert outage.hears_all(*early) == ["held-until-known"] * 4
    assert [held["type"] for held in outage.view["heldFacts"]] == [TYPE_OF[type(fact)] for fact in early]
    assert not outage.events("restoration.confirmed")
    assert outage.timers == {}
    outage.hears(opening)
    assert outage.status == "restored"
    assert outage.view["heldFacts"] == []
    (confirmed,) = outage.events("restoration.confirmed")
    assert confirmed.restored_at == at("12:00")
    assert confirmed.warnings == ()


def test_the_whole_new_extent_replaces_the_old_one_growing_or_shrinking() -> None:
    outage = Outage()
    outage.hears_all(started(extent=points("up-1", "up-2")), extent_changed("10:00", points("up-1", "up-2", "up-9")))
    assert outage.view["extent"]["usagePoints"] == ["up-1", "up-2", "up-9"]
    assert outage.hears(extent_changed("11:00", points("up-9"))).reason == "extent-changed"
    assert outage.view["extent"]["usagePoints"] == ["up-9"]


def test_an_extent_older_than_the_latest_known_is_recorded_and_moves_nothing() -> None:
    outage = Outage()
    outage.hears_all(started(), extent_changed("11:00", points("up-1")))
    decision = outage.hears(extent_changed("10:00", points("up-1", "up-2")))
    assert decision.reason == "older-extent"
    assert [event.type for event in decision.events] == ["extent.changed.v1"]
    assert outage.view["extent"]["usagePoints"] == ["up-1"]


def test_an_extent_that_names_nothing_only_counts_customers() -> None:
    outage = Outage()
    outage.hears_all(started(extent=EAST), extent_changed("10:00", Extent(customers_affected=40)))
    assert outage.view["extent"]["lines"] == ["10千伏城东线"]
    assert outage.view["extent"]["customersAffected"] == 40


def test_reports_alone_add_up_to_an_extent() -> None:
    outage = Outage()
    outage.hears_all(reported("9:30", extent=points("up-2")), reported("9:20", extent=points("up-1")))
    assert outage.view["extent"]["usagePoints"] == ["up-1", "up-2"]


def test_a_part_restored_says_its_step_and_what_remains() -> None:
    outage = Outage()
    outage.hears_all(started(), part("10:00", "up-2"))
    (step,) = outage.events("restoration.part")
    assert (step.step, step.restored, step.remaining) == (1, points("up-2"), points("up-1", "up-3"))
    assert not outage.events("restoration.confirmed")


def test_parts_that_cover_everything_known_confirm_the_restoration() -> None:
    outage = Outage()
    reasons = outage.hears_all(started(), part("10:00", "up-2"), part("11:00", "up-1", "up-3"))
    assert reasons[1:] == ["part-restored", "steps-complete"]
    (confirmed,) = outage.events("restoration.confirmed")
    assert (confirmed.reason, confirmed.restored_at) == ("steps-complete", at("11:00"))


def test_usage_points_alone_do_not_cover_an_extent_that_also_names_a_line() -> None:
    outage = Outage()
    both = Extent(lines=("10千伏城东线",), usage_points=("up-1",))
    outage.hears_all(started(extent=both), part("10:00", "up-1"))
    assert outage.status == "partiallyRestored"
    outage.hears(restored("11:00", scope="part", extent=Extent(lines=("10千伏城东线",))))
    assert outage.status == "restored"


def test_a_point_restored_and_then_named_again_is_out_again() -> None:
    outage = Outage()
    outage.hears_all(started(), part("10:00", "up-1", "up-2"), extent_changed("10:30", points("up-1", "up-3")))
    outage.hears(part("11:00", "up-3"))
    assert outage.status == "partiallyRestored"
    assert outage.view["remaining"]["usagePoints"] == ["up-1"]


def test_growth_that_becomes_known_late_takes_back_a_confirmed_restoration() -> None:
    outage = Outage()
    outage.hears_all(started(extent=points("up-1")), part("11:00", "up-1"))
    assert outage.status == "restored"
    outage.hears(extent_changed("10:00", points("up-1", "up-2")))
    assert outage.status == "partiallyRestored"
    refused = outage.events("restoration.refused")[-1]
    assert (refused.reason, refused.claimed_at) == ("restoration-taken-back", at("11:00"))
    assert refused.contradicted_by == ("up-2",)
    outage.hears(part("12:00", "up-2"))
    assert [c.restored_at for c in outage.events("restoration.confirmed")] == [at("11:00"), at("12:00")]


REFUSED: list[tuple[str, Any, str, tuple[str, ...]]] = [
    ("power on for a test", restored("11:00", test_energisation=True), "test-energisation", ()),
    ("a part that names nothing", restored("11:00", scope="part"), "part-not-named", ()),
    ("a part of some other outage", part("11:00", "up-77"), "points-not-in-outage", ("up-77",)),
    (
        "all, and yet not all named",
        restored("11:00", extent=points("up-1", "up-2")),
        "steps-incomplete",
        ("up-3",),
    ),
]


@pytest.mark.parametrize(("claim", "reason", "against"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_claim_that_contradicts_itself_is_refused(claim: Any, reason: str, against: tuple[str, ...]) -> None:
    outage = Outage()
    outage.hears(started())
    assert outage.hears(claim).reason == reason
    (refused,) = outage.events("restoration.refused")
    assert (refused.reason, refused.claimed_at) == (reason, at("11:00"))
    assert not against or refused.contradicted_by == against
    assert outage.status == "confirmed"
    assert outage.view["refusals"] == [{"claimedAt": iso(at("11:00")), "reason": reason}]


def test_a_refused_part_counts_once_the_extent_that_explains_it_is_known() -> None:
    outage = Outage()
    outage.hears_all(started(), part("11:00", "up-9"))
    outage.hears(extent_changed("10:00", points("up-1", "up-9")))
    assert outage.view["remaining"]["usagePoints"] == ["up-1"]
    assert [step.restored for step in outage.events("restoration.part")] == [points("up-9")]


WARNINGS = [
    ("nothing else is said", (), ("crew-not-arrived", "cause-not-cleared")),
    ("the crew was there", (crew("10:00"),), ("cause-not-cleared",)),
    ("the crew finished", (crew("10:00", "fieldComplete"),), ("cause-not-cleared",)),
    ("the crew is only on its way", (crew("10:00", "enroute"), cleared("10:30")), ("crew-not-arrived",)),
    ("all is told", (crew("10:00"), cleared("10:30")), ()),
]


@pytest.mark.parametrize(("facts", "warnings"), [row[1:] for row in WARNINGS], ids=[row[0] for row in WARNINGS])
def test_missing_crew_and_cause_are_warnings_and_no_reason_to_doubt(facts: Any, warnings: Any) -> None:
    outage = Outage()
    outage.hears_all(started(), *facts, restored("11:00"))
    (confirmed,) = outage.events("restoration.confirmed")
    assert confirmed.warnings == warnings
    assert outage.view["warnings"] == list(warnings)


def test_restoration_implies_that_the_cause_is_cleared() -> None:
    outage = Outage()
    outage.hears_all(started(), restored("11:00"))
    assert outage.view["causeClearedAt"] == iso(at("11:00"))
    assert outage.view["causeClearedImplied"] is True


def test_a_second_sighting_of_power_changes_nothing_an_earlier_one_moves_the_instant() -> None:
    outage = Outage()
    outage.hears_all(started(), restored("11:00"))
    assert outage.hears(restored("11:20", evidence="meter")).reason == "already-restored"
    assert outage.hears(restored("10:50", evidence="meter")).reason == "restored-earlier"
    assert outage.view["restoredAt"] == iso(at("10:50"))
    assert [c.restored_at for c in outage.events("restoration.confirmed")] == [at("11:00"), at("10:50")]


def test_a_reopened_outage_is_confirmed_again_with_all_of_its_extent() -> None:
    outage = Outage()
    outage.hears_all(started(), part("10:00", "up-1"), restored("11:00"), reopened("11:30"))
    view = outage.view
    assert (view["status"], view["restoredAt"], len(view["episodes"])) == ("confirmed", None, 2)
    assert view["remaining"]["usagePoints"] == ["up-1", "up-2", "up-3"]
    outage.hears(restored("12:00"))
    first, second = outage.events("restoration.confirmed")
    assert (first.started_at, second.started_at) == (at("9:12"), at("11:30"))


def test_a_reopening_known_before_its_restoration_waits_for_it() -> None:
    outage = Outage()
    outage.hears(started())
    assert outage.hears(reopened("11:30")).reason == "reopening-noted"
    outage.hears(restored("11:00"))
    assert outage.status == "confirmed"
    assert not outage.events("restoration.confirmed"), "power was off again already"


def test_a_later_start_reopens_a_restored_outage() -> None:
    outage = Outage()
    outage.hears_all(started("9:12"), restored("10:00"))
    assert outage.hears(started("11:00", extent=points("up-2"))).reason == "reopened"
    assert (outage.status, outage.view["extent"]["usagePoints"]) == ("confirmed", ["up-2"])


def test_an_outage_closes_a_day_after_power_is_back_unless_it_went_off_again() -> None:
    outage = Outage()
    outage.hears_all(started(), restored("11:00"))
    assert outage.timers["close"] == at("11:00") + timedelta(hours=24)
    outage.hears(reopened("12:00"))
    assert "close" not in outage.timers
    outage.hears(restored("13:00"))
    assert outage.moves_to(at("13:00", day=6))[-1] == "quiet-since-restored"
    (closed,) = outage.events("outage.closed")
    assert (closed.episode, closed.restored_at, closed.closed_at) == (2, at("13:00"), at("13:00", day=6))


def closed_outage() -> Outage:
    outage = Outage()
    outage.hears_all(reported(report_id="r-1"), started(), restored("11:00"))
    outage.moves_to(at("12:00", day=7))
    assert outage.status == "closed"
    return outage


LATE = [
    started("9:30"),
    reported("9:30"),
    extent_changed("10:00", points("up-1")),
    crew("9:50"),
    cleared("10:50"),
    restored("10:40"),
    dispatch.ErtChanged(mrid=MRID, changed_at=at("10:00")),
    dispatch.EnquiryReceived(mrid=MRID, enquiry_id="q-1", received_at=at("10:00")),
    reopened("10:30"),
]


@pytest.mark.parametrize("fact", LATE, ids=lambda fact: type(fact).__name__)
def test_a_late_fact_about_a_closed_outage_is_recorded_and_opens_nothing(fact: dispatch.Fact) -> None:
    outage = closed_outage()
    assert outage.hears(fact).events[0].data == fact
    assert outage.status == "closed"
    assert outage.replay() == outage.state


def test_a_closed_outage_still_takes_call_backs_complaints_and_a_reopening() -> None:
    outage = closed_outage()
    reasons = outage.hears_all(
        dispatch.FollowupUnreached(mrid=MRID, tried_at=at("9:00", 8), by="Wang", report_id="r-1"),
        dispatch.FollowupDone(mrid=MRID, done_at=at("10:00", 8), by="Wang", outcome="satisfied", report_id="r-1"),
        dispatch.ComplaintReceivedV1(mrid=MRID, complaint_id="c-1", received_at=at("11:00", 8)),
        dispatch.ComplaintAnsweredV1(mrid=MRID, complaint_id="c-1", answered_at=at("12:00", 8)),
    )
    assert reasons == ["followup-unreached", "followup-done", "complaint-noted", "complaint-noted"]
    assert outage.status == "closed"
    assert outage.view["complaints"] == {"received": 1, "answered": 1, "ids": ["c-1"]}
    assert outage.hears(reopened("13:00", day=8)).reason == "reopened"
    assert outage.status == "confirmed"


def test_each_named_reporter_is_called_back_once_and_only_after_power_is_back() -> None:
    outage = Outage()
    outage.hears_all(started(), reported("9:20", report_id="r-1"), reported("9:25"), reported("9:30", report_id="r-2"))
    assert outage.events("followup.due") == []
    outage.hears_all(restored("11:00"), reopened("11:30"), restored("12:00"), reported("9:40", report_id="r-3"))
    due = outage.events("followup.due")
    assert [(d.report_id, d.due_from) for d in due] == [
        ("r-1", at("11:00")),
        ("r-2", at("11:00")),
        ("r-1", at("12:00")),
        ("r-2", at("12:00")),
        ("r-3", at("12:00")),
    ], "the first repair did not hold before anybody was called: asked anew"
    outage.hears(dispatch.FollowupDone(mrid=MRID, done_at=at("15:00"), by="Li", outcome="neutral", report_id="r-2"))
    assert [f["outcome"] for f in outage.view["followups"]] == [None, "neutral", None]


def test_the_view_tells_what_was_said_about_the_expected_time_and_when() -> None:
    outage = Outage()
    outage.hears_all(
        dispatch.ErtChanged(mrid=MRID, changed_at=at("11:00"), ert=None, next_update_at=at("12:00")),
        started(ert=at("11:30")),
        dispatch.ErtChanged(mrid=MRID, changed_at=at("10:00"), ert=at("14:00"), ert_confidence="low"),
        dispatch.ErtChanged(mrid=MRID, changed_at=at("10:30"), ert=at("14:00"), ert_confidence="high"),
    )
    view = outage.view
    assert [word["ert"] for word in view["ertHistory"]] == [
        iso(at("11:30")),
        iso(at("14:00")),
        iso(at("14:00")),
        None,
    ]
    assert (view["ert"], view["nextUpdateAt"], view["ertChanges"]) == (None, iso(at("12:00")), 2)


def test_planning_is_not_a_restoration_fact() -> None:
    outage = Outage()
    cancelled = dispatch.PlannedCancelled(mrid=MRID, revision_number=1, cancelled_at=at("8:00"))
    decision = outage.hears(cancelled)
    assert (decision.reason, list(decision.events)) == ("not-a-restoration-fact", [])


def test_everything_said_goes_to_the_restorations_topic_and_the_facts_stay_in_the_log() -> None:
    outage = Outage()
    outage.hears(started())
    decision = outage.hears(restored("11:00"))
    assert [(event.type, event.topic) for event in decision.events] == [
        ("supply.restored.v1", None),
        ("restoration.confirmed.v1", "outage.restorations"),
    ]
