"""A regime file read, checked key by key and frozen. A wrong file does not load; the one in force stays."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from services.plausibility.figures import FIGURES, Figures
from services.policy.model import (
    TALK_BOUNDS,
    WORDING_MARKS,
    Aggregate,
    DayCount,
    Inside,
    Limit,
    Policy,
    Rule,
    Telling,
    Tuning,
    Unit,
)
from services.policy.table import Table, conditions, open_table
from services.policy.vocabulary import OBLIGATIONS

CONTENT = (
    "line",
    "area",
    "start",
    "end",
    "duration",
    "reason",
    "transformer",
    "usage-point",
    "alternate-period",
    "notice-date",
    "phone",
)
AUDIENCES = (
    "public",
    "key-customers",
    "life-support",
    "safety-partners",
    "all-affected",
    "reporter",
    "authority",
    "none",
)
EXCEPTIONS = ("named-approver", "recorded-reason", "fault-side-customer", "extraordinary-fault")
DIGITS = 12
MINUTE = timedelta(minutes=1)
_WORD, _LIST = ("same", "any"), ("same", "within", "within-where-named", "any")
INSIDE = {
    "outage_class": _WORD,
    "safety_cut": _WORD,
    "period": ("same", "within"),
    "lines": _LIST,
    "areas": _LIST,
    "transformers": _LIST,
    "usage_points": _LIST,
    "reason": _WORD,
}
"""Fields of a notice, and what of each a plan may have to keep."""


def policy_path(policy_id: str) -> Path:
    """Where the regime `policy_id` that ships with the product lies."""
    return Path(__file__).resolve().parents[2] / "policies" / f"{policy_id}.toml"


def load_policy(path: Path | str) -> Policy:
    """Read the regime file at `path`.

    Raises:
        PolicyError: the file is missing or wrong; the message names the file, the rule, the key and the remedy.

    """
    table, text = open_table(path, "a regime file")
    policy_id, version = _identity(table, text)
    title = table.text("title")
    settings = _settings(table.sub("settings"))
    inside = _inside(table.sub("inside"))
    rules = _rules(table)
    table.finish()
    return Policy(policy_id, version, title, rules, settings, inside)


def policy_identity(path: Path | str) -> tuple[str, str]:
    """Id and version of the regime file at `path`, even one of a former release that no longer loads.

    Raises:
        PolicyError: it cannot be read, is no TOML, or names no id or version.

    """
    return _identity(*open_table(path, "a regime file"))


def _identity(table: Table, text: str) -> tuple[str, str]:
    digest = hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
    return table.text("id"), f"{table.text('version')}+{digest}"


def _inside(table: Table) -> Mapping[str, Inside]:
    found: dict[str, Inside] = {name: table.choice(name, allowed) for name, allowed in INSIDE.items()}
    table.finish()
    return MappingProxyType(found)


def _rules(table: Table) -> Mapping[str, Rule]:
    rules: dict[str, Rule] = {}
    for each in table.each("rules", _named):
        rule = _rule(each)
        if rule.id in rules:
            raise each.wrong("id", f"{rule.id} is used twice", "rename or remove one")
        rules[rule.id] = rule
    return MappingProxyType(rules)


def _named(number: int, raw: Mapping[str, Any]) -> str:
    rule_id = raw.get("id")
    return f"rule {rule_id}" if isinstance(rule_id, str) and rule_id else f"rule number {number}"


def _rule(table: Table) -> Rule:
    unit: Unit = table.choice("unit", get_args(Unit), "none")
    days = unit in {"calendar-days", "working-days"}
    rule = Rule(
        id=table.text("id"),
        source=table.text("source"),
        wording=_wording(table),
        note=table.text("note", None),
        verified=table.flag("verified"),
        obligation=table.choice("obligation", OBLIGATIONS),
        applies_when=conditions(table.sub("applies_when", optional=True)),
        measure_from=table.text("measure_from", "" if unit == "none" else ...),
        measure_to=table.text("measure_to", "" if unit == "none" else ...),
        limit=table.choice("limit", get_args(Limit), "at-most" if unit == "none" else ...),
        amount=table.number("amount") if unit != "none" else None,
        unit=unit,
        day_count=table.choice("day_count", get_args(DayCount)) if days else None,
        calendar=table.choice("calendar", ("utility",)) if unit == "working-days" else None,
        audience=table.choice("audience", AUDIENCES, "none"),
        content_required=table.choices("content_required", CONTENT),
        tolerance=table.duration("tolerance", "0 minutes"),
        aggregate=table.choice("aggregate", get_args(Aggregate), "each"),
        exceptions=table.choices("exceptions", EXCEPTIONS),
        consequence=table.text("consequence", "none"),
        refusal=table.text("refusal", "rule-broken"),
        at_risk_before=table.duration("at_risk_before", "0 minutes"),
    )
    if days and rule.amount is not None and (rule.amount < 1 or rule.amount != int(rule.amount)):
        raise table.wrong("amount", f"{rule.amount} days cannot be counted", "write a whole number of days from 1 up")
    if (rule.unit, rule.limit, rule.day_count) == ("working-days", "at-least", "same clock time"):
        # Told on Friday afternoon one may begin on Monday afternoon, told on Sunday morning on Monday morning.
        raise table.wrong(
            "day_count",
            "over a weekend a notice given later would allow an earlier start",
            'write "publication day excluded" or "start of day"',
        )
    if rule.unit == "percent" and rule.aggregate != "rate>=":
        raise table.wrong("aggregate", "a percentage is a rate over many", 'write aggregate = "rate>="')
    table.finish()
    return rule


def _wording(table: Table) -> str:
    """The clause quoted, or a mark that says why it is not and what it is about."""
    wording: str = table.text("wording")
    if wording.startswith("(") and not any(wording.startswith(f"{mark} ") for mark in WORDING_MARKS):
        # A slip in a mark would show as a quotation what is none.
        marks = ", ".join(WORDING_MARKS)
        raise table.wrong("wording", f"{wording!r} is no quotation and has no mark", f"begin with one of {marks}")
    return wording


def _facts(table: Table) -> Figures:
    """[settings.facts]; a file of a former release has none, and a figure left out keeps its default."""
    given = {name: table.duration(name, f"{getattr(FIGURES, name) // MINUTE} minutes") for name in FIGURES.__slots__}
    if given["ahead_most"] < given["ahead"]:
        raise table.wrong("ahead_most", "it is less than ahead", "write at least as much as ahead")
    table.finish()
    return Figures(**given)


def _telling(table: Table) -> Telling:
    """Optional as a whole and key by key: files of before have none of it."""
    usual = Telling()
    found: dict[str, Any] = {}
    for field in fields(Telling):
        default: timedelta | int = getattr(usual, field.name)
        if isinstance(default, timedelta):
            found[field.name] = table.duration(field.name, f"{default // timedelta(seconds=1)} seconds")
        else:
            found[field.name] = _words(table, field.name, default)
    if found["steady"] % timedelta(minutes=1) or not timedelta(0) < found["steady"] <= found["talk_within"]:
        # A text says it in minutes.
        raise table.wrong("steady", "it is not whole minutes up to talk_within", 'write steady = "15 minutes"')
    table.finish()
    return Telling(**found)


def _words(table: Table, key: str, usual: int) -> int:
    """A limit of words, within the bounds that its counting can keep."""
    least, most = TALK_BOUNDS[key]
    given = table.whole(key)
    if given is not None and not least <= given <= most:
        raise table.wrong(key, f"{given} is not from {least} to {most}", f"write {key} = {usual}")
    return usual if given is None else given


def _settings(table: Table) -> Tuning:
    calendar = table.sub("calendar")
    country = calendar.text("country")
    if not re.fullmatch("[A-Z]{2}", country):
        raise calendar.wrong("country", f"{country!r} is no ISO 3166 code", 'write two capital letters, e.g. "CN"')
    customers, lifecycle, budget = table.sub("key_customers"), table.sub("lifecycle"), table.sub("budget")
    overlaps, plausible = table.sub("overlaps"), table.sub("plausible")
    settings = Tuning(
        country=country,
        informing_time=customers.duration("informing_time"),
        close_after=lifecycle.duration("close_after"),
        same_fault_within=lifecycle.duration("same_fault_within"),
        budget_year=budget.choice("year", ("calendar", "rolling")),
        overlap_near=overlaps.duration("near"),
        furthest_ahead=plausible.duration("furthest_ahead"),
        longest=plausible.duration("longest"),
        facts=_facts(table.sub("facts", optional=True)),
        telling=_telling(table.sub("telling", optional=True)),
    )
    for each in (calendar, customers, lifecycle, budget, overlaps, plausible, table):
        each.finish()
    return settings
