"""The peer of deadlines: the procrastinate library's deferred jobs, on the same PostgreSQL.

`python -m bench.deadlines.peer_jobs ARMED DUE RATE SECONDS`, the database in OUTAGE_POSTGRES; prints one JSON document. A job does
nothing, so what is measured is that it is found, claimed, and put down as done. What is due lies among what is not, as jobs
that were deferred one after the other do. What is not done after SECONDS is left.
"""

import asyncio
import json
import logging
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import quantiles
from typing import Any

import procrastinate
from psycopg import AsyncConnection

CONCURRENCY = 20
AHEAD_SECONDS = 3.0
"""The first of the jobs that come at a rate is due two seconds after they were put into the table, which takes some time, too."""
POLL_SECONDS = 0.2
"""As often as our services look; its own default is five seconds."""
FILL = """
insert into procrastinate_jobs (queue_name, task_name, args, status, scheduled_at)
select 'deadlines', 'deadline', '{}', 'todo',
  case when n %% %(each)s = 0 then now() - interval '1 minute' else now() + interval '1 day' end
from generate_series(1, %(count)s) as n
"""
DUE = """
insert into procrastinate_jobs (queue_name, task_name, args, status, scheduled_at)
select 'deadlines', 'deadline', jsonb_build_object('due', extract(epoch from at)), 'todo', at
from (select now() + interval '2 seconds' + n * interval '1 second' / %(rate)s as at from generate_series(1, %(count)s) as n) due
"""


async def measure(address: str, armed: int, due: int, rate: float, seconds: float) -> dict[str, Any]:
    """What it does with `due` jobs among `armed`, and how late those are that come at a rate."""
    connector = procrastinate.PsycopgConnector(conninfo=address, min_size=2, max_size=CONCURRENCY + 2)
    app = procrastinate.App(connector=connector)
    late: list[float] = []
    done = 0

    @app.task(name="deadline")
    async def deadline(due: float | None = None) -> None:
        nonlocal done
        done += 1
        if due is not None:
            late.append(datetime.now(UTC).timestamp() - due)  # noqa: TID251 - a bench measures real time

    async with app.open_async():
        with suppress(procrastinate.exceptions.ConnectorException):
            await app.schema_manager.apply_schema_async()
        connection = await AsyncConnection.connect(address, autocommit=True)
        async with connection:
            await connection.execute("truncate procrastinate_jobs cascade")
            await _filled(connection, FILL, {"count": max(armed, due), "each": max(1, armed // due)})
            began = time.perf_counter()
            await _works(app, seconds, wait=False)
            took = time.perf_counter() - began
            figures: dict[str, Any] = {
                "armed": armed,
                "fired": done,
                "perSecond": done / took if took else 0.0,
                "allInTime": done >= due,
            }
            await connection.execute("delete from procrastinate_jobs where scheduled_at < now() + interval '1 hour'")
            count = int(rate * seconds / 2)
            await _filled(connection, DUE, {"count": count, "rate": rate})
            await _works(app, seconds + AHEAD_SECONDS, wait=True)
            cuts = quantiles(late, n=100) if len(late) > 1 else [None] * 99
            figures["lateness"] = {
                "rate": rate,
                "wanted": count,
                "fired": len(late),
                "p50": cuts[49],
                "p99": cuts[98],
                "most": max(late, default=None),
            }
    return figures


async def _filled(connection: AsyncConnection[Any], statement: str, arguments: dict[str, object]) -> None:
    """Jobs by one statement, without a notice and an event for each: how they came is not what is measured."""
    await connection.execute("alter table procrastinate_jobs disable trigger user")
    await connection.execute(statement, arguments)
    await connection.execute("alter table procrastinate_jobs enable trigger user")
    await connection.execute("vacuum analyze procrastinate_jobs")


async def _works(app: procrastinate.App, seconds: float, *, wait: bool) -> None:
    """A worker, until nothing is left to do (or, if it waits for more, for so long)."""
    with suppress(TimeoutError, asyncio.CancelledError):
        await asyncio.wait_for(
            app.run_worker_async(
                concurrency=CONCURRENCY,
                wait=wait,
                fetch_job_polling_interval=POLL_SECONDS,
                shutdown_graceful_timeout=1,
                install_signal_handlers=False,
            ),
            seconds,
        )


def main() -> None:
    """Beside all that are armed, and, as it is at its best, with none but what is due."""
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    armed, due, rate, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    address = os.environ["OUTAGE_POSTGRES"]
    figures = {
        "version": version("procrastinate"),
        "concurrency": CONCURRENCY,
        "besideArmed": asyncio.run(measure(address, armed, due, rate, seconds)),
        "alone": asyncio.run(measure(address, due, due, rate, seconds)),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
