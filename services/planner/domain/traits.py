"""Describe a plan in the words that rules ask for (applies_when), and what a notice of it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from math import inf

from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import PlanBody
from services.places import distinct
from services.policy import Policy, Rule

_MINUTE = timedelta(minutes=1)
PUBLISHED, INFORMED, STARTED = "notice-published", "key-customers-informed", "planned-start"
"""The moments of a plan that notice rules measure from and to."""


def usage_points(plan: PlanBody) -> tuple[str, ...]:
    """Those named, each once, as they were first written without blanks around them."""
    return distinct(point.strip() for point in plan.extent.usage_points)


# What a rule's content_required may name, and how a plan shows it. The planner itself puts the date of the notice, the
# duration and the telephone line into every notice (notice/text.py).
CONTENT: Mapping[str, Callable[[PlanBody], object]] = {
    "line": lambda plan: distinct(plan.extent.lines),
    "area": lambda plan: distinct(plan.extent.areas),
    "transformer": lambda plan: distinct(plan.extent.transformers),
    "usage-point": usage_points,
    "start": lambda plan: plan.planned_period.start,
    "end": lambda plan: plan.planned_period.end,
    "duration": lambda plan: plan.planned_period.end,
    "reason": lambda plan: plan.reason and plan.reason.strip(),
    "alternate-period": lambda plan: plan.alternate_period,
    "notice-date": lambda _: True,
    "phone": lambda _: True,
}


def traits(plan: PlanBody) -> dict[str, object]:
    """Class, duration in minutes, customers affected (an unknown number counts as many), kilovolts where given."""
    return traits_of(plan.outage_class, plan.extent, plan.planned_period, safety_cut=plan.safety_cut)


def traits_of(
    outage_class: str, extent: Extent, period: Period | None, *, safety_cut: bool = False
) -> dict[str, object]:
    """The same of a notice, or of a start that no plan announced; an end that nobody knows counts as far away."""
    found: dict[str, object] = {
        "outage_class": outage_class,
        "duration_minutes": inf if period is None else (period.end - period.start) / _MINUTE,
        "customers_affected": inf if extent.customers_affected is None else extent.customers_affected,
        "safety_cut": safety_cut,
    }
    if extent.nominal_voltage is not None:
        found["nominal_voltage"] = extent.nominal_voltage
    return found


def missing(plan: PlanBody, rule: Rule) -> Iterator[str]:
    """What `rule` wants named and the plan does not name."""
    return (name for name in rule.content_required if not CONTENT[name](plan))


NAMED_APPROVER = "named-approver"


def approved(plan: PlanBody, rule: Rule) -> bool:
    """Whether a person with a name set `rule` aside for this plan, with a reason, and the rule allows it."""
    return NAMED_APPROVER in rule.exceptions and any(
        each.rule_id == rule.id and each.reason.strip() and each.approver.strip() for each in plan.exceptions
    )


def bad_exceptions(plan: PlanBody, policy: Policy) -> Iterator[str]:
    """Exceptions that set nothing aside, each by name, so that nobody relies on them."""
    for each in plan.exceptions:
        rule = policy.rules.get(each.rule_id)
        if rule is None:
            yield f"exception-of-unknown-rule:{each.rule_id}"[:200]
        elif NAMED_APPROVER not in rule.exceptions:
            yield f"exception-not-allowed:{rule.id}"
        elif not (each.reason.strip() and each.approver.strip()):
            yield f"exception-without-reason-or-approver:{rule.id}"
