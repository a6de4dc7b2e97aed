"""Compute by when key customers must have been told of a plan, and under which rule. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from schemas.contracts.base import RuleRef
from schemas.contracts.dispatch import PlanBody
from services.planner.domain.traits import INFORMED, PUBLISHED, STARTED, traits
from services.policy import Policy, Rule, earliest_start, notice_by, rule_ref
from services.policy.calendar import WorkingCalendar


@dataclass(frozen=True, slots=True)
class InformBy:
    """By when, under which rule (none: the policy has none for such work), and when it is called at risk, first and again."""

    at: datetime
    rule: RuleRef | None
    warn_at: datetime
    warn_again_at: tuple[datetime, ...]
    provisional: bool
    """Counted over a year whose holidays nobody has announced."""


def inform_by(plan: PlanBody, policy: Policy, calendar: WorkingCalendar, now: datetime) -> InformBy:
    """By when the key customers must have been told of a plan published at `now`.

    The strictest rule leads, and the promise rests on the strictest that can still be kept. Where the lawful time is past
    or too near (safety cut, exception, narrowing), they are told within the informing time, and before the work begins if
    it is not begun.
    """
    start = plan.planned_period.start
    found = sorted(_informing(plan, policy, calendar, now), key=lambda each: (each[1], each[0].id))
    due = min([start, *(due for _, due, _ in found)])
    soonest = now + policy.settings.informing_time
    at = soonest if start <= now else min(start, max(due, soonest))
    # A rule whose time is past cannot be kept any more: the promise rests on the strictest that can, if there is one.
    leading = next((rule for rule, due, _ in found if due >= soonest), found[0][0] if found else None)
    provisional = any(provisional for _, _, provisional in found)
    if leading is None:
        return InformBy(at, None, at, (), provisional)
    # Not before half the time: where it is short, it is not called at risk as soon as it runs.
    first, *again = policy.warnings(leading, now, at, min(leading.at_risk_before, (at - now) / 2))
    return InformBy(at, rule_ref(policy, leading, calendar), first, tuple(again), provisional)


def _informing(
    plan: PlanBody, policy: Policy, calendar: WorkingCalendar, now: datetime
) -> Iterator[tuple[Rule, datetime, bool]]:
    for rule in policy.select("key-customer-notice", **traits(plan)):
        if rule.measure_to == STARTED:
            due = notice_by(rule, plan.planned_period.start, calendar)
            yield rule, due, earliest_start(rule, due, calendar)[1]
        elif rule.measure_to == INFORMED and rule.measure_from == PUBLISHED:
            yield rule, *earliest_start(rule, now, calendar)
