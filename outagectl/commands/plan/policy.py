"""`outagectl policy`: which rules there are, what each says and where it comes from, and whether a file would load."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from operations.errors import Refused
from operations.plans.policy import STANDARD, chosen_policy, regime
from operations.system.location import find
from operations.times import count
from operations.times import span as say_span
from outagectl.terminal.options import Json
from outagectl.terminal.say import as_json, console, table
from outagectl.words.vocabulary import where_read
from services.planner.domain.verdict import judge as planner_rules
from services.policy import Policy, PolicyError, Rule, load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.policy.model import PublicNoticePolicy
from services.restorer.domain.owed import moments

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The rules, regime by regime.")
Named = Annotated[str, typer.Argument(metavar="ID|FILE", help="A regime that ships, or the path of a .toml file.")]


@app.command("list")
def list_(*, json: Json = False) -> None:
    """The regimes that ship, and which one is in force here (OUTAGE_POLICY)."""
    found = [load_policy(path) for path in sorted(policy_path(STANDARD).parent.glob("*.toml"))]
    in_force = os.environ.get("OUTAGE_POLICY", STANDARD)
    if json:
        as_json([{**_head(policy), "inForce": policy.id == in_force} for policy in found])
        return
    rows = [
        (
            policy.id,
            policy.version.partition("+")[0],
            len(policy.rules),
            sum(not rule.verified for rule in policy.rules.values()) or "–",
            policy.title + (" ← in force" if policy.id == in_force else ""),
        )
        for policy in found
    ]
    console().print(table(None, ("id", "version", "rules", "unverified", "title"), rows))


@app.command("show")
def show(named: Named, *, json: Json = False) -> None:
    """Every rule of one regime, with its figures, its source, its wording and its mark; and the calendar it counts with."""
    policy, calendar = chosen_policy(named, None, find())
    if json:
        rules = [_rule(rule) for rule in policy.rules.values()]
        as_json({**_head(policy), "calendar": _calendar(calendar), "rules": rules})
        return
    out = console()
    out.print(f"[bold]{escape(policy.title)}[/]\n{policy.id} {policy.version}", soft_wrap=True)
    out.print(f"{calendar_in_words(calendar)}\n", soft_wrap=True)
    obligation = ""
    for rule in sorted(policy.rules.values(), key=lambda rule: rule.obligation):
        if rule.obligation != obligation:
            obligation = rule.obligation
            out.print(f"[cyan]{obligation}[/]")
        mark = "[green]verified[/]" if rule.verified else "[yellow]unverified[/]"
        out.print(f"  [bold]{escape(rule.id)}[/]  {escape(rule.source)}  {mark}", soft_wrap=True)
        out.print(f"    {escape(in_words(rule))}", soft_wrap=True)
        out.print(f"    {_quoted(rule)}", soft_wrap=True)
        if rule.note:
            out.print(f"    [dim]{escape(rule.note)}[/]", soft_wrap=True)
    out.print(f"\n{escape(_settings(policy))}", soft_wrap=True)
    inside = ", ".join(f"{name}: {asked}" for name, asked in policy.inside.items())
    out.print(f"\nA plan lies inside the notice in force if it keeps {escape(inside)}.", soft_wrap=True)


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="A regime file.")], *, json: Json = False
) -> None:
    """Say whether the services would load a file; if not, on which line and why. Nothing is changed."""
    policy = regime(str(file))
    try:
        planner_rules.check(policy)
        moments.check(policy)
    except (PolicyError, ValueError) as error:
        raise Refused(f"{file}: {error}") from None
    standing = policy_path(policy.id)
    changes = _changes(load_policy(standing), policy) if standing.exists() else ["no regime of this id ships"]
    if json:
        as_json({**_head(policy), "loads": True, "changes": changes})
        return
    out = console()
    out.print(f"[green]✓[/] {file} loads: {policy.id} {policy.version}, {count(len(policy.rules), 'rule')}")
    for change in changes or ["says what the regime that ships says"]:
        out.print(f"  {escape(change)}", soft_wrap=True)


def calendar_in_words(calendar: WorkingCalendar) -> str:
    """Which working days are counted, and through which year they are announced."""
    if calendar.announced_through is None:
        return f"working days {calendar.version}, none of which are moved by yearly notices"
    return (
        f"working days {calendar.version}, announced through {calendar.announced_through}: "
        "what is counted over later days is provisional"
    )


def _settings(policy: Policy) -> str:
    """What the regime leaves to the utility, as this file has it."""
    chosen = policy.settings
    return (
        f"Key customers are reached within {say_span(chosen.informing_time)}. The yearly limit counts a {chosen.budget_year} year. "
        f"Work that comes within {say_span(chosen.overlap_near)} of other work at its place is offered to be merged. A start more "
        f"than {say_span(chosen.furthest_ahead)} ahead, or a cut of more than {say_span(chosen.longest)}, is taken for "
        f"a data-entry error. {_public(chosen.public_notice)}"
    )


def _public(chosen: PublicNoticePolicy) -> str:
    """What the promise to tell the public rests on."""
    if not chosen.channels:
        return "The public counts as told when the notice is published; nobody proves that it could be read."
    return (
        f"The public counts as told when it could read the notice {' or '.join(map(where_read, chosen.counted_by))}; "
        f"more than {say_span(chosen.unread_most)} without proof of that is put before people."
    )


def in_words(rule: Rule) -> str:
    """What a rule asks, with its figures."""
    parts = []
    if rule.unit in ("times", "percent", "rings"):
        parts.append(f"{rule.limit.replace('-', ' ')} {rule.amount} {rule.unit}")
    elif rule.unit != "none":
        counted = f" ({rule.day_count})" if rule.day_count else ""
        span = f"{rule.limit.replace('-', ' ')} {rule.amount} {rule.unit}{counted}"
        parts.append(f"{span} from {rule.measure_from} to {rule.measure_to}")
    if rule.tolerance:
        parts.append(f"{say_span(rule.tolerance)} are tolerated")
    if rule.applies_when:
        parts.append("when " + ", ".join(f"{name} {_condition(value)}" for name, value in rule.applies_when.items()))
    if rule.content_required:
        parts.append("names " + ", ".join(rule.content_required))
    if rule.exceptions:
        parts.append("may be excused by " + ", ".join(rule.exceptions))
    if rule.aggregate != "each":
        parts.append(f"as {'an average' if rule.aggregate == 'average' else 'a rate'}")
    if rule.consequence != "none":
        parts.append(f"else: {rule.consequence}")
    return "; ".join(parts) or "a duty without figures"


def _condition(value: Any) -> str:
    if isinstance(value, frozenset):
        return " or ".join(sorted(str(word).lower() if isinstance(word, bool) else str(word) for word in value))
    low = f"from {value.at_least:g}" if value.at_least is not None else ""
    high = f"below {value.below:g}" if value.below is not None else ""
    return " ".join(filter(None, (low, high)))


def _changes(before: Policy, after: Policy) -> list[str]:
    """What a file says that the regime that ships does not, rule by rule."""
    found = [f"rule {name} is new" for name in after.rules if name not in before.rules]
    found += [f"rule {name} is gone" for name in before.rules if name not in after.rules]
    for name in after.rules.keys() & before.rules.keys():
        new, old = after.rules[name], before.rules[name]
        if new != old:
            was, now = in_words(old), in_words(new)
            same = "asks the same; its source, wording, note, mark or warning time differs"
            found.append(f"rule {name}: {same if was == now else f'{was} → {now}'}")
    if (after.settings, after.inside) != (before.settings, before.inside):
        found.append("settings differ")
    return sorted(found)


def _quoted(rule: Rule) -> str:
    """The wording as console markup: a quotation in quotation marks, anything else with its mark in yellow."""
    mark, words = rule.wording_mark, escape(rule.wording)
    return f"[dim]“{words}”[/]" if mark is None else f"[yellow]{escape(mark)}[/][dim]{words.removeprefix(mark)}[/]"


def _calendar(calendar: WorkingCalendar) -> dict[str, Any]:
    return {"version": calendar.version, "announcedThrough": calendar.announced_through}


def _head(policy: Policy) -> dict[str, Any]:
    unverified = sum(not rule.verified for rule in policy.rules.values())
    return {
        "id": policy.id,
        "version": policy.version,
        "title": policy.title,
        "ruleCount": len(policy.rules),
        "unverified": unverified,
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "source": rule.source,
        "verified": rule.verified,
        "obligation": rule.obligation,
        "inWords": in_words(rule),
        "wording": rule.wording,
        "quoted": rule.wording_mark is None,
        "note": rule.note,
        "amount": float(rule.amount) if rule.amount is not None else None,
        "unit": rule.unit,
        "dayCount": rule.day_count,
        "audience": rule.audience,
        "contentRequired": rule.content_required,
        "exceptions": rule.exceptions,
        "consequence": rule.consequence,
    }
