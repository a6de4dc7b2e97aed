"""When the calendar or the policy changes, a notice's open deadlines move, each with an event that says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from operations.duty.rearm import MovedPromise, moves_of
from schemas.contracts.notices import NoticeDeadlineMoved
from schemas.contracts.promises import PromiseMade, PromiseVoided
from services.kernel.model import REVIEW, Decision, Message, Review
from services.planner.domain.decider import PlannerOutage
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from tests.kits.deciders.planner import (
    CALENDAR,
    MRID,
    NOW,
    POLICY,
    Stream,
    at,
    cancel,
    request,
    restored,
    span,
    started,
)

KEY, DONE, PUBLIC = "cn.planned.key-customers", "cn.planned.done-by-noticed-end", "cn.planned.public-notice"
# Four working days before Thursday the 12th of March 2026 is Friday the 6th; with that Friday off it is Thursday the 5th.
FRIDAY_OFF = WorkingCalendar("CN", "Asia/Shanghai", closures=[date(2026, 3, 6)])
NOON = at("2026-03-03 12:00")


def ruled(rule_id: str, **changes: Any) -> Policy:
    return replace(POLICY, rules={**POLICY.rules, rule_id: replace(POLICY.rules[rule_id], **changes)})


WORKING_DAYS = ruled(KEY, unit="working-days", amount=Decimal(4), calendar="utility")


def noticed(policy: Policy = WORKING_DAYS) -> Stream:
    stream = Stream(PlannerOutage(policy, CALENDAR))
    stream.hears(request())
    return stream


def review(stream: Stream, calendar: WorkingCalendar, policy: Policy = WORKING_DAYS, now: Any = NOON) -> Decision:
    stream.planner = PlannerOutage(policy, calendar)
    message = Message("review", f"{len(stream.log)}", REVIEW, now, Review(why="holidays announced"), MRID, 0)
    return stream._decide(message, None, now)


def test_a_day_off_announced_later_moves_by_when_key_customers_must_know_and_the_event_says_why() -> None:
    stream = noticed()
    assert stream.state.notice is not None
    was = stream.state.notice.inform_by
    decision = review(stream, FRIDAY_OFF)
    (moved,) = (event.data for event in decision.events)
    assert isinstance(moved, NoticeDeadlineMoved)
    assert (decision.reason, moved.reason, moved.was) == ("reviewed", "calendar-changed", was)
    assert (moved.was - moved.inform_by, moved.notice_id) == (timedelta(days=1), f"{MRID}/1")
    assert moved.inform_rule is not None
    assert moved.inform_rule.calendar_version == FRIDAY_OFF.version
    assert stream.state.notice.inform_by == moved.inform_by


def test_asked_again_nothing_moves_again_and_a_calendar_taken_back_moves_it_back() -> None:
    stream = noticed()
    assert stream.state.notice is not None
    was = stream.state.notice.inform_by
    review(stream, FRIDAY_OFF)
    assert review(stream, FRIDAY_OFF) == Decision("stands-as-it-is", [])
    (back,) = (event.data for event in review(stream, CALENDAR).events)
    assert back.inform_by == was  # type: ignore[attr-defined]


def test_what_moved_is_told_on_the_screen_as_one_move_from_when_to_when() -> None:
    stream = noticed()
    review(stream, FRIDAY_OFF)
    (move,) = moves_of(stream.log[-1:])
    moved = stream.log[-1].data
    assert move == MovedPromise(f"outage/{MRID}", f"{MRID}/1/{KEY}", moved.was, moved.inform_by, "calendar-changed")


def test_a_rule_for_the_noticed_end_that_gives_more_time_moves_the_open_promise_and_says_that_the_rule_changed() -> (
    None
):
    stream = noticed(POLICY)
    hour = replace(ruled(DONE, tolerance=timedelta(hours=1)), version="2027.1")
    decision = review(stream, CALENDAR, hour)
    voided, made = (event.data for event in decision.events)
    assert isinstance(voided, PromiseVoided)
    assert isinstance(made, PromiseMade)
    assert (voided.promise_id, voided.reason) == (f"{MRID}/1/{DONE}", "rule-changed")
    assert (made.promise_id, made.due_at - voided.due_at) == (f"{MRID}/1/{DONE}.2", timedelta(hours=1))
    assert stream.timers() == {"noticed-end": made.due_at, f"at-risk/{made.promise_id}": made.at_risk_at}
    (move,) = moves_of(stream.log[-2:])
    assert (move.was, move.due, move.why) == (voided.due_at, made.due_at, "rule-changed")
    # What was moved is judged, and what it took the place of is not.
    stream.hears(started(), at("2026-03-12 08:00"))
    back = stream.hears(restored("2026-03-12 17:30"), at("2026-03-12 17:31"))
    kept = [event.data.promise_id for event in back.events if event.type == "promise.kept.v1"]  # type: ignore[attr-defined]
    assert kept == [made.promise_id]
    assert stream.timers() == {}


def test_a_promise_moved_and_then_withdrawn_by_mistake_is_the_one_that_is_judged() -> None:
    stream = noticed(POLICY)
    hour = replace(ruled(DONE, tolerance=timedelta(hours=1)), version="2027.1")
    review(stream, CALENDAR, hour)
    stream.hears(cancel(1), at("2026-03-12 09:00"))
    stream.hears(restored("2026-03-12 17:30"), at("2026-03-12 18:30"))
    decision = stream.hears(started(), at("2026-03-12 18:31"))
    corrected = [e.data.promise_id for e in decision.events if e.type == "promise.corrected.v1"]  # type: ignore[attr-defined]
    assert corrected == [f"{MRID}/1/{DONE}.2"]


def test_a_rule_that_is_gone_voids_its_promise_and_a_new_one_makes_it() -> None:
    stream = noticed(POLICY)
    other = replace(POLICY.rules[DONE], id="own.done")
    rules = {name: rule for name, rule in POLICY.rules.items() if name != DONE} | {other.id: other}
    decision = review(stream, CALENDAR, replace(POLICY, version="2027.1", rules=rules))
    assert stream.promised(decision) == [("promise.voided", DONE), ("promise.made", "own.done")]
    assert [event.data.reason for event in decision.events if event.type == "promise.voided.v1"] == [  # type: ignore[attr-defined]
        "rule-withdrawn"
    ]


MORNING, EVENING = at("2026-03-12 09:00"), at("2026-03-12 16:30")


@pytest.mark.parametrize(
    ("sentence", "facts", "now", "reason"),
    [
        ("nothing is noticed", [(cancel(1), NOW)], NOON, "no-notice-concerned"),
        ("power is back", [(started(), MORNING), (restored("2026-03-12 16:20"), EVENING)], EVENING, "already-over"),
        ("work is under way", [(started(), MORNING)], MORNING, "stands-as-it-is"),
        ("both deadlines are past", [], at("2026-03-11 09:00"), "stands-as-it-is"),
    ],
)
def test_what_is_over_stays_as_it_was_judged(sentence: str, facts: list[Any], now: Any, reason: str) -> None:
    stream = noticed()
    for fact, when in facts:
        stream.hears(fact, when)
    decision = review(stream, FRIDAY_OFF, now=now)
    assert (decision.reason, list(decision.events)) == (reason, []), sentence


def test_under_the_same_calendar_and_rules_no_notice_of_the_standard_moves() -> None:
    for plan in (request(), request(outage_class="temporary"), request(safety_cut=True)):
        stream = Stream()
        stream.hears(plan)
        assert review(stream, CALENDAR, POLICY).events == [], plan


def test_the_planner_names_the_rules_its_deadlines_rest_on_so_that_a_changed_calendar_shows() -> None:
    assert PlannerOutage(POLICY, CALENDAR).reviews
    assert PlannerOutage(POLICY, CALENDAR).rules != PlannerOutage(POLICY, FRIDAY_OFF).rules


def test_what_was_counted_over_a_year_not_announced_says_so_on_every_deadline_until_it_is_announced() -> None:
    assert CALENDAR.announced_through is not None
    year = CALENDAR.announced_through + 1
    now, period = at(f"{year}-03-02 09:00"), span(f"{year}-03-20 08:00", f"{year}-03-20 17:00")
    both = replace(
        WORKING_DAYS,
        rules={**WORKING_DAYS.rules, PUBLIC: replace(POLICY.rules[PUBLIC], unit="working-days", calendar="utility")},
    )
    stream = Stream(PlannerOutage(both, CALENDAR))
    decision = stream.hears(request(period=period), now)
    accepted, notice = (e.data for e in decision.events if e.type in ("plan.accepted.v1", "notice.published.v1"))
    assert "provisional-calendar" in accepted.warnings  # type: ignore[attr-defined]
    assert notice.inform_provisional  # type: ignore[attr-defined]
    made = {e.data.rule.rule_id: e.data.provisional for e in decision.events if isinstance(e.data, PromiseMade)}
    assert made == {PUBLIC: True, DONE: False}
    announced = WorkingCalendar(
        "CN", "Asia/Shanghai", announced_through=year, closures=[date(year, 3, 17), date(year, 3, 18)]
    )
    (moved,) = (e.data for e in review(stream, announced, both, now).events)
    assert isinstance(moved, NoticeDeadlineMoved)
    assert not moved.inform_provisional
