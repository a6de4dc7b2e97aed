"""Measure what the hotline waits for: `explain` of one line among 5,000 open outages and 100,000 that are over.

`python -m bench.explain [--open 5000] [--over 100000]`: milliseconds of the look-up (operations.lookup.lookup.look) on a real
PostgreSQL, beside one bare `select 1`, each over 200 calls; the command's own start and Kafka's ends are not in it.
"""

import argparse
import asyncio
import json
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from time import perf_counter

import asyncpg

from devstack.servers.stack import Stack
from operations.lookup.lookup import look
from services.kernel.adapters.migrate import migrate
from services.kernel.clock import SystemClock
from services.kernel.running.main import folders
from services.readmodels.making import make_tables
from services.readmodels.places import place_id

CALLS = 200
SERVICES = ("planner", "restorer", "notifier")


async def main(open_: int, over: int) -> None:
    """Fill, measure, print, and write build/bench/explain.json."""
    async with Stack(None) as stack:
        for name in SERVICES:
            await migrate(stack.postgres, name, folders(name))
            await make_tables(stack.postgres, name, SystemClock())
        connection = await asyncpg.connect(stack.postgres, server_settings={"search_path": "restorer"})
        now = SystemClock().now()
        await _fill(connection, open_, over, now)
        bare = [await _timed(connection.fetchval("select 1")) for _ in range(CALLS)]
        took = []
        for number in range(CALLS):
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                took.append(await _timed(look(connection, SERVICES, f"10千伏试验{number * 7 % open_}线", now)))
        await connection.close()
    result = {"open": open_, "over": over, "look": _figures(took), "select 1": _figures(bare)}
    print(json.dumps(result, indent=1))


async def _fill(connection: asyncpg.Connection, open_: int, over: int, now: datetime) -> None:
    rows, places = [], []
    for number in range(open_ + over):
        mrid, line = f"B-{number}", f"10千伏试验{number % open_}线"
        closed = None if number < open_ else (now - timedelta(days=30)).isoformat()
        extent = {"lines": [line], "areas": [f"试验{number % open_}区"]}
        view = {
            "mRID": mrid,
            "status": "confirmed" if closed is None else "closed",
            "outageClass": "fault",
            "extent": extent,
            "remaining": extent,
            "startedAt": datetime(2026, 1, 1, tzinfo=UTC).isoformat(),
            "restoredAt": closed,
            "ertHistory": [],
        }
        rows.append((f"outage/{mrid}", json.dumps(view)))
        for kind, written in (("line", line), ("area", extent["areas"][0])):
            value = written.replace("千伏", "kv")
            places.append((place_id(mrid, kind, value), kind, value, written, mrid))
    streams = [name for name, _ in rows]
    await connection.execute(
        "insert into stream (stream_id, partition, version, chain) select w, 0, 1, '\\x' from unnest($1::text[]) as w",
        streams,
    )
    await connection.execute(
        "insert into live (stream_id, version, view, written_by) "
        "select w.id, 1, w.view::jsonb, 'bench' from unnest($1::text[], $2::text[]) as w(id, view)",
        streams,
        [view for _, view in rows],
    )
    table = await connection.fetchval("select table_name from projection where name = 'place' and state = 'live'")
    await connection.copy_records_to_table(
        table, records=places, columns=["place_id", "kind", "value", "written", "mrid"]
    )
    await connection.execute("analyze")


async def _timed(work: Awaitable[object]) -> float:
    began = perf_counter()
    await work
    return (perf_counter() - began) * 1000


def _figures(took: list[float]) -> dict[str, float]:
    return {
        "median ms": round(median(took), 2),
        "p99 ms": round(quantiles(took, n=100)[98], 2),
        "worst ms": round(max(took), 2),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=5_000)
    parser.add_argument("--over", type=int, default=100_000)
    given = parser.parse_args()
    asyncio.run(main(given.open, given.over))
