"""`outagectl audit`: the product's own proof, on production too. Reads only, in one snapshot of the database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import asyncpg
import typer
from rich.markup import escape

from outagectl.audit_fanout import audit_fanout
from outagectl.audit_intake import audit_intake
from outagectl.audit_log import audit_log
from outagectl.audit_operators import audit_operators
from outagectl.audit_projection import audit_projections
from outagectl.audit_published import audit_outbox, audit_topic
from outagectl.audit_report import Check, Report
from outagectl.audit_sending import audit_sending
from outagectl.broker import reached, reader
from outagectl.database import Connection, connect, enter, sight
from outagectl.errors import Away, Incomplete
from outagectl.options import Data, Json, Service
from outagectl.say import as_json, console, count
from outagectl.services import OUTPUTS, chosen, load
from outagectl.where import Where, find
from services.kernel.adapters.migrate import OPERATORS
from services.kernel.reading.projector import read_models
from services.kernel.warp import clock_from

if TYPE_CHECKING:
    from devstack.twilio.phones import Received
    from services.kernel.adapters.kafka import Reader


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


async def run_audit(where: Where, services: Iterable[str], *, with_kafka: bool = False) -> Report:
    """Audit the named services, as far as their tables exist.

    Raises:
        Away: database or, if asked for, Kafka cannot be reached; or there are no tables at all.
        Misused: a service cannot be built from the settings.

    """
    report = Report()
    now = clock_from(where.clock_file).now()
    kafka = reader(where) if with_kafka else nullcontext()
    async with connect(where) as connection, kafka as topics:
        wanted = list(services)
        seen = await sight(connection, wanted)
        there = [*seen.services]
        for name in sorted({hidden.partition(".")[0] for hidden in seen.hidden}, key=wanted.index):
            report.not_allowed(name, f"the role {seen.role} has no right to read its tables")
            wanted.remove(name)
        for name in wanted:
            if name not in there:
                report.check(name, "schema", "the service has its tables", "schema").fault(
                    f"schema {name} has no tables: outagectl migrate"
                )
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for name in there:
                await enter(connection, name)
                await _audit_service(connection, where, name, now, report)
                if topics is not None:
                    await _audit_topics(connection, where, name, topics, report)
    return report


async def _audit_service(connection: Connection, where: Where, name: str, now: datetime, report: Report) -> None:
    service = load(name, where)
    parts = [
        audit_log(connection, service, report),
        audit_projections(connection, name, read_models(service), report),
        audit_intake(connection, name, report),
        audit_operators(connection, name, report),
        audit_outbox(connection, name, report),
    ]
    if name == "notifier":
        parts.append(audit_fanout(connection, report))
        parts.append(audit_sending(connection, now, report, handsets(where)))
    for part in parts:
        before = len(report.checks)
        try:
            async with connection.transaction():
                await part
        except asyncpg.InsufficientPrivilegeError as error:
            # What a role may not read is no fault of the log.
            del report.checks[before:]
            report.not_allowed(name, f"no right to read it ({error})")


async def _audit_topics(connection: Connection, where: Where, name: str, topics: Reader, report: Report) -> None:
    async with connect(where) as later:
        await enter(later, name)
        for output in OUTPUTS[name]:
            await reached(where, topics.bounds([(output.topic, 0)]))
            await audit_topic(connection, later, topics, name, output, where.partitions, report)


def handsets(where: Where) -> list[Received] | None:
    """What the simulated phones hold; None where no simulator is known."""
    if where.twilio_folder is None:
        return None
    from devstack.twilio.phones import read_handsets  # noqa: PLC0415 - not installed in production

    try:
        return read_handsets(where.twilio_folder)
    except OSError as error:
        raise Away(f"the phones in {where.twilio_folder} cannot be read: {error.strerror}") from None


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
