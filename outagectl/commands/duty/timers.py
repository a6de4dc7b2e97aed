"""`outagectl timers`: what comes due next in every service, in words; what is late, and what it waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from operations.duty.timers import WaitingTimer, waiting_timers
from operations.system.instants import clock_of, read_span
from operations.system.location import find
from operations.system.services import chosen
from operations.times import Times, count, span
from outagectl.commands.duty.timer_words import what, why_late
from outagectl.terminal.options import Data, Json, Service, Utc
from outagectl.terminal.say import as_json, console, times
from outagectl.words.rules import in_brackets
from outagectl.words.texts import occasion

MOST = 200
NAMED = 3


def timers(
    *,
    due: Annotated[str | None, typer.Option("--due", metavar="SPAN", help="Only what is due by then: 2h, 30m.")] = None,
    late: Annotated[bool, typer.Option("--late", help="Only what should have happened already.")] = False,
    outage: Annotated[str | None, typer.Option("--outage", metavar="MRID", help="Only what concerns it.")] = None,
    service: Service = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many of each service.")] = MOST,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Show what comes due next in every service; late ones first, with what they wait for."""
    where = find(data)
    now = clock_of(where).now()
    until = now if late else now + read_span(due, "--due") if due else None
    found, more, seen = asyncio.run(waiting_timers(where, chosen(service), until, outage, limit))
    if json:
        as_json([as_document(one, now) for one in found])
        seen.demand()
        return
    t, out = times(where, utc=utc), console()
    if not found:
        scope = f" for outage {escape(outage)}" if outage else ""
        scope += f" in {', '.join(seen.services)}" if seen.hidden else ""
        if seen.services:
            out.print(f"Nothing {'is late' if late else 'comes due'}{scope}. [dim]It is {t.at(now)}. {t.note}[/]")
        seen.demand()
        return
    out.print(_table(found, now, t))
    overdue = sum(one.due_at <= now for one in found)
    rest = f" {count(more, 'later one')} not shown (--limit)." if more else ""
    out.print(f"\n[dim]{count(overdue, 'timer')} late, {len(found) - overdue} to come.{rest} It is {t.at(now)}.[/]")
    out.print(f"[dim]{t.note}[/]")
    seen.demand()


def as_document(one: WaitingTimer, now: datetime) -> dict[str, Any]:
    """One timer for programs."""
    is_late = one.due_at <= now
    return {
        "service": one.service,
        "stream": one.stream,
        "name": one.name,
        "dueAt": one.due_at,
        "inSeconds": int((one.due_at - now).total_seconds()),
        "late": is_late,
        "what": what(one.name, one.promise, _about(one), Times()),
        "rule": one.promise.rule if one.promise else None,
        "promiseId": one.promise.promise_id if one.promise else None,
        "mRIDs": list(one.mrids),
        "parkedBy": one.parked_by,
        "knownUntil": one.known_until,
        "waitsFor": _why(one, Times()) if is_late else None,
    }


def _about(one: WaitingTimer) -> str | None:
    return occasion(one.trigger, one.template) if one.trigger else None


def _table(found: Sequence[WaitingTimer], now: datetime, t: Times) -> Table:
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("due", "from now", "service", "about"):
        made.add_column(name, no_wrap=name != "about", overflow="fold", max_width=24 if name == "about" else None)
    made.add_column("what happens then", overflow="fold")
    for alike in _alike(found, t):
        one, names = alike[0], [other.about for other in alike]
        is_late = one.due_at <= now
        left = span(one.due_at - now)
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        words = escape(what(one.name, one.promise, _about(one), t))
        words += f" [dim]{escape(in_brackets(one.promise.rule))}[/]" if one.promise else ""
        words += f"\n[bold]waits: {escape(_why(one, t))}[/]" if is_late else ""
        about = escape(", ".join(names[:NAMED]) + more)
        cells = (t.at(one.due_at)[:16], f"{left} late" if is_late else left, one.service, about, words)
        made.add_row(*cells, style="red" if is_late else None)
    return made


def _alike(found: Sequence[WaitingTimer], t: Times) -> list[list[WaitingTimer]]:
    """What happens at one instant to many, in one line."""
    groups: dict[tuple[object, ...], list[WaitingTimer]] = {}
    for one in found:
        said = what(one.name, one.promise, _about(one), t)
        key = (
            t.at(one.due_at),
            one.service,
            said,
            one.parked_by,
            in_brackets(one.promise.rule) if one.promise else one.behind,
        )
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _why(one: WaitingTimer, t: Times) -> str:
    return why_late(one.service, one.due_at, one.parked_by, one.known_until, one.behind, t)
