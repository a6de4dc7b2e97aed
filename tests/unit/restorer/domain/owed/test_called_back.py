"""All who reported an outage are called back within a day of power being back: one promise for each time with power."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.dispatch import Fact, FollowupDone, FollowupUnreached
from services.policy import PolicyError
from services.policy.duty import FollowupTimes
from services.restorer.domain.callers.reporters import Reporters
from services.restorer.domain.owed.moments import check
from tests.kits.deciders.restorer import (
    MRID,
    POLICY,
    Outage,
    at,
    extent_changed,
    iso,
    part,
    points,
    reopened,
    reported,
    restored,
    started,
    withdrawn,
)

RULE = "cn.followup.called-back"


def done(clock: str, report_id: str = "r-1", day: int = 5) -> FollowupDone:
    return FollowupDone(mrid=MRID, done_at=at(clock, day), by="Li", outcome="satisfied", report_id=report_id)


def vain(clock: str, report_id: str = "r-1", day: int = 5) -> FollowupUnreached:
    return FollowupUnreached(mrid=MRID, tried_at=at(clock, day), by="Li", report_id=report_id)


STARTED, R1, R2 = started(), reported("9:20", report_id="r-1"), reported("9:30", report_id="r-2")


def over(*more: Fact, policy: Any = POLICY) -> Outage:
    """Two reported it, and power was back at eleven."""
    outage = Outage(policy)
    outage.hears_all(STARTED, R1, R2, restored("11:00"), *more)
    return outage


def told(outage: Outage) -> list[tuple[str, str]]:
    """What stands of calling back: which promise, and how."""
    found = [one for one in outage.view["promises"] if one["ruleId"] == RULE]
    return [(one["promiseId"].removeprefix(f"{MRID}/{RULE}/"), one["state"]) for one in found]


def test_it_is_promised_once_power_is_back_to_all_who_reported_it_until_then() -> None:
    outage = Outage()
    outage.hears_all(STARTED, R1, R2)
    assert told(outage) == []
    outage.hears(restored("11:00"))
    promise = outage.promise(RULE)
    assert (promise["measuredFrom"], promise["dueAt"]) == (iso(at("11:00")), iso(at("11:00", day=6)))
    assert [promise["atRiskAt"], *promise["warnAgainAt"]] == [iso(at("23:00")), iso(at("8:36", day=6))]


def test_an_outage_that_nobody_reported_or_whose_callers_left_no_report_promises_no_call() -> None:
    for report in ([], [reported("9:20")]):
        outage = Outage()
        outage.hears_all(STARTED, *report, restored("11:00"))
        assert told(outage) == []


IN_VAIN = [vain("12:00", "r-2"), vain("16:00", "r-2"), vain("20:00", "r-2")]
CASES: list[tuple[str, list[Any], str]] = [
    ("both are heard", [done("15:00"), done("16:00", "r-2")], "kept"),
    ("one is heard, the other is still to be called", [done("15:00")], "open"),
    ("the last is heard on the stroke of the day", [done("15:00"), done("11:00", "r-2", day=6)], "kept"),
    ("the last is heard a minute later", [done("15:00"), done("11:01", "r-2", day=6)], "broken"),
    ("one is called in vain as often as the policy asks", [done("15:00"), *IN_VAIN], "kept"),
    ("one was called in vain twice", [done("15:00"), *IN_VAIN[:2]], "open"),
    ("two tell of one call in vain", [done("15:00"), *IN_VAIN[:2], vain("12:05", "r-2")], "open"),
    ("they were called while it was off", [done("10:00"), done("10:10", "r-2")], "open"),
    ("somebody reports later", [reported("11:30", report_id="r-3"), done("15:00"), done("16:00", "r-2")], "kept"),
    ("power goes off again before all were called", [done("15:00"), reopened("18:00")], "voided"),
    ("power goes off again when all were called", [done("15:00"), done("15:10", "r-2"), reopened("18:00")], "kept"),
    ("there was no outage", [withdrawn("18:00")], "voided"),
]


@pytest.mark.parametrize(("facts", "state"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_how_it_stands(facts: list[Any], state: str) -> None:
    outage = over(*facts)
    assert told(outage)[-1] == ("1", state)


@pytest.mark.parametrize(("facts", "state"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_order_in_which_it_is_heard_of_changes_nothing(facts: list[Any], state: str) -> None:
    for seed in range(4):
        shuffled = [STARTED, R1, R2, restored("11:00"), *facts]
        Random(seed).shuffle(shuffled)
        outage = Outage()
        outage.hears_all(*shuffled)
        stands = [how for _, how in told(outage)]
        assert stands[-1:] == [state] or (state == "voided" and not stands), (
            "what was never promised need not be voided"
        )


def test_who_is_not_reached_counts_as_the_policy_says() -> None:
    facts = [done("15:00"), *IN_VAIN]
    strict = replace(POLICY, settings=replace(POLICY.settings, followups=FollowupTimes(unreached="not-called")))
    assert told(over(*facts)) == [("1", "kept")]
    assert told(over(*facts, policy=strict)) == [("1", "open")]
    assert told(over(*facts, done("9:00", "r-2", day=6), policy=strict)) == [("1", "kept")]


def test_where_nobody_calls_it_is_called_at_risk_twice_and_then_it_is_broken() -> None:
    outage = over(done("15:00"))
    for now in (at("23:00"), at("8:36", day=6), at("11:00", day=6)):
        outage.moves_to(now, only=f"promise/{MRID}/{RULE}")
    assert [one.number for one in outage.events("promise.at-risk") if one.rule.rule_id == RULE] == [1, 2]
    assert outage.promise(RULE)["state"] == "broken"
    outage.hears(done("12:00", "r-2", day=6))
    assert outage.promise(RULE)["state"] == "broken"


def test_a_call_that_is_heard_of_when_it_was_called_broken_corrects_that() -> None:
    outage = over(done("15:00"))
    outage.moves_to(at("11:00", day=6), only=f"promise/{MRID}/{RULE}")
    outage.hears(done("10:00", "r-2", day=6))
    corrected = outage.events("promise.corrected")[-1]
    assert (corrected.was, corrected.now, corrected.reason) == ("broken", "kept", "done-in-time")


def test_power_that_goes_off_again_makes_another_promise_to_whom_nobody_had_called() -> None:
    outage = over(done("15:00"), reopened("18:00"), reported("18:10", report_id="r-3"), restored("20:00"))
    assert told(outage) == [("1", "voided"), ("2", "open")]
    assert outage.events("promise.voided")[-1].reason == "reopened"
    outage.hears_all(done("20:30", "r-2"), done("20:40", "r-3"))
    assert told(outage) == [("1", "voided"), ("2", "kept")]


def test_who_was_called_before_it_went_off_again_is_called_once_more_only_where_the_policy_says_so() -> None:
    facts = [done("15:00"), done("15:10", "r-2"), reopened("18:00"), restored("20:00")]
    everybody = replace(POLICY, settings=replace(POLICY.settings, followups=FollowupTimes(reopened="everybody")))
    assert told(over(*facts)) == [("1", "kept")]
    assert told(over(*facts, policy=everybody)) == [("1", "kept"), ("2", "open")]


def test_a_restoration_that_was_none_binds_nobody_to_call_and_the_next_one_does() -> None:
    outage = Outage()
    outage.hears_all(STARTED, R1, part("10:00", "up-1"), part("10:30", "up-2"), part("11:00", "up-3"))
    assert told(outage) == [("1", "open")]
    outage.hears(extent_changed("9:40", points("up-1", "up-2", "up-3", "up-4")))
    assert told(outage) == [("1", "voided")]
    assert outage.events("promise.voided")[-1].reason == "restoration-taken-back"
    outage.hears(restored("12:00"))
    assert told(outage) == [("1", "voided"), ("1.2", "open")]
    assert [one["dueAt"] for one in outage.view["promises"] if one["ruleId"] == RULE][-1] == iso(at("12:00", day=6))


def test_a_report_that_comes_to_us_late_is_owed_its_call() -> None:
    outage = over(done("15:00"), done("15:10", "r-2"))
    outage.hears(reported("10:30", report_id="r-3"))
    assert told(outage) == [("1", "voided"), ("1.2", "open")]
    corrected = outage.events("promise.corrected")[-1]
    assert (corrected.was, corrected.now, corrected.reason) == ("kept", "voided", "proof-overturned")


def test_a_rule_that_cannot_be_measured_is_refused_at_the_start() -> None:
    rule = replace(POLICY.rules[RULE], measure_from="first-report")
    with pytest.raises(PolicyError, match="from 'restoration-confirmed' to 'followup-done'"):
        check(replace(POLICY, rules={**POLICY.rules, RULE: rule}))


TIMES = st.integers(0, 9).map(lambda minutes: at("9:00") + timedelta(minutes=minutes))


@given(st.lists(st.tuples(st.sampled_from("abcdef"), TIMES), max_size=20), TIMES)
def test_reporters_are_kept_by_their_first_word(told_of: list[tuple[str, datetime]], until: datetime) -> None:
    found = Reporters()
    first: dict[str, datetime] = {}
    for name, when in told_of:
        found = found.hear(name, when)
        first[name] = min(when, first.get(name, when))
    wanted = sorted((when, name) for name, when in first.items() if when <= until)
    assert [*found.until(until)] == [name for _, name in wanted]
    assert found.count_until(until) == len(wanted)
    assert len(found.by_id) == len(first)
