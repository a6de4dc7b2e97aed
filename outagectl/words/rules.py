"""Describe in words the rules that an event rests on: name, source, whether checked, and the time in hand or missing."""

from __future__ import annotations

from datetime import timedelta

from operations.times import span
from schemas.contracts.base import RuleRef
from schemas.contracts.notices import Finding, NoticeBreached, PlanAccepted, PlanRejected
from schemas.contracts.promises import Promise
from schemas.contracts.restorations import FollowupDue


def rule_of(event: object) -> RuleRef | None:
    """The one rule that an event rests on."""
    return event.rule if isinstance(event, Promise | FollowupDue) else None


def findings_of(event: object) -> tuple[Finding, ...]:
    """What was found by each rule where many were judged."""
    return event.findings if isinstance(event, PlanAccepted | PlanRejected | NoticeBreached) else ()


def briefly(rule: RuleRef | None) -> str:
    """`cn.fault.crew-45min (第2篇 第十条(二)5)`; says so where the rule was not checked against its source."""
    if rule is None:
        return "None"
    source = f" ({rule.source})" if rule.source else ""
    doubt = "" if rule.verified else ", not checked at its source"
    return f"{rule.rule_id}{source}{doubt}"


def in_brackets(rule: RuleRef | None) -> str:
    """`(cn.fault.crew-45min, 第2篇 第十条(二)5)`."""
    if rule is None:
        return "(None)"
    return f"({rule.rule_id}, {rule.source})" if rule.source else f"({rule.rule_id})"


def in_full(rule: RuleRef | None) -> str:
    """`cn-service-standard 2 · restore-1wd · 第2篇 第十条(二)9 · checked`."""
    if rule is None:
        return "None None · None · checked"
    calendar = f"calendar {rule.calendar_version}" if rule.calendar_version else None
    checked = "checked" if rule.verified else "UNVERIFIED"
    parts = (f"{rule.policy_id} {rule.policy_version}", str(rule.rule_id), calendar, rule.source, checked)
    return " · ".join(part for part in parts if part)


def margin(seconds: int | None, *, missing: str) -> str:
    """`, 3 h in hand`; where time is missing, how that is said."""
    if seconds is None:
        return ""
    return f", {span(timedelta(seconds=seconds))} {'in hand' if seconds >= 0 else missing}"
