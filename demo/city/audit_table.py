"""Show the demo's final audit in one table: a claim a line, a service a column."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from operations.audit.report import Check, Report
from operations.times import count


def print_audit(out: Console, report: Report) -> None:
    """Print every claim with the number of things that were looked at; below it whatever is not so."""
    services = list(dict.fromkeys(check.service for check in report.checks))
    made = Table(title="The audit (outagectl audit)", title_justify="left", show_edge=False, pad_edge=False)
    made.add_column("what must be so", overflow="fold")
    for service in services:
        made.add_column(service, justify="right", no_wrap=True)
    for claim in dict.fromkeys(_said(check) for check in report.checks):
        alike = [check for check in report.checks if _said(check) == claim]
        made.add_row(escape(claim), *(_cell([one for one in alike if one.service == name]) for name in services))
    out.print()
    out.print(made)
    for check in report.checks:
        for text in check.faults:
            out.print(f"[red]✗ {escape(check.service)}: {escape(check.claim)}: {escape(text)}[/]")
    passed = sum(check.passed for check in report.checks if check.skipped is None)
    if report.passed:
        out.print(
            f"[bold green]All {count(passed, 'check')} passed:[/] nothing lost, nothing doubled, nothing changed."
        )
    else:
        out.print("[bold red]Not all checks passed.[/]")


def _said(check: Check) -> str:
    """The claim, with one wording for all topics: a service has one or two of its own."""
    return re.sub(r"\bon outage\.[a-z]+", "on its topic", check.claim)


def _cell(checks: Sequence[Check]) -> str:
    if not checks:
        return ""
    if any(check.skipped is not None for check in checks):
        return "[yellow]not made[/]"
    faults = sum(check.fault_count for check in checks)
    return f"[red]✗ {faults:,}[/]" if faults else f"[green]✓[/] {sum(check.checked for check in checks):,}"
