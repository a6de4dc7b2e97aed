"""To explain is shown as not measured where the rule names no time, and as a promise like any other where it names one."""

from dataclasses import replace
from decimal import Decimal

from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.months.figures import NO_FIGURES
from services.restorer.domain.months.in_force import cited
from services.restorer.domain.months.statement import rows_of

STANDARD = load_policy(policy_path("cn-service-standard"))
CALENDAR = WorkingCalendar("CN", "Asia/Shanghai")
FAULT = "cn.fault.explanation"


def measured(amount: Decimal | None) -> bool:
    rule = replace(STANDARD.rules[FAULT], amount=amount, unit="minutes")
    policy = replace(STANDARD, rules={**STANDARD.rules, FAULT: rule})
    return next(row.measured for row in rows_of(cited(policy, CALENDAR), NO_FIGURES, {}) if row.rule.rule_id == FAULT)


def test_without_a_time_it_is_not_measured() -> None:
    assert not measured(None)


def test_with_one_a_month_without_enquiries_has_no_case_and_is_measured() -> None:
    assert measured(Decimal(10))
