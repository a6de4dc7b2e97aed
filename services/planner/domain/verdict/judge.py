"""Judge one plan by the policy: every rule with its figures, and the first start that would be lawful.

Pure. A plan accepted is published at once, so the clock of the public notice starts at `now`; that of the key
customers starts when the notifier has had its informing time (policy, [settings.key_customers]), counted from the morning
where the plan comes in quiet hours: nobody is woken for work that begins later. What a year has room
for stands in yearly_limit.py and yearly_budget.py, data-entry errors in data_entry_errors.py, what overlaps in overlaps.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from schemas.contracts.base import RuleRef
from schemas.contracts.dispatch import PlanBody
from schemas.contracts.network import ModelRef
from schemas.contracts.notices import Finding, Overlap
from services.kernel.clock import utc
from services.planner.domain.notice_content import NoticeContent
from services.planner.domain.traits import INFORMED, PUBLISHED, STARTED, approved, bad_exceptions, missing, traits
from services.planner.domain.verdict.data_entry_errors import contradicted, implausible
from services.planner.domain.verdict.findings import HOLDS, NARROWED, SET_ASIDE, Findings, shown
from services.planner.domain.verdict.other_work import NOTHING, OtherWork, with_voltage
from services.planner.domain.verdict.overlaps import offers, relabelled
from services.planner.domain.verdict.yearly_limit import NO_ROOM, yearly
from services.policy import Between, Policy, Rule, earliest_start, notice_by, rule_ref
from services.policy.calendar import WorkingCalendar

OBLIGATIONS = ("public-notice", "key-customer-notice")
OUT_OF_REACH = "room-only-too-far-ahead"
FINAL = frozenset({"already-started", "already-over", "cancelled-before-requested", "plan-too-large"})
"""Reasons for which no other start would help."""
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy says to one plan at one instant."""

    accepted: bool
    findings: tuple[Finding, ...]
    reasons: tuple[str, ...]
    """Why not; for a safety cut, which is never refused, empty: its gaps stand in findings and warnings."""
    earliest_lawful_start: datetime
    """The first start that every notice rule not set aside would accept, to the next millisecond."""
    warnings: tuple[str, ...]
    overlaps: tuple[Overlap, ...] = ()
    network_models: tuple[ModelRef, ...] = ()
    """The editions of the network model that had a say."""

    @property
    def lawful_start(self) -> datetime | None:
        """The earliest one; None where no start would help, or no year within sight has room."""
        hopeless = FINAL & set(self.reasons) or NO_ROOM in self.warnings
        return None if hopeless else self.earliest_lawful_start


def judge(
    plan: PlanBody,
    policy: Policy,
    calendar: WorkingCalendar,
    now: datetime,
    *,
    within: NoticeContent | None = None,
    known: OtherWork = NOTHING,
) -> Verdict:
    """Judge `plan` as published at `now` (aware).

    `within`: the notice in force that the plan lies wholly within; it keeps that notice's clock and its places in the
    year, and its content must still be complete. `known`: other work that it meets, and what the network model says of its
    places. Source: 第2篇 第十条(二)10 and the rules the policy adds.
    """
    inside = within is not None
    plan = with_voltage(plan, known.network)
    clock = _notice(plan, policy, calendar, now, within)
    year = yearly(plan, policy, calendar, known, clock.earliest, within)
    parts = (
        implausible(plan, policy, calendar, now),
        contradicted(policy, known.network, now, inside=inside),
        clock,
        year,
    )
    reasons = _once(reason for part in parts for reason in part.reasons)
    warnings = [*bad_exceptions(plan, policy), *(warning for part in parts for warning in part.warnings)]
    warnings += relabelled(plan, known.works)
    if year.earliest > now + policy.settings.furthest_ahead:
        warnings.append(OUT_OF_REACH)
    if plan.safety_cut:
        warnings = ["safety-cut", *(f"safety-cut-gap:{reason}" for reason in reasons), *warnings]
        reasons = ()
    return Verdict(
        not reasons,
        tuple(finding for part in parts for finding in part.findings),
        reasons,
        _whole(year.earliest),
        _once(warnings),
        tuple(offers(plan, known.works)),
        known.network.editions if known.network is not None else (),
    )


def _notice(
    plan: PlanBody, policy: Policy, calendar: WorkingCalendar, now: datetime, within: NoticeContent | None
) -> Findings:
    part = Findings(now)
    for rule in binding(plan, policy):
        ref = rule_ref(policy, rule, calendar)
        for content in missing(plan, rule):
            reason = f"{content}-missing"
            required = f"the notice names: {content}"
            part.findings.append(Finding(rule=ref, reason=reason, holds=False, required=required))
            part.reasons.append(reason)
        if not rule.verified:
            part.warnings.append(f"unverified-rule:{rule.id}")
        if rule.measure_to != STARTED:
            continue
        lawful, provisional = _first_start(rule, policy, calendar, now)
        if provisional:
            part.warnings.append("provisional-calendar")
        # The clock of a notice goes on only for rules that bound it: more customers can bring others.
        inside_notice = within is not None and rule.applies(within.traits)
        finding = _clock(rule, ref, plan, now, lawful, calendar, _informed(policy, calendar, now))
        excused = approved(plan, rule)
        if finding.holds or inside_notice or excused:
            if not finding.holds:
                finding = replace(finding, reason=NARROWED if inside_notice else SET_ASIDE)
                part.warnings += [f"exception-used:{rule.id}"] * (not inside_notice)
        else:
            part.reasons.append(rule.refusal)
        if not excused:
            part.earliest = max(part.earliest, lawful)
        part.findings.append(finding)
    return part


def binding(plan: PlanBody, policy: Policy) -> Iterator[Rule]:
    """The notice rules that bind `plan`."""
    for obligation in OBLIGATIONS:
        yield from policy.select(obligation, **traits(plan))


def check(policy: Policy) -> None:
    """Make sure that the planner can measure every notice rule of `policy`, and that it has one for planned work.

    Raises:
        ValueError: it has none; a rule measures from or to a moment that a plan does not have; names it and what it may say.

    """
    if not any(rule.obligation == "public-notice" and _binds_planned(rule) for rule in policy.rules.values()):
        raise ValueError(
            f"policy {policy.id} has no public-notice rule for planned work, which would then need no notice at all: add one"
        )
    known = {(PUBLISHED, STARTED, "at-least"), (INFORMED, STARTED, "at-least"), (PUBLISHED, INFORMED, "at-most")}
    for rule in policy.rules.values():
        if rule.obligation in OBLIGATIONS and (rule.measure_from, rule.measure_to, rule.limit) not in known:
            ways = "; ".join(" → ".join(way[:2]) + f" {way[2]}" for way in sorted(known))
            raise ValueError(
                f"rule {rule.id} of policy {policy.id}: the planner cannot measure {rule.measure_from} → "
                f"{rule.measure_to} {rule.limit}; write one of: {ways}"
            )


def _binds_planned(rule: Rule) -> bool:
    condition = rule.applies_when.get("outage_class")
    return condition is None or (not isinstance(condition, Between) and "planned" in condition)


def _first_start(rule: Rule, policy: Policy, calendar: WorkingCalendar, now: datetime) -> tuple[datetime, bool]:
    """The first start that one rule accepts for a plan published at `now`."""
    return earliest_start(rule, _informed(policy, calendar, now) if rule.measure_from == INFORMED else now, calendar)


def _informed(policy: Policy, calendar: WorkingCalendar, now: datetime) -> datetime:
    """When the key customers of a plan published at `now` have been told, at the latest."""
    return policy.settings.quiet.over(now, calendar.zone) + policy.settings.informing_time


def _clock(
    rule: Rule,
    ref: RuleRef,
    plan: PlanBody,
    now: datetime,
    lawful: datetime,
    calendar: WorkingCalendar,
    informed: datetime,
) -> Finding:
    start = plan.planned_period.start
    zone = calendar.zone
    counted = f" ({rule.day_count})" if rule.day_count else ""
    told = f", key customers told by {shown(informed, zone)}" if rule.measure_from == INFORMED else ""
    margin = start - lawful
    return Finding(
        rule=ref,
        reason=HOLDS if margin >= timedelta(0) else rule.refusal,
        holds=margin >= timedelta(0),
        required=f"{rule.amount} {rule.unit}{counted} from {rule.measure_from} to {rule.measure_to}: "
        f"by {shown(notice_by(rule, start, calendar), zone)}, or a start from {shown(lawful, zone)}",
        given=f"published {shown(now, zone)}{told}, start {shown(start, zone)}",
        # Rounded away from zero when missing, so that a plan refused never shows a margin of 0.
        margin_seconds=margin // timedelta(seconds=1),
    )


def _whole(instant: datetime) -> datetime:
    """In UTC, rounded up to the millisecond: a dispatch system that keeps no finer time can use it."""
    instant = utc(instant)
    surplus = timedelta(microseconds=instant.microsecond % 1000)
    return instant + (MILLISECOND - surplus if surplus else surplus)


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
