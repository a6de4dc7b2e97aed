"""Run one audit of the named services in one snapshot of the database: which parts there are, and in which order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING

import asyncpg

from operations.audit.fanout import audit_fanout
from operations.audit.intake import audit_intake
from operations.audit.log import audit_log
from operations.audit.operators import audit_operators
from operations.audit.projection import audit_figures, audit_projections
from operations.audit.published import audit_outbox, audit_topic
from operations.audit.report import Report
from operations.audit.sending import audit_sending
from operations.audit.tasks import audit_tasks
from operations.errors import Away
from operations.fulfilment.audit import audit_months
from operations.system.asking import is_running
from operations.system.broker import reached, reader
from operations.system.database import Connection, connect, enter, sight
from operations.system.location import Where
from operations.system.services import load, outputs_of
from services.kernel.reading.projector import read_models
from services.kernel.warp import clock_from

if TYPE_CHECKING:
    from devstack.twilio.kept.phones import Received
    from services.kernel.adapters.kafka import Reader


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
        # Before the snapshot: whatever is on a phone by now was claimed before, so the snapshot knows of it. Read after it, a
        # text that went out while the audit looked at other things would be on a phone and not known here.
        phones = handsets(where) if "notifier" in there else None
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for name in there:
                await enter(connection, name)
                await _audit_service(connection, where, name, now, report, phones)
                if topics is not None:
                    await _audit_topics(connection, where, name, topics, report)
    return report


async def _audit_service(
    connection: Connection, where: Where, name: str, now: datetime, report: Report, phones: list[Received] | None
) -> None:
    service = load(name, where)
    parts = [
        audit_log(connection, service, report),
        audit_projections(connection, name, read_models(service), report),
        audit_intake(connection, name, report),
        audit_operators(connection, name, report),
        audit_outbox(connection, name, report),
    ]
    if await connection.fetchval("select to_regclass('standing_cause')") is not None:
        clock, running = clock_from(where.clock_file), await is_running(connection, name)

        @asynccontextmanager
        async def later() -> AsyncIterator[Connection]:
            async with connect(where) as made:
                await enter(made, name)
                yield made

        parts.append(audit_tasks(connection, name, clock.now, report, later, running=running))
    if name == "restorer":
        parts.append(audit_figures(connection, report))
    if name == "restorer":
        parts.append(audit_months(connection, report))
    if name == "notifier":
        parts.append(audit_fanout(connection, report))
        parts.append(audit_sending(connection, now, report, phones))
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
        for output in outputs_of(name):
            await reached(where, topics.bounds([(output.topic, 0)]))
            await audit_topic(connection, later, topics, name, output, where.partitions, report)


def handsets(where: Where) -> list[Received] | None:
    """What the simulated phones hold; None where no simulator is known."""
    if not where.phone_folders:
        return None
    from devstack.twilio.kept.phones import read_all_handsets  # noqa: PLC0415 - not installed in production

    try:
        return read_all_handsets(where.phone_folders)
    except OSError as error:
        raise Away(f"the phones in {error.filename} cannot be read: {error.strerror}") from None
