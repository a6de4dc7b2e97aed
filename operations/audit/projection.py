"""Audit read models: no further than the log, and equal to what a replay of it gives; and figures, equal to what views say."""

from __future__ import annotations

from collections.abc import Iterable

from operations.audit.report import Check, Report
from operations.system.database import Connection
from services.kernel.reading.projections import SQL, LogReader, ReadModel, parameter
from services.restorer.tables.figures import SQL as FIGURES

SAMPLE = 500
"""Streams replayed for each read model; so many outages counted wrong are named."""


async def audit_projections(connection: Connection, service: str, models: Iterable[ReadModel], report: Report) -> None:
    """Look at the read models of the service whose schema is entered. Needs a transaction (one snapshot)."""
    check = report.check(service, "read-models", "read models are what a replay of the log gives", "row")
    if await connection.fetchval("select to_regclass('projection')") is None:
        check.skipped = "the schema is older than this version"
        return
    for model in models:
        await _audit(connection, model, check)


async def audit_figures(connection: Connection, report: Report) -> None:
    """Look at the restorer's figures of supply, whose schema is entered: its views are held to the log beside this."""
    check = report.check("restorer", "figures", "what is counted of outages is what their views say", "outage")
    if await connection.fetchval("select to_regclass('counted_outage')") is None:
        check.skipped = "the schema is older than this version"
        return
    check.checked = await connection.fetchval(FIGURES["counted"])
    wrong = {row["mrid"] for row in await connection.fetch(FIGURES["otherwise"], "", SAMPLE)}
    wrong |= {row["mrid"] for row in await connection.fetch(FIGURES["unlike"], SAMPLE)}
    for mrid in sorted(wrong):
        check.fault(
            f"outage {mrid} is counted otherwise than its view says: start the restorer anew, or outagectl rearm"
        )


async def _audit(connection: Connection, model: ReadModel, check: Check) -> None:
    row = await connection.fetchrow(SQL["standing"], model.name)
    if row is None or row["version"] is None:
        check.note("not made yet")
        return
    if row["cursor"] > row["log_end"]:
        check.fault(f"{model.name} is at position {row['cursor']}, beyond the log, which ends at {row['log_end']}")
    check.note("events behind", max(row["log_end"] - row["cursor"], 0))
    if row["version"] != model.version:
        check.note("of another version, not compared")
        return
    reading = LogReader(model)
    streams = [
        r["stream_id"] for r in await connection.fetch(SQL["sample_streams"], reading.types, row["cursor"], SAMPLE)
    ]
    events = reading.events(await connection.fetch(SQL["read_streams"], streams, row["cursor"], reading.types))
    rows = model.fold(events)
    check.checked += len(rows)
    if not rows:
        return
    # By its view, which shows the build that stands: who is on duty may read that, and not the tables behind it.
    names, key, table = ", ".join(model.columns), model.columns[0], model.name
    wrong = await connection.fetch(
        f"select {key} from ({model.source} except select {names} from {table} where {key} = any($2::text[])) w order by 1",
        parameter(rows),
        [getattr(one, key) for one in rows],
    )
    for one in wrong:
        check.fault(f"{model.name}: the row of {one[key]} is not what the log says: outagectl rebuild {model.name}")
