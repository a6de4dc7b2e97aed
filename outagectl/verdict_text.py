"""A verdict on a plan as a dispatcher reads it: what was asked, yes or no, every rule with its figures, what would do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.markup import escape

from outagectl.say import count, span
from schemas.dispatch import PlanBody
from schemas.notices import Finding, Overlap
from services.planner.rules import Verdict

WHY = {
    "notice-too-short": "the public would hear of it too late",
    "key-customer-notice-too-short": "key customers would hear of it too late",
    "authority-notice-too-short": "the authority would hear of it too late",
    "start-in-past": "it would begin in the past",
    "yearly-budget-used": "a usage point had its planned outages of this year",
    "too-far-ahead": "the start looks like a slip of the year",
    "period-too-long": "the end looks like a slip of the month",
    "line-unknown": "there is no such line in the network file",
}
WARNED = {
    "safety-cut": "a safety cut is never refused; its gaps are on record",
    "provisional-calendar": "counted over a year whose holidays nobody has announced yet",
    "planned-relabelled-temporary": "planned work was refused or withdrawn for the same place and time: this is reported",
    "budget-not-checked:nominal-voltage-missing": "the yearly limit was not checked: the plan gives no nominal voltage",
    "budget-not-checked:no-usage-points": "the yearly limit was not checked: the plan names no usage points",
    "area-not-on-line": "none of the plan's lines goes there, says the network file",
    "transformer-not-on-line": "it hangs on none of the plan's lines, says the network file",
    "room-only-too-far-ahead": "the first start with room is too far ahead to ask for now",
    "no-room-in-sight": "no start within three years has room under the yearly limit",
}


def print_verdict(
    out: Console, plan: PlanBody, verdict: Verdict, now: datetime, zone: ZoneInfo, *, figures: bool = False
) -> None:
    """One plan and what is said to it; `figures` of rules that hold, too."""
    period, extent = plan.planned_period, plan.extent
    named = ", ".join([*extent.lines, *extent.areas]) or "nowhere named"
    points = f", {count(len(extent.usage_points), 'usage point')}" if extent.usage_points else ""
    out.print(f"[bold]{escape(plan.mrid)}[/]  {plan.outage_class} work, {escape(named)}{points}", soft_wrap=True)
    out.print(f"  from {_day(period.start, zone)} to {_day(period.end, zone)}; published {_day(now, zone)}")
    if verdict.accepted:
        out.print("  [green bold]ACCEPTED[/]")
    else:
        why = "; ".join(f"{reason} ({_why(reason)})" for reason in verdict.reasons)
        out.print(f"  [red bold]REFUSED[/] {escape(why)}", soft_wrap=True)
    for finding in verdict.findings:
        _print_finding(out, finding, figures=figures)
    if not verdict.accepted:
        out.print(f"  would be lawful from [bold]{_day(verdict.earliest_lawful_start, zone)}[/], as far as time goes")
    for overlap in verdict.overlaps:
        out.print(f"  [cyan]offer[/]  {escape(_offer(overlap, zone))}", soft_wrap=True)
    for warning in verdict.warnings:
        if not warning.startswith("unverified-rule:"):
            out.print(f"  [yellow]note[/]   {escape(_warned(warning))}", soft_wrap=True)


def _print_finding(out: Console, finding: Finding, *, figures: bool) -> None:
    mark = "[green]✓[/]" if finding.holds else "[red]✗[/]"
    source = f"  [dim]{escape(finding.rule.source)}[/]" if finding.rule.source else ""
    unverified = "" if finding.rule.verified else "  [yellow]unverified[/]"
    brief = finding.holds and not figures
    margin = _margin(finding.margin_seconds)
    out.print(f"  {mark} {escape(finding.rule.rule_id)}{source}{unverified}{margin if brief else ''}", soft_wrap=True)
    if brief:
        return
    if finding.required:
        out.print(f"      asks   {escape(finding.required)}", soft_wrap=True)
    if finding.given:
        out.print(f"      given  {escape(finding.given)}{margin}", soft_wrap=True)
    if not finding.holds and finding.reason in ("set-aside-by-exception", "inside-notice-in-force"):
        out.print(f"      [dim]{finding.reason}[/]")


def verdict_json(plan: PlanBody, verdict: Verdict, now: datetime) -> dict[str, Any]:
    """The same for programs."""
    return {
        "mRID": plan.mrid,
        "judgedAt": now,
        "accepted": verdict.accepted,
        "reasons": verdict.reasons,
        "earliestLawfulStart": verdict.earliest_lawful_start,
        "findings": msgspec.to_builtins(verdict.findings),
        "warnings": verdict.warnings,
        "overlaps": msgspec.to_builtins(verdict.overlaps),
    }


def _why(reason: str) -> str:
    if reason.endswith("-missing"):
        return f"the notice must name the {reason.removesuffix('-missing')}"
    return WHY.get(reason, "see the rule below")


def _warned(warning: str) -> str:
    name, _, what = warning.partition(":")
    if warning in WARNED:
        return f"{warning}: {WARNED[warning]}"
    if name == "exception-used":
        return f"{what} is set aside by a named approver, on record"
    if name in WARNED:
        return f"{warning}: {WARNED[name]}"
    return warning


def _offer(overlap: Overlap, zone: ZoneInfo) -> str:
    merged = f"{_day(overlap.merged_period.start, zone)} to {_day(overlap.merged_period.end, zone)}"
    saves = f", {overlap.saves} usage points would be cut once instead of twice" if overlap.saves else ""
    return f"{overlap.offer} with {overlap.other} ({', '.join(overlap.shared[:3])}): one cut {merged}{saves}"


def _margin(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return f"  ({span(timedelta(seconds=seconds))} {'in hand' if seconds >= 0 else 'missing'})"


def _day(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}"
