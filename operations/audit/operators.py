"""Audit operators' requests against the log: none changed, lost or answered twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from operations.audit.report import Report
from operations.system.database import Connection, Row
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "audit_operators.sql")


async def audit_operators(connection: Connection, service: str, report: Report) -> None:
    """Look at the requests of the service whose schema is entered. Needs a transaction (one snapshot)."""
    check = report.check(
        service, "operators", "what operators asked is in the log as they asked it, with one answer", "request"
    )
    for row in await connection.fetch(SQL["requests"]):
        check.checked += 1
        if row["seq"] is not None and not row["events"]:
            check.note("waiting for the service")
            continue
        for text in request_faults(row):
            check.fault(text)
    if await connection.fetchval("select to_regclass('brake')") is not None:
        for row in await connection.fetch(SQL["brakes_unasked"]):
            check.fault(f"lane {row['lane']} is {row['state']}, which no request in the log says")


def request_faults(row: Row) -> Iterator[str]:
    """What is wrong with one row of query `requests`. Pure."""
    name = row["stream_id"]
    if row["seq"] is None:
        yield f"{name} is in the log, and its request is not in operator_request"
        return
    if (row["events"], row["answers"]) != (2, 1):
        yield f"{name} has {row['events']} events and {row['answers']} answers, not a request and its answer"
    for field in ("who", "action", "login", "at"):
        if not row[f"same_{field}"]:
            yield f"{name}: {field} in operator_request is not what was judged"
