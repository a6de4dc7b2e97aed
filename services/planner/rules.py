"""Judges one plan by the policy: every rule with its figures, and the first start that would be lawful.

Pure. A plan accepted is published at once, so the clock of the public notice starts at `now`; that of the key
customers starts when the notifier has had its informing time (policy, [settings.key_customers]).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.base import RuleRef
from schemas.dispatch import PlanBody
from schemas.notices import Finding
from services.kernel.calendar import WorkingCalendar
from services.policy import Policy, Rule, earliest_start, notice_by, rule_ref

PUBLISHED, INFORMED, STARTED = "notice-published", "key-customers-informed", "planned-start"
OBLIGATIONS = ("public-notice", "key-customer-notice")
NAMED_APPROVER = "named-approver"
HOLDS, SET_ASIDE, NARROWED = "rule-met", "set-aside-by-exception", "inside-notice-in-force"
MILLISECOND = timedelta(milliseconds=1)

_NAMED: Mapping[str, Callable[[PlanBody], object]] = {
    "line": lambda plan: any(line.strip() for line in plan.extent.lines),
    "area": lambda plan: any(area.strip() for area in plan.extent.areas),
    "transformer": lambda plan: any(name.strip() for name in plan.extent.transformers),
    "usage-point": lambda plan: plan.extent.usage_points,
    "start": lambda plan: plan.planned_period.start,
    "end": lambda plan: plan.planned_period.end,
    "reason": lambda plan: plan.reason and plan.reason.strip(),
    "alternate-period": lambda plan: plan.alternate_period,
}


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


def judge(
    plan: PlanBody, policy: Policy, calendar: WorkingCalendar, now: datetime, *, inside_notice: bool = False
) -> Verdict:
    """Judge `plan` as published at `now` (aware).

    `inside_notice`: the plan lies wholly within a notice in force, whose clock it keeps; its content must still be
    complete. Source: 第2篇 第十条(二)10 and the rules the policy adds.
    """
    findings: list[Finding] = []
    reasons: list[str] = []
    warnings: list[str] = [*_bad_exceptions(plan, policy)]
    earliest = now
    for rule in binding(plan, policy):
        ref = rule_ref(policy, rule, calendar)
        for content in rule.content_required:
            if not _NAMED[content](plan):
                reason = f"{content}-missing"
                findings.append(Finding(rule=ref, reason=reason, holds=False, required=f"the notice names: {content}"))
                reasons.append(reason)
        if not rule.verified:
            warnings.append(f"unverified-rule:{rule.id}")
        if rule.measure_to != STARTED:
            continue
        lawful, provisional = _first_start(rule, policy, calendar, now)
        if provisional:
            warnings.append("provisional-calendar")
        finding = _clock(rule, ref, plan, now, lawful, calendar)
        if finding.holds or inside_notice or _approved(plan, rule):
            if not finding.holds:
                excuse = NARROWED if inside_notice else SET_ASIDE
                finding = _with_reason(finding, excuse)
                warnings += [f"exception-used:{rule.id}"] * (excuse == SET_ASIDE)
        else:
            reasons.append(rule.refusal)
        if not _approved(plan, rule):
            earliest = max(earliest, lawful)
        findings.append(finding)
    if plan.safety_cut:
        warnings = ["safety-cut", *(f"safety-cut-gap:{reason}" for reason in reasons), *warnings]
        reasons = []
    return Verdict(not reasons, tuple(findings), _once(reasons), _whole(earliest), _once(warnings))


def inform_by(plan: PlanBody, policy: Policy, calendar: WorkingCalendar, now: datetime) -> datetime:
    """By when the key customers must have been told of a plan published at `now`.

    The strictest rule leads; where the lawful time is past or too near (safety cut, exception, narrowing), they are
    told within the informing time, and before the work begins if it is not begun.
    """
    start = plan.planned_period.start
    due = start
    for rule in policy.select("key-customer-notice", outage_class=plan.outage_class):
        if rule.measure_to == STARTED:
            due = min(due, notice_by(rule, start, calendar))
        elif rule.measure_to == INFORMED and rule.measure_from == PUBLISHED:
            due = min(due, earliest_start(rule, now, calendar)[0])
    soonest = now + policy.settings.informing_time
    return max(now, min(start, max(due, soonest)))


def binding(plan: PlanBody, policy: Policy) -> Iterator[Rule]:
    """The notice rules that bind `plan`."""
    for obligation in OBLIGATIONS:
        yield from policy.select(obligation, outage_class=plan.outage_class)


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


def _approved(plan: PlanBody, rule: Rule) -> bool:
    return NAMED_APPROVER in rule.exceptions and any(
        each.rule_id == rule.id and each.reason.strip() and each.approver.strip() for each in plan.exceptions
    )


def _bad_exceptions(plan: PlanBody, policy: Policy) -> Iterator[str]:
    """Exceptions that set nothing aside, each by name, so that nobody relies on them."""
    for each in plan.exceptions:
        rule = policy.rules.get(each.rule_id)
        if rule is None:
            yield f"exception-of-unknown-rule:{each.rule_id}"[:200]
        elif NAMED_APPROVER not in rule.exceptions:
            yield f"exception-not-allowed:{rule.id}"
        elif not (each.reason.strip() and each.approver.strip()):
            yield f"exception-without-reason-or-approver:{rule.id}"


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


def _once(words: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def shown(instant: datetime, zone: ZoneInfo) -> str:
    """`instant` in the utility's zone, to the minute or as exact as it is."""
    local = instant.astimezone(zone)
    exact = local.second or local.microsecond
    return local.isoformat(timespec="milliseconds" if exact else "minutes")
