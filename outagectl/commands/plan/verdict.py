"""Show a verdict on a plan to a dispatcher: what was asked, yes or no, every rule with its figures, what would do."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.markup import escape

from operations.times import count, span
from outagectl.words.gaps import gap
from schemas.contracts.base import Period
from schemas.contracts.dispatch import PlanBody
from schemas.contracts.notices import Finding, Overlap
from services.kernel.values.zones import mark
from services.planner.domain.trial import TrialResult
from services.planner.domain.verdict.judge import Verdict

WHY = {
    "already-started": "work has begun: only a sooner end can be told now",
    "already-over": "power is back: ask under a new mRID",
    "cancelled-before-requested": "dispatch took this revision back before it came",
    "plan-too-large": "it names more places than one event can carry: split it",
}
FOLLOWS = {"older-revision": "a plan of this revision, or a later one, is known already"}
PUBLIC = {
    "published": "the notice would be published at once",
    "taken-as-request": "the notice would be published at once",
    "narrowed": "the notice in force would be narrowed, and keep its clock",
    "moved": "the notice in force would give way to one of the new time",
    "changed": "the notice in force would give way to the new one",
    "accepted-unchanged": "the notice in force would stay as it is",
    "refused-and-withdrawn": "the notice in force would be withdrawn at once: what it says would be known to be false",
    "refused-and-narrowed": "the notice in force would be cut down to what both mean",
}
OF_TIME = frozenset(
    {"notice-too-short", "key-customer-notice-too-short", "authority-notice-too-short", "start-in-past"}
    | {"yearly-budget-used", "too-far-ahead"}
)
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?[+-]\d\d:\d\d")
WARNED = {
    "safety-cut": "a safety cut is never refused; its gaps are on record",
    "provisional-calendar": "counted over a year whose holidays nobody has announced yet",
    "planned-relabelled-temporary": "planned work was refused or withdrawn for the same place and time: this is reported",
    "budget-not-checked:nominal-voltage-missing": "the yearly limit was not checked: the plan gives no nominal voltage",
    "budget-not-checked:no-usage-points": "the yearly limit was not checked: the plan names no usage points",
    "exception-not-allowed": "the rule lets nobody set it aside: the exception changes nothing",
    "exception-of-unknown-rule": "this regime has no such rule: the exception changes nothing",
    "exception-without-reason-or-approver": "it needs a reason and a person's name: the exception changes nothing",
    "area-not-on-line": "none of the plan's lines goes there, says the network model",
    "transformer-not-on-line": "it hangs on none of the plan's lines, says the network model",
    "room-only-too-far-ahead": "the first start with room is too far ahead to ask for now",
    "no-room-in-sight": "no start within three years has room under the yearly limit",
}


def print_verdict(
    out: Console, plan: PlanBody, tried: TrialResult, now: datetime, zone: ZoneInfo, *, figures: bool = False
) -> None:
    """One plan, what is said to it, and what the public would read then; `figures` of rules that hold, too."""
    verdict = tried.verdict
    period, extent = plan.planned_period, plan.extent
    named = ", ".join([*extent.lines, *extent.areas]) or "nowhere named"
    points = f", {count(len(extent.usage_points), 'usage point')}" if extent.usage_points else ""
    out.print(f"[bold]{escape(plan.mrid)}[/]  {plan.outage_class} work, {escape(named)}{points}", soft_wrap=True)
    out.print(f"  from {_days(period, zone)}; published {_day(now, zone)}")
    if tried.accepted:
        out.print("  [green bold]ACCEPTED[/]")
    elif verdict.accepted:
        out.print(f"  [red bold]CHANGES NOTHING[/] {tried.follows} ({FOLLOWS[tried.follows]})", soft_wrap=True)
    else:
        why = "; ".join(f"{reason} ({_why(reason)})" for reason in verdict.reasons)
        out.print(f"  [red bold]REFUSED[/] {escape(why)}", soft_wrap=True)
    if tried.follows in PUBLIC:
        out.print(f"  [bold]then[/]   {PUBLIC[tried.follows]}", soft_wrap=True)
    for finding in verdict.findings:
        _print_finding(out, finding, zone, figures=figures, allowed=verdict.accepted)
    if not verdict.accepted and verdict.lawful_start is not None:
        out.print(f"  would be lawful from [bold]{_day(verdict.lawful_start, zone)}[/]{_only(verdict)}")
    for overlap in verdict.overlaps:
        out.print(f"  [cyan]offer[/]  {escape(_offer(overlap, zone))}", soft_wrap=True)
    for warning in verdict.warnings:
        if not warning.startswith("unverified-rule:"):
            out.print(f"  [yellow]note[/]   {escape(_warned(warning, plan))}", soft_wrap=True)


def _only(verdict: Verdict) -> str:
    """What a lawful start would not mend."""
    others = [reason for reason in verdict.reasons if reason not in OF_TIME]
    return f", with {' and '.join(others)} mended" if others else ""


def _print_finding(out: Console, finding: Finding, zone: ZoneInfo, *, figures: bool, allowed: bool) -> None:
    # A rule that a plan goes ahead in spite of is worth a look; a red cross would read as a refusal.
    sign = "[green]✓[/]" if finding.holds else "[yellow]![/]" if allowed else "[red]✗[/]"
    source = f"  [dim]{escape(finding.rule.source)}[/]" if finding.rule.source else ""
    unverified = "" if finding.rule.verified else "  [yellow]unverified[/]"
    brief = finding.holds and not figures
    margin = _margin(finding.margin_seconds)
    out.print(f"  {sign} {escape(finding.rule.rule_id)}{source}{unverified}{margin if brief else ''}", soft_wrap=True)
    if brief:
        return
    if finding.required:
        out.print(f"      asks   {escape(_in_words(finding.required, zone))}", soft_wrap=True)
    if finding.given:
        out.print(f"      given  {escape(_in_words(finding.given, zone))}{margin}", soft_wrap=True)
    if not finding.holds and finding.reason in ("set-aside-by-exception", "inside-notice-in-force"):
        out.print(f"      [dim]{finding.reason}[/]")


def verdict_json(plan: PlanBody, tried: TrialResult, now: datetime) -> dict[str, Any]:
    """The same for programs."""
    verdict = tried.verdict
    return {
        "mRID": plan.mrid,
        "judgedAt": now,
        "accepted": tried.accepted,
        "follows": tried.follows,
        "reasons": verdict.reasons,
        "earliestLawfulStart": verdict.lawful_start,
        "findings": msgspec.to_builtins(verdict.findings),
        "warnings": verdict.warnings,
        "overlaps": msgspec.to_builtins(verdict.overlaps),
    }


def _why(reason: str) -> str:
    said = WHY.get(reason) or gap(reason)
    return said if said != reason else "see the rule below"


def _warned(warning: str, plan: PlanBody) -> str:
    name, _, what = warning.partition(":")
    if warning in WARNED:
        return f"{warning}: {WARNED[warning]}"
    if name == "exception-used":
        given = next((each for each in plan.exceptions if each.rule_id == what), None)
        return f"{what} is set aside by {given.approver}: {given.reason}" if given else f"{what} is set aside"
    if name == "safety-cut-gap":
        return f"{warning}: {_why(what)}"
    if name in WARNED:
        return f"{warning}: {WARNED[name]}"
    return warning


def _offer(overlap: Overlap, zone: ZoneInfo) -> str:
    saves = f", {overlap.saves} usage points would be cut once instead of twice" if overlap.saves else ""
    shared, merged = ", ".join(overlap.shared[:3]), _days(overlap.merged_period, zone)
    return f"{overlap.offer} with {overlap.other} ({shared}): one cut {merged}{saves}"


def _margin(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return f"  ({span(timedelta(seconds=seconds))} {'in hand' if seconds >= 0 else 'missing'})"


def _in_words(sentence: str, zone: ZoneInfo) -> str:
    """A sentence with the instants in it written as the rest of the screen writes them."""
    beside = [datetime.fromisoformat(each[0]) for each in INSTANT.finditer(sentence)]
    return INSTANT.sub(lambda found: _day(datetime.fromisoformat(found[0]), zone, *beside), sentence)


def _days(period: Period, zone: ZoneInfo) -> str:
    return f"{_day(period.start, zone, period.end)} to {_day(period.end, zone, period.start)}"


def _day(instant: datetime, zone: ZoneInfo, *beside: datetime) -> str:
    local = instant.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M} {mark(instant, zone, *beside)}".rstrip()
