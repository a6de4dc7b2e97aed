"""`outagectl audit`: hold logs, topics, tables and texts against each other; reads only, in one snapshot."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.markup import escape

from operations.audit.report import Check, Report
from operations.audit.run import run_audit
from operations.errors import Incomplete
from operations.system.location import find
from operations.system.services import chosen
from operations.times import count
from outagectl.terminal.options import Data, Json, Service
from outagectl.terminal.say import as_json, console
from services.kernel.operating import OPERATORS


def audit(
    *,
    service: Service = None,
    with_kafka: Annotated[
        bool, typer.Option("--with-kafka", help="Also read the topics: every event published is there.")
    ] = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Prove that nothing was lost, doubled or changed; say what is not so.

    Looks at every service: hash chains, replay against live views, timers, offsets, one outcome per message, texts,
    outboxes. Reads only. Exits 1 when something is not so.
    """
    where = find(data)
    report = asyncio.run(run_audit(where, chosen(service), with_kafka=with_kafka))
    if json:
        as_json(report.as_json())
    else:
        show_report(report)
    if not report.passed and any(check.skipped is None for check in report.checks):
        raise typer.Exit(1)
    if report.unseen:
        raise Incomplete(
            "not everything was checked, for this role may not read it: nothing is said about it. Use a login that is a "
            f"member of {OPERATORS} (docs/operations.md, Roles)"
        )
    if not report.passed:
        raise typer.Exit(1)


def show_report(report: Report) -> None:
    """Print a report for people."""
    out = console()
    last = ""
    for check in report.checks:
        if check.service != last:
            last = check.service
            out.print(f"\n[bold]{last}[/]")
        out.print(_line(check))
        for text in check.faults:
            out.print(f"      [red]{escape(text)}[/]")
        if check.fault_count > len(check.faults):
            out.print(f"      [red]… and {check.fault_count - len(check.faults):,} more[/]")
    made = [check for check in report.checks if check.skipped is None]
    faults = sum(check.fault_count for check in made)
    if report.passed:
        out.print(f"\n[bold green]All {count(len(made), 'check')} passed.[/]")
    elif not made:
        out.print("\n[bold yellow]Nothing was checked.[/]")
    else:
        out.print(f"\n[bold red]{count(faults, 'thing is', 'things are')} not as they must be.[/]")


def _line(check: Check) -> str:
    if check.skipped is not None:
        return f"  [yellow]–[/]  {escape(check.claim)}: not looked at, {escape(check.skipped)}"
    mark = "[green]✓[/]" if check.passed else "[red]✗[/]"
    notes = ", ".join(f"{number:,} {name}" for name, number in sorted(check.notes.items()) if number)
    figures = count(check.checked, check.unit) + (f": {notes}" if notes else "")
    return f"  {mark}  {escape(check.claim)} [dim]({escape(figures)})[/]"
