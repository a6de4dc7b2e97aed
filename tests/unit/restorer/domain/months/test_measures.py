"""What is measured of an outage where no case has a deadline: from the facts alone, in any order."""

import random
from datetime import timedelta
from typing import Any

import pytest

from services.restorer.domain.months.measures import measured
from tests.kits.deciders.restorer import (
    CALENDAR,
    POLICY,
    Outage,
    crew,
    reopened,
    reported,
    restored,
    started,
    withdrawn,
)

URBAN, RURAL = "cn.fault.crew-average-urban", "cn.fault.crew-average-rural"
DISPATCH = "cn.fault.dispatch-at-once"
Case = tuple[int, timedelta | None, str | None]


def of(rule: str, *facts: Any) -> list[Case]:
    """Episode, time taken and why it is left out, of each case of a rule in an outage that was told these facts."""
    outage = Outage()
    for fact in facts:
        outage.hears(fact)
    return [
        (case.episode, None if case.done_at is None else case.done_at - case.since, case.left_out)
        for case in measured(outage.state, POLICY, CALENDAR)
        if case.rule.rule_id == rule
    ]


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def test_a_crew_is_measured_from_the_first_report_where_the_rule_is_for() -> None:
    assert of(URBAN, reported("9:20"), started(), crew("9:50", "arrived")) == [(1, minutes(30), None)]
    assert of(RURAL, reported("9:20"), started(), crew("9:50", "arrived")) == []
    in_the_country = reported("9:20", territory="rural")
    assert of(RURAL, in_the_country, started(), crew("10:50", "arrived")) == [(1, minutes(90), None)]


def test_from_report_to_dispatch_is_measured_though_no_rule_says_by_when() -> None:
    assert of(DISPATCH, reported("9:20"), started(), crew("9:27", "assigned")) == [(1, minutes(7), None)]


def test_a_crew_that_nobody_recorded_waits_and_one_that_was_not_needed_is_left_out() -> None:
    assert of(URBAN, reported("9:20"), started()) == [(1, None, None)]
    assert of(URBAN, reported("9:20"), started(), restored("9:40")) == [(1, None, "restored-before-crew")]
    assert of(URBAN, started()) == [], "a fault that nobody reported has no report to measure from"
    assert of(URBAN, reported("9:20"), started(), withdrawn("9:40")) == []


def test_each_time_without_power_is_a_case() -> None:
    facts = [reported("9:20"), started(), crew("9:50", "arrived"), restored("10:00"), reopened("11:00")]
    assert of(URBAN, *facts, crew("11:10", "arrived")) == [(1, minutes(30), None), (2, minutes(10), None)]


@pytest.mark.parametrize("seed", range(6))
def test_the_order_in_which_facts_come_does_not_show(seed: int) -> None:
    facts = [reported("9:20"), started(), crew("9:25", "assigned"), crew("9:50", "arrived"), restored("10:00")]
    in_order = [of(rule, *facts) for rule in (URBAN, DISPATCH)]
    jumbled = [*facts, *facts[1:3]]
    random.Random(seed).shuffle(jumbled)
    assert [of(rule, *jumbled) for rule in (URBAN, DISPATCH)] == in_order
