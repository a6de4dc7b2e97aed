"""By when key customers must have been told of a plan, and under which rule. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from schemas.base import RuleRef
from schemas.dispatch import PlanBody
from services.kernel.calendar import WorkingCalendar
from services.planner.traits import INFORMED, PUBLISHED, STARTED, traits
from services.policy import Policy, Rule, earliest_start, notice_by, rule_ref


def inform_by(plan: PlanBody, policy: Policy, calendar: WorkingCalendar, now: datetime) -> datetime:
    """By when the key customers must have been told of a plan published at `now`.

    The strictest rule leads; where the lawful time is past or too near (safety cut, exception, narrowing), they are
    told within the informing time, and before the work begins if it is not begun.
    """
    start = plan.planned_period.start
    due = min([start, *(due for _, due in _informing(plan, policy, calendar, now))])
    soonest = now + policy.settings.informing_time
    return max(now, min(start, max(due, soonest)))


def inform_rule(plan: PlanBody, policy: Policy, calendar: WorkingCalendar, now: datetime) -> RuleRef | None:
    """The strictest rule behind `inform_by`; None where the policy has none for such work."""
    rules = sorted(_informing(plan, policy, calendar, now), key=lambda each: (each[1], each[0].id))
    return rule_ref(policy, rules[0][0], calendar) if rules else None


def _informing(
    plan: PlanBody, policy: Policy, calendar: WorkingCalendar, now: datetime
) -> Iterator[tuple[Rule, datetime]]:
    for rule in policy.select("key-customer-notice", **traits(plan)):
        if rule.measure_to == STARTED:
            yield rule, notice_by(rule, plan.planned_period.start, calendar)
        elif rule.measure_to == INFORMED and rule.measure_from == PUBLISHED:
            yield rule, earliest_start(rule, now, calendar)[0]
