"""Audit tasks: whatever a person is needed for has one, none is open without cause, and the list is what the log says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Final

from operations.audit.report import Check, Report
from operations.system.database import Connection, Row
from services.kernel.queries import queries

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "audit_tasks.sql")
LOOKS: Final = 5
LOOK_SECONDS: Final = 2.0
MOST: Final = 1_000
Later = Callable[[], AbstractAsyncContextManager[Connection]]
"""Makes a connection that sees the present, in the same schema."""


async def audit_tasks(
    connection: Connection,
    service: str,
    now: Callable[[], datetime],
    report: Report,
    later: Later | None,
    *,
    running: bool,
) -> None:
    """Look at the tasks of the service whose schema is entered.

    Tasks follow what stands within seconds, where the service runs: what is not so in the snapshot is looked at again
    over `later` connections, and is a fault where it stays so. Where it does not run, what waits for it is only counted.
    """
    listed = report.check(service, "task rows", "open tasks are those of the log, as it has them", "task")
    listed.checked = await connection.fetchval(SQL["counted"])
    for row in await connection.fetch(SQL["tasks"]):
        for text in row_faults(row):
            listed.fault(text)
    stands = report.check(
        service, "tasks", "whatever a person is needed for has a task, and no open task is without cause", "open task"
    )
    stands.checked = await connection.fetchval("select count(*) from task where state in ('open', 'taken')")
    wrong = await not_so(connection, now())
    if later is not None and running:
        async for seen in _again(later):
            if not wrong:
                break
            wrong = [text for text in await not_so(seen, now()) if text in wrong]
    _tell(stands, wrong, running=running or later is None)


def _tell(check: Check, wrong: list[str], *, running: bool) -> None:
    for text in wrong:
        if running:
            check.fault(text)
        else:
            check.note("waiting for the service")


async def not_so(connection: Connection, now: datetime) -> list[str]:
    """What stands without a task, and which open tasks are without cause, in words."""
    untasked = [
        f"{row['kind']} about {row['customer_id'] or row['ref'] or row['about']} ({row['about']}) has no task"
        for row in await connection.fetch(SQL["untasked"], now, MOST)
    ]
    causeless = [
        f"task {row['task_id']} ({row['concern']}) is open, and its cause is gone"
        for row in await connection.fetch(SQL["causeless"], now)
    ]
    return [*untasked, *causeless]


async def _again(later: Later) -> AsyncIterator[Connection]:
    async with later() as connection:
        for _ in range(LOOKS):
            yield connection
            await asyncio.sleep(LOOK_SECONDS)


def row_faults(row: Row) -> Iterator[str]:
    """What is wrong with one row of query `tasks`. Pure."""
    name = f"task {row['task_id']}"
    if row["state"] is None:
        yield f"{name} is open in the log, and not in the list"
        return
    if row["logged_state"] is None or row["logged_id"] != row["task_id"]:
        yield f"{name} is on the list, and not open in the log"
        return
    pairs = (
        ("state", "state"), ("taken_by", "by"), ("raised", "raised"), ("concerned", "concerned")
    )  # fmt: skip
    for column, field in pairs:
        if row[column] != row[f"logged_{field}"]:
            yield f"{name}: {column} is {row[column]} on the list and {row[f'logged_{field}']} in the log"
