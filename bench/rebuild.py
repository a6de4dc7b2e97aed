"""Measure a read model rebuilt from a million events, beside the `eventsourcing` library on the same Postgres, in one run.

`python -m bench.rebuild`: a throw-away Postgres of the devstack (fsync on), a log of promises, and `Rebuild` as `outagectl
rebuild promise` runs it; a reader polls all through. The library needs psycopg; without it only ours is measured.
"""

import argparse
import asyncio
import importlib.util
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from devstack.processes.supervisor import Supervisor
from devstack.servers.postgres import PostgresNode
from services.kernel.adapters.migrate import migrate
from services.kernel.clock import SystemClock
from services.kernel.queries import queries
from services.kernel.reading.rebuild import Progress, Rebuild, make
from services.kernel.running.main import SERVICES
from services.readmodels.promises import PromiseRows

SQL = queries(Path(__file__).parent / "sql" / "rebuild.sql")
SCHEMA = "bench"
REACH_RATE, REACH_RATIO = 50_000, 10.0


async def connect(address: str) -> asyncpg.Connection:
    """A connection in the measured schema."""
    return await asyncpg.connect(address, server_settings={"search_path": SCHEMA})


async def poll(address: str, stop: asyncio.Event) -> list[float]:
    """Read the view all through; returns what each read took, in seconds."""
    connection = await connect(address)
    took = []
    while not stop.is_set():
        began = time.perf_counter()
        await connection.fetchrow("select promise_id, state from promise order by due_at limit 1")
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)
    await connection.close()
    return took


async def ours(address: str, rounds: int) -> dict[str, Any]:
    """Rebuild so many times; the first makes the first filled build."""
    rates, flips, reads = [], [], []
    events = 0
    for number in range(rounds):
        writer, reader = await connect(address), await connect(address)
        stop = asyncio.Event()
        polling = asyncio.create_task(poll(address, stop))

        def say(at: Progress, number: int = number) -> None:
            left = at.seconds_left or 0.0
            sys.stderr.write(
                f"\r  round {number + 1}: {at.position:,} of {at.end:,}, {at.rate:,.0f} events/s, {left:.0f} s left   "
            )

        built = await Rebuild(SCHEMA, PromiseRows(), SystemClock(), on_progress=say).run(writer, reader, anew=True)
        stop.set()
        reads += await polling
        sys.stderr.write("\n")
        events = built.events
        rates.append(built.events / built.seconds)
        flips.append(built.flip_seconds)
        await writer.close()
        await reader.close()
    return {
        "events": events,
        "eventsPerSecond": {"median": statistics.median(rates), "min": min(rates), "max": max(rates)},
        "flipMs": max(flips) * 1000,
        "readsDuring": len(reads),
        "slowestReadMs": max(reads) * 1000,
    }


async def peer(address: str, events: int, seconds: float) -> dict[str, Any] | None:
    """The library's figures, from a process of its own; None where psycopg is not installed."""
    if importlib.util.find_spec("psycopg") is None:
        return None
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.parts.peer_rebuild",
        str(events),
        str(seconds),
        env={**os.environ, "OUTAGE_POSTGRES": address},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await child.communicate()
    if child.returncode:
        raise SystemExit("the library's part of the bench failed; its words stand above")
    figures: dict[str, Any] = json.loads(out)
    return figures


async def measure(events: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Both on one Postgres, in one run."""
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="outage-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # noqa: ASYNC240 - before anything runs; the server may be of another account
        async with Supervisor(log_file=folder / "supervisor.log") as supervisor:
            node = PostgresNode(folder, supervisor, keep=False, on_progress=print)
            await node.start()
            await migrate(node.dsn(), SCHEMA, [SERVICES / "kernel" / "sql" / "migrations"])
            connection = await connect(node.dsn())
            await make(connection, SCHEMA, (PromiseRows(),), SystemClock())
            began = time.perf_counter()
            await connection.execute(SQL["fill"], events, timeout=900)
            await connection.execute("analyze event")
            print(f"a log of {events:,} promise events, made in {time.perf_counter() - began:.0f} s")
            mine = await ours(node.dsn(), rounds)
            await connection.execute("create database peer")
            await connection.close()
            address = urlunsplit(urlsplit(node.dsn())._replace(path="/peer"))
            theirs = await peer(address, min(events, 100_000), seconds)
    return {
        "rebuild": mine,
        "eventsourcing": theirs,
        "ratio": mine["eventsPerSecond"]["median"] / theirs["eventsPerSecond"] if theirs else None,
        "ratioToReadOnly": mine["eventsPerSecond"]["median"] / theirs["readOnlyEventsPerSecond"] if theirs else None,
        "reach": {"eventsPerSecond": REACH_RATE, "ratio": REACH_RATIO},
        "machine": {
            "cores": os.cpu_count(),
            "loadBefore": load_before,
            "loadAfter": os.getloadavg()[0],
            "python": platform.python_version(),
            "system": platform.platform(),
        },
        "versions": {name: version(name) for name in ("asyncpg", "msgspec", "eventsourcing")},
        "postgres": "18, fsync on",
    }


def main() -> None:
    """Measure, print, and write build/bench/rebuild.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the library may project")
    options = parser.parse_args()
    figures = asyncio.run(measure(options.events, options.rounds, options.seconds))
    target = Path("build/bench/rebuild.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=1))
    mine, theirs = figures["rebuild"], figures["eventsourcing"]
    rate = mine["eventsPerSecond"]
    print(
        f"\nrebuild         {rate['median']:10,.0f} events/s ({rate['min']:,.0f} to {rate['max']:,.0f}), {mine['events']:,} events"
    )
    print(
        f"  meanwhile     {mine['readsDuring']:10,} reads, the slowest {mine['slowestReadMs']:.0f} ms; flip {mine['flipMs']:.0f} ms"
    )
    if theirs is None:
        print('eventsourcing   not measured: psycopg is missing (pip install "psycopg[binary,pool]")')
    else:
        print(f"eventsourcing   {theirs['eventsPerSecond']:10,.0f} events/s projected, {theirs['events']:,} events")
        print(f"                {theirs['readOnlyEventsPerSecond']:10,.0f} events/s only read and decoded")
        print(f"ratio           {figures['ratio']:10.1f} x projected, {figures['ratioToReadOnly']:.1f} x only read")
    load = figures["machine"]
    print(f"load average {load['loadBefore']:.1f} before, {load['loadAfter']:.1f} after, on {load['cores']} cores")
    print(f"to reach: {REACH_RATE:,} events/s and {REACH_RATIO:.0f} x; figures: {target}")


if __name__ == "__main__":
    main()
