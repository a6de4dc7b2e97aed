"""Judge one plan by the yearly limits: findings name the usage points and what used them up. Pure."""

from __future__ import annotations

from datetime import datetime

from schemas.contracts.dispatch import PlanBody
from schemas.contracts.notices import Finding
from services.places import normal, normals
from services.planner.domain.notice_content import NoticeContent
from services.planner.domain.traits import approved
from services.planner.domain.verdict.findings import HOLDS, NARROWED, SET_ASIDE, Findings
from services.planner.domain.verdict.other_work import OtherWork
from services.planner.domain.verdict.yearly_budget import (
    BoundPoints,
    YearUsedUp,
    by_point,
    limits,
    not_checked,
    room,
    said,
    spent,
)
from services.policy import Policy, Rule, rule_ref
from services.policy.calendar import WorkingCalendar

NO_ROOM = "no-room-in-sight"


def yearly(
    plan: PlanBody,
    policy: Policy,
    calendar: WorkingCalendar,
    known: OtherWork,
    earliest: datetime,
    within: NoticeContent | None,
) -> Findings:
    """Hold `plan` to its yearly limits. `within`: its own notice in force, which has its places in the year already.

    Only those places: a usage point that the notice did not name, or a start in another year, needs room of its own.
    """
    part = Findings(earliest)
    unchecked = not_checked(plan, policy, known.network)
    if unchecked is not None:
        part.warnings.append(unchecked)
    used, year, zone = by_point(known.used), policy.settings.budget_year, calendar.zone
    binding: list[BoundPoints] = []
    for bound in limits(plan, policy, known.network):
        rule, points = bound.rule, bound.points
        ref, excused = rule_ref(policy, rule, calendar), approved(plan, rule)
        full = spent(points, used, plan.planned_period.start, rule, year, zone)
        there = spent(points, used, within.period.start, rule, year, zone) if within else []
        held = _held(plan, within, known, there) if within else set()
        over = [each for each in full if each.usage_point not in held]
        required = f"at most {rule.amount} planned outages in a {year} year for each usage point"
        given = said(over or full, zone) if full else f"room at all {len(points)} usage points"
        reason = _reason(rule, full, over, excused=excused)
        part.findings.append(Finding(rule=ref, reason=reason, holds=not full, required=required, given=given))
        if over and excused:
            part.warnings.append(f"exception-used:{rule.id}")
        elif over:
            part.reasons.append(rule.refusal)
        if not rule.verified:
            part.warnings.append(f"unverified-rule:{rule.id}")
        if not excused and (over or within is None):
            binding.append(bound)
    if binding:
        first = room(binding, used, earliest, year, zone)
        part.warnings += [] if first is not None else [NO_ROOM]
        part.earliest = first or earliest
    return part


def _reason(rule: Rule, full: list[YearUsedUp], over: list[YearUsedUp], *, excused: bool) -> str:
    """What a finding is called. `over`: what of `full` the notice in force does not hold already."""
    if not full:
        return HOLDS
    if not over:
        return NARROWED
    return SET_ASIDE if excused else rule.refusal


def _held(plan: PlanBody, within: NoticeContent, known: OtherWork, full: list[YearUsedUp]) -> set[str]:
    """Of what is full at the noticed start, the usage points whose place the notice holds: it names or, by the model, cuts them."""
    if within.outage_class != plan.outage_class:
        return set()
    volts, network = within.extent.nominal_voltage, known.network
    if volts is None and network is not None:
        volts = network.nominal_voltage
    noticed = normals((*within.extent.usage_points, *(network.noticed if network else ())))
    if volts != plan.extent.nominal_voltage:
        # It has its place under the limit that it was counted by: at another voltage that is the model's alone.
        noticed &= network.voltages.keys() if network is not None else frozenset()
    return {each.usage_point for each in full if normal(each.usage_point) in noticed}
