"""What all cases of a month come to together: averages and rates, and the side to which they are rounded."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from schemas.contracts.base import RuleRef
from services.policy import Policy, load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.months.figures import MonthFigures, RuleFigures
from services.restorer.domain.months.in_force import cited
from services.restorer.domain.months.judging import judged

NOW = datetime(2026, 4, 3, 16, tzinfo=UTC)
POLICY = load_policy(policy_path("cn-service-standard"))
CALENDAR = WorkingCalendar("CN", "Asia/Shanghai")
AVERAGE, RATE, CALLS = "cn.fault.crew-average-urban", "cn.fulfilment.rate", "cn.followup.rate"


def cases(rule: str, **counts: object) -> dict[str, RuleFigures]:
    ref = RuleRef(policy_id="cn", policy_version="1", rule_id=rule)
    return {rule: RuleFigures(rule=ref, **counts)}  # type: ignore[arg-type]


def verdict(rule: str, found: dict[str, RuleFigures], policy: Policy = POLICY) -> tuple[str, float | None]:
    words = judged("2026-03", MonthFigures(found, 1, "d"), {}, cited(policy, CALENDAR), NOW)
    (word,) = [one for one in words if one.rule.rule_id == rule]
    return word.verdict, word.figure


def test_an_average_is_of_cases_that_are_known_and_never_rounded_to_its_limit() -> None:
    assert verdict(AVERAGE, cases(AVERAGE, measured=3, waiting=4, total_us=8_100_000_000)) == ("kept", 45.0)
    assert verdict(AVERAGE, cases(AVERAGE, measured=3, total_us=8_100_060_000)) == ("broken", 45.01)
    assert verdict(AVERAGE, cases(AVERAGE, waiting=2)) == ("no-cases", None)
    assert verdict(AVERAGE, {}) == ("no-cases", None)


def test_one_broken_promise_of_a_million_is_not_a_hundred_percent() -> None:
    assert verdict(RATE, cases("cn.fault.crew-45min", kept=1_000_000, voided=7)) == ("kept", 100.0)
    assert verdict(RATE, cases("cn.fault.crew-45min", kept=999_999, broken=1)) == ("broken", 99.99)
    assert verdict(RATE, cases("cn.fault.crew-45min", open=3, voided=1)) == ("no-cases", None)


def test_calls_back_are_a_rate_of_those_that_were_due_and_not_measured_without_any() -> None:
    assert verdict(CALLS, cases(CALLS, measured=9, waiting=1)) == ("kept", 90.0)
    assert verdict(CALLS, cases(CALLS, measured=8, waiting=1)) == ("broken", 88.88)
    assert verdict(CALLS, {}) == ("not-measured", None)


def test_an_average_between_moments_that_nobody_sees_is_not_measured() -> None:
    rule = replace(POLICY.rules[AVERAGE], measure_from="call-rings", unit="seconds", amount=Decimal(12))
    policy = replace(POLICY, rules={**POLICY.rules, AVERAGE: rule})
    assert verdict(AVERAGE, {}, policy) == ("not-measured", None)


@pytest.mark.parametrize("territory", ["urban", "rural", "remote"])
def test_an_average_names_the_territory_that_it_is_for(territory: str) -> None:
    words = judged("2026-03", MonthFigures({}, 0, "d"), {}, cited(POLICY, CALENDAR), NOW)
    (word,) = [one for one in words if one.rule.rule_id == f"cn.fault.crew-average-{territory}"]
    assert word.territories == (territory,)


def test_what_was_said_is_not_said_again_and_a_late_case_corrects_it() -> None:
    figures = MonthFigures(cases(AVERAGE, measured=1, total_us=2_400_000_000), 1, "d")
    said = {word.rule.rule_id: word for word in judged("2026-03", figures, {}, cited(POLICY, CALENDAR), NOW)}
    assert not [*judged("2026-03", figures, said, cited(POLICY, CALENDAR), NOW)]
    late = MonthFigures(cases(AVERAGE, measured=2, total_us=7_200_000_000), 2, "e")
    (word,) = [
        one for one in judged("2026-03", late, said, cited(POLICY, CALENDAR), NOW) if one.rule.rule_id == AVERAGE
    ]
    assert (word.number, word.was, word.verdict, word.reason) == (2, "kept", "broken", "late-facts")
