"""When the calendar or the policy changes, open deadlines move, each with an event that says why; the rest stays as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from operations.duty.rearm import MovedPromise, moves_of
from services.kernel.model import REVIEW, Decision, Review
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.decider import RestorerOutage
from tests.kits.deciders.restorer import (
    CALENDAR,
    CREW,
    FAULT_DONE,
    MRID,
    POLICY,
    WORKING_DAY,
    Outage,
    at,
    cleared,
    crew,
    reopened,
    reported,
    restored,
    started,
)

# The 6th of March 2026 is a Friday: closed, the working day after Thursday the 5th is Monday the 9th.
FRIDAY_OFF = WorkingCalendar("CN", "Asia/Shanghai", closures=[date(2026, 3, 6)])


def under_way() -> Outage:
    """A rural fault whose cause was cleared on Thursday: power is promised back within one working day."""
    outage = Outage()
    outage.hears_all(reported("9:20", territory="rural"), started("9:12"), cleared("10:00"))
    return outage


def review(outage: Outage, calendar: WorkingCalendar = CALENDAR, policy: Policy = POLICY) -> Decision:
    outage.decider = RestorerOutage(policy, calendar)
    return outage._take(REVIEW, Review(why="holidays announced"), at("12:00"))


def longer(rule_id: str, hours: int = 1) -> Policy:
    """A newer version of the policy, in which one rule gives an hour more, or so many."""
    rule = POLICY.rules[rule_id]
    changed = replace(rule, tolerance=rule.tolerance + timedelta(hours=hours))
    return replace(POLICY, version="2027-01-01/other", rules={**POLICY.rules, rule_id: changed})


def test_a_day_off_announced_later_moves_the_open_deadline_and_the_event_says_why() -> None:
    outage = under_way()
    was = outage.promise(WORKING_DAY)
    decision = review(outage, FRIDAY_OFF)
    assert decision.reason == "reviewed"
    (voided,) = outage.events("promise.voided")
    assert (voided.promise_id, voided.reason) == (f"{MRID}/{WORKING_DAY}/1", "calendar-changed")
    made = outage.events("promise.made")[-1]
    assert made.promise_id == f"{MRID}/{WORKING_DAY}/1.2"
    assert made.due_at - voided.due_at == timedelta(days=3)
    assert made.rule.calendar_version == FRIDAY_OFF.version
    assert was["dueAt"] != outage.promise(WORKING_DAY, "1.2")["dueAt"]
    assert f"promise/{MRID}/{WORKING_DAY}/1/due" not in outage.timers
    assert outage.timers[f"promise/{MRID}/{WORKING_DAY}/1.2/due"] == made.due_at


def test_what_moved_is_told_as_one_move_from_when_to_when() -> None:
    outage = under_way()
    before = len(outage.log)
    review(outage, FRIDAY_OFF)
    (move,) = moves_of(outage.log[before:])
    assert (move.promise, move.why) == (f"{MRID}/{WORKING_DAY}/1.2", "calendar-changed")
    assert move.was is not None
    assert move.due == move.was + timedelta(days=3)


def test_promises_of_hours_know_no_days_off_and_stay() -> None:
    outage = under_way()
    others = {p["promiseId"]: p["dueAt"] for p in outage.view["promises"] if p["ruleId"] != WORKING_DAY}
    review(outage, FRIDAY_OFF)
    now = {p["promiseId"]: p["dueAt"] for p in outage.view["promises"] if p["ruleId"] != WORKING_DAY}
    assert now == others


def test_under_the_same_calendar_and_rules_nothing_is_said() -> None:
    outage = under_way()
    assert review(outage) == Decision("stands-as-it-is")


def test_asked_again_nothing_moves_again() -> None:
    outage = under_way()
    review(outage, FRIDAY_OFF)
    assert review(outage, FRIDAY_OFF) == Decision("stands-as-it-is")


def test_a_calendar_taken_back_moves_the_deadline_back_under_a_new_promise() -> None:
    outage = under_way()
    was = outage.promise(WORKING_DAY)["dueAt"]
    review(outage, FRIDAY_OFF)
    review(outage, CALENDAR)
    assert outage.promise(WORKING_DAY, "1.3")["dueAt"] == was


def test_a_rule_that_gives_more_time_moves_what_is_open_and_says_that_the_rule_changed() -> None:
    outage = under_way()
    review(outage, policy=longer(WORKING_DAY))
    reasons = {voided.promise_id: voided.reason for voided in outage.events("promise.voided")}
    assert reasons == {f"{MRID}/{WORKING_DAY}/1": "rule-changed"}


def test_a_verdict_given_stays_whatever_the_rules_say_today() -> None:
    outage = Outage()
    outage.hears_all(reported("9:20", territory="urban"), started("9:12"))
    outage.moves_to(at("10:10"))
    outage.hears(crew("10:30"))
    assert outage.promise(CREW)["state"] == "broken"
    before = outage.promise(CREW)
    review(outage, policy=longer(CREW))
    assert outage.promise(CREW) == before


def test_a_closed_outage_stays_closed() -> None:
    outage = under_way()
    outage.hears(restored("11:00"))
    outage.moves_to(at("11:00", 31))
    assert outage.status == "closed"
    assert review(outage, FRIDAY_OFF) == Decision("outage-closed")


def test_a_fact_kept_until_its_outage_is_known_waits_on() -> None:
    outage = Outage()
    outage.hears(cleared("10:00"))
    assert review(outage, FRIDAY_OFF) == Decision("held-until-known")


def test_a_promise_ended_or_made_alone_is_a_move_with_one_end() -> None:
    outage = under_way()
    made = [event for event in outage.log if event.type == "promise.made.v1"]
    due: datetime = made[0].data.due_at
    promise: Any = made[0].data.promise_id
    assert list(moves_of(made[:1])) == [MovedPromise(f"outage/{MRID}", promise, None, due, "not-promised-before")]
    review(outage, FRIDAY_OFF)
    (voided,) = [event for event in outage.log if event.type == "promise.voided.v1"]
    was = voided.data
    assert list(moves_of([voided])) == [
        MovedPromise(f"outage/{MRID}", was.promise_id, was.due_at, None, "calendar-changed")
    ]


def broken_and_mended() -> Outage:
    """Due on Friday at ten, and restored half an hour late: broken."""
    outage = Outage()
    outage.hears_all(reported("10:00", territory="rural"), started("9:12"), cleared("10:00"))
    outage.moves_to(at("10:10", 6))
    outage.hears(restored("10:30", 6), at("10:31", 6))
    return outage


@pytest.mark.parametrize("reopens_first", [True, False])
def test_what_was_broken_under_the_rules_of_before_stays_so_when_power_goes_off_again(reopens_first: bool) -> None:
    outage, again = broken_and_mended(), reopened("12:00", 6)
    if reopens_first:
        outage.hears(again, at("12:01", 6))
    review(outage, FRIDAY_OFF, longer(FAULT_DONE))
    if not reopens_first:
        outage.hears(again, at("12:01", 6))
    assert [outage.promise(rule)["state"] for rule in (WORKING_DAY, FAULT_DONE)] == ["broken", "broken"]
    assert not outage.events("promise.corrected")


def test_what_was_kept_under_the_rules_of_before_is_voided_when_it_was_not_done_whatever_todays_would_say() -> None:
    outage = Outage()
    outage.hears_all(reported("10:00", territory="rural"), started("9:12"), cleared("10:00"))
    outage.hears(restored("9:30", 6), at("9:31", 6))
    assert outage.promise(FAULT_DONE)["state"] == "kept"
    review(outage, policy=longer(FAULT_DONE, hours=-2))
    outage.hears(reopened("12:00", 6), at("12:01", 6))
    was = outage.promise(FAULT_DONE)
    assert (was["state"], was["reason"]) == ("voided", "reopened")
    assert outage.promise(FAULT_DONE, "2")["measuredFrom"] == was["measuredFrom"]


def test_a_promise_that_binds_after_all_is_judged_by_the_deadline_that_it_is_made_with() -> None:
    outage = Outage()
    outage.hears_all(reported("10:00", territory="rural", fault_side="customer"), started("9:12"))
    assert outage.promise(FAULT_DONE)["state"] == "voided"
    outage.moves_to(at("10:10", 6))
    outage.hears(restored("10:30", 6), at("10:31", 6))
    outage.decider = RestorerOutage(longer(FAULT_DONE), CALENDAR)
    outage.hears(reported("10:05", territory="rural", fault_side="utility"), at("10:40", 6))
    assert outage.promise(FAULT_DONE, "1.2")["state"] == "kept"
