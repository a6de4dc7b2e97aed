"""`outagectl show hotline`: how soon the telephone was answered in a month, by the rules of the standard."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.markup import escape

from operations.lookup.hotline import HotlineMonth, hotline_month
from operations.system.location import Where, find
from operations.times import count
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, table, times
from services.restorer.domain.hotline.shares import AnsweredShare

NOT_MEASURED = "not measured"


def hotline(
    month: Annotated[str | None, typer.Argument(metavar="[MONTH]", help="As 2026-03; left out, this month.")] = None,
    *,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """How soon calls to the hotline were answered in a month; a rule that no feed speaks of is not measured."""
    where = find(data)
    found = asyncio.run(hotline_month(where, month))
    if json:
        as_json(month_json(found))
    else:
        _print(found, where, utc=utc)


def month_json(found: HotlineMonth) -> dict[str, Any]:
    """The month as programs read it; a share that is not measured is null."""
    return {
        "month": found.month,
        "hotlines": found.hotlines,
        "hoursTold": len(found.hours),
        "hoursDue": found.hours_due,
        "calls": sum(one.calls for one in found.hours),
        "answered": sum(one.answered for one in found.hours),
        "abandoned": sum(one.abandoned for one in found.hours),
        "rules": [_share_json(one) for one in found.shares],
        "byHotline": {name: [_share_json(one) for one in each] for name, each in found.by_hotline.items()},
        "refused": found.refused,
        "overlapping": found.overlapping,
    }


def _share_json(one: AnsweredShare) -> dict[str, Any]:
    return {
        "ruleId": one.rule_id,
        "limit": one.amount,
        "unit": one.unit,
        "measured": one.is_measured,
        "hours": one.hours,
        "calls": one.calls,
        "within": one.within,
        "share": one.share,
    }


def _print(found: HotlineMonth, where: Where, *, utc: bool) -> None:
    out, t = console(), times(where, utc=utc)
    lines = ", ".join(found.hotlines)
    out.print(f"[bold]Hotline {escape(lines)}[/], {found.month}" if lines else f"[bold]Hotline[/], {found.month}")
    if not found.hours:
        out.print("  No hour was told: there is no call-centre feed here, or it tells nothing (call.answered).")
    else:
        calls, answered, abandoned = (
            sum(getattr(one, name) for one in found.hours) for name in ("calls", "answered", "abandoned")
        )
        told = f"{len(found.hours):,} of {found.hours_due * max(1, len(found.hotlines)):,} hours told"
        out.print(f"  {told}: {count(calls, 'call')}, {answered:,} answered, {abandoned:,} given up by the caller")
    if found.shares:
        title = "By rule, over all hotlines" if found.by_hotline else "By rule"
        out.print()
        out.print(table(title, ("rule", "to be answered within", "in time", "of calls", "share"), _rows(found.shares)))
        for name, each in found.by_hotline.items():
            out.print(
                table(
                    f"Of these {name}", ("rule", "to be answered within", "in time", "of calls", "share"), _rows(each)
                )
            )
    else:
        out.print("  The policy has no rule on the telephone.")
    for one in found.refused:
        out.print(
            f"  [yellow]refused[/]: {escape(one.hotline)}, the hour from {t.at(one.hour)}: {one.reason}; send it again"
        )
    for calls in found.overlapping:
        out.print(
            f"  [yellow]not counted[/]: {escape(calls.hotline)}, the hour from {t.at(calls.hour)}: hour-overlaps, another counts"
        )
    out.print(f"[dim]{t.note}[/]")


def _rows(found: list[AnsweredShare]) -> list[tuple[str, ...]]:
    return [
        (
            one.rule_id,
            f"{one.amount:g} {one.unit}" if one.amount is not None else "–",
            f"{one.within:,}" if one.is_measured else "–",
            f"{one.calls:,}" if one.is_measured else "–",
            _share(one),
        )
        for one in found
    ]


def _share(one: AnsweredShare) -> str:
    if not one.is_measured:
        return NOT_MEASURED
    return "no call" if one.share is None else f"{one.share:.1%}"
