"""Judges one plan by the policy: every rule with its figures, and the first start that would be lawful.

Pure. A plan accepted is published at once, so the clock of the public notice starts at `now`; that of the key
customers starts when the notifier has had its informing time (policy, [settings.key_customers]). What a year has room
for stands in budget.py, what overlaps in overlaps.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.base import RuleRef
from schemas.dispatch import PlanBody
from schemas.notices import Finding, Overlap
from services.kernel.calendar import WorkingCalendar
from services.planner.budget import by_point, limits, not_checked, room, said, spent
from services.planner.known import NOTHING, Known
from services.planner.overlaps import offers, relabelled
from services.planner.traits import approved, bad_exceptions, missing, traits
from services.policy import Policy, Rule, earliest_start, notice_by, rule_ref

PUBLISHED, INFORMED, STARTED = "notice-published", "key-customers-informed", "planned-start"
OBLIGATIONS = ("public-notice", "key-customer-notice")
TOO_FAR, TOO_LONG = "too-far-ahead", "period-too-long"
HOLDS, SET_ASIDE, NARROWED = "rule-met", "set-aside-by-exception", "inside-notice-in-force"
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


def judge(
    plan: PlanBody,
    policy: Policy,
    calendar: WorkingCalendar,
    now: datetime,
    *,
    inside_notice: bool = False,
    known: Known = NOTHING,
) -> Verdict:
    """Judge `plan` as published at `now` (aware).

    `inside_notice`: the plan lies wholly within a notice in force, whose clock it keeps; its content must still be
    complete. `known`: other work that it meets. Source: 第2篇 第十条(二)10 and the rules the policy adds.
    """
    clock = _notice(plan, policy, calendar, now, inside_notice=inside_notice)
    year = _budget(plan, policy, calendar, known, clock.earliest, booked=inside_notice)
    slips = tuple(_implausible(plan, policy, calendar, now))
    reasons = _once([*(slip.reason for slip in slips), *clock.reasons, *year.reasons])
    warnings = [*bad_exceptions(plan, policy), *clock.warnings, *year.warnings, *relabelled(plan, known.works)]
    if plan.safety_cut:
        warnings = ["safety-cut", *(f"safety-cut-gap:{reason}" for reason in reasons), *warnings]
        reasons = ()
    return Verdict(
        not reasons,
        (*slips, *clock.findings, *year.findings),
        reasons,
        _whole(year.earliest),
        _once(warnings),
        tuple(offers(plan, known.works)),
    )


@dataclass(slots=True)
class _Part:
    """What one kind of rule says."""

    earliest: datetime
    findings: list[Finding] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def _notice(plan: PlanBody, policy: Policy, calendar: WorkingCalendar, now: datetime, *, inside_notice: bool) -> _Part:
    part = _Part(now)
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
        finding = _clock(rule, ref, plan, now, lawful, calendar)
        excused = approved(plan, rule)
        if finding.holds or inside_notice or excused:
            if not finding.holds:
                finding = _with_reason(finding, NARROWED if inside_notice else SET_ASIDE)
                part.warnings += [f"exception-used:{rule.id}"] * (not inside_notice)
        else:
            part.reasons.append(rule.refusal)
        if not excused:
            part.earliest = max(part.earliest, lawful)
        part.findings.append(finding)
    return part


def _budget(
    plan: PlanBody, policy: Policy, calendar: WorkingCalendar, known: Known, earliest: datetime, *, booked: bool
) -> _Part:
    """`booked`: the plan lies inside its own notice, which has its place in the year already."""
    part = _Part(earliest)
    unchecked = not_checked(plan, policy)
    if unchecked is not None:
        part.warnings.append(unchecked)
    points = tuple(dict.fromkeys(point.strip() for point in plan.extent.usage_points))
    used, year, zone = by_point(known.used), policy.settings.budget_year, calendar.zone
    binding_rules = []
    for rule in limits(plan, policy):
        if not points:
            continue
        ref, excused = rule_ref(policy, rule, calendar), approved(plan, rule)
        full = spent(points, used, plan.planned_period.start, rule, year, zone)
        required = f"at most {rule.amount} planned outages in a {year} year for each usage point"
        if not full:
            given = f"room at all {len(points)} usage points"
            part.findings.append(Finding(rule=ref, reason=HOLDS, holds=True, required=required, given=given))
        else:
            reason = NARROWED if booked else SET_ASIDE if excused else rule.refusal
            words = said(full, zone)
            part.findings.append(Finding(rule=ref, reason=reason, holds=False, required=required, given=words))
            part.reasons += [] if excused or booked else [rule.refusal]
            part.warnings += [f"exception-used:{rule.id}"] if excused and not booked else []
        if not rule.verified:
            part.warnings.append(f"unverified-rule:{rule.id}")
        if not (excused or booked):
            binding_rules.append((rule, year))
    if binding_rules:
        first = room(points, used, earliest, binding_rules, zone)
        part.warnings += [] if first is not None else ["no-room-in-sight"]
        part.earliest = first or earliest
    return part


def _implausible(plan: PlanBody, policy: Policy, calendar: WorkingCalendar, now: datetime) -> Iterator[Finding]:
    """Slips of the pen that no dispatcher can mean ([settings.plausible]), each with its figures."""
    period, settings, zone = plan.planned_period, policy.settings, calendar.zone
    latest = now + settings.furthest_ahead
    if period.start > latest:
        yield _slip(policy, "furthest_ahead", TOO_FAR, f"a start by {shown(latest, zone)}", shown(period.start, zone))
    if period.end - period.start > settings.longest:
        required, given = f"at most {settings.longest.days} days", f"{(period.end - period.start).days} days"
        yield _slip(policy, "longest", TOO_LONG, required, given)


def _slip(policy: Policy, key: str, reason: str, required: str, given: str) -> Finding:
    ref = RuleRef(policy_id=policy.id, policy_version=policy.version, rule_id=f"settings.plausible.{key}")
    return Finding(rule=ref, reason=reason, holds=False, required=required, given=given)


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


def binding(plan: PlanBody, policy: Policy) -> Iterator[Rule]:
    """The notice rules that bind `plan`."""
    for obligation in OBLIGATIONS:
        yield from policy.select(obligation, **traits(plan))


def check(policy: Policy) -> None:
    """Make sure that the planner can measure every notice rule of `policy`.

    Raises:
        ValueError: a rule measures from or to a moment that a plan does not have; names it and what it may say.

    """
    known = {(PUBLISHED, STARTED, "at-least"), (INFORMED, STARTED, "at-least"), (PUBLISHED, INFORMED, "at-most")}
    for rule in policy.rules.values():
        if rule.obligation in OBLIGATIONS and (rule.measure_from, rule.measure_to, rule.limit) not in known:
            ways = "; ".join(" → ".join(way[:2]) + f" {way[2]}" for way in sorted(known))
            raise ValueError(
                f"rule {rule.id} of policy {policy.id}: the planner cannot measure {rule.measure_from} → "
                f"{rule.measure_to} {rule.limit}; write one of: {ways}"
            )


def _first_start(rule: Rule, policy: Policy, calendar: WorkingCalendar, now: datetime) -> tuple[datetime, bool]:
    """The first start that one rule accepts for a plan published at `now`."""
    told = now + policy.settings.informing_time if rule.measure_from == INFORMED else now
    return earliest_start(rule, told, calendar)


def _clock(
    rule: Rule, ref: RuleRef, plan: PlanBody, now: datetime, lawful: datetime, calendar: WorkingCalendar
) -> Finding:
    start = plan.planned_period.start
    zone = calendar.zone
    counted = f" ({rule.day_count})" if rule.day_count else ""
    margin = start - lawful
    return Finding(
        rule=ref,
        reason=HOLDS if margin >= timedelta(0) else rule.refusal,
        holds=margin >= timedelta(0),
        required=f"{rule.amount} {rule.unit}{counted} from {rule.measure_from} to {rule.measure_to}: "
        f"by {shown(notice_by(rule, start, calendar), zone)}, or a start from {shown(lawful, zone)}",
        given=f"published {shown(now, zone)}, start {shown(start, zone)}",
        # Rounded away from zero when missing, so that a plan refused never shows a margin of 0.
        margin_seconds=margin // timedelta(seconds=1),
    )


def _with_reason(finding: Finding, reason: str) -> Finding:
    return Finding(
        rule=finding.rule,
        reason=reason,
        holds=False,
        required=finding.required,
        given=finding.given,
        margin_seconds=finding.margin_seconds,
    )


def _whole(instant: datetime) -> datetime:
    """Rounded up to the millisecond: a dispatch system that keeps no finer time can use it."""
    surplus = timedelta(microseconds=instant.microsecond % 1000)
    return instant + (MILLISECOND - surplus if surplus else surplus)


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def shown(instant: datetime, zone: ZoneInfo) -> str:
    """`instant` in the utility's zone, to the minute or as exact as it is."""
    local = instant.astimezone(zone)
    exact = local.second or local.microsecond
    return local.isoformat(timespec="milliseconds" if exact else "minutes")
