"""Measure deadlines with a million of them armed in a real PostgreSQL, beside procrastinate's deferred jobs, in one run.

`python -m bench.deadlines`: a throw-away Postgres of the devstack (fsync on). Found: the question for what is due, answered.
Claimed: also locked, looked at again and taken off. Fired whole: found, claimed, its stream loaded, decided, what follows
appended, committed; by the least service there can be, and by the restorer as it is deployed, of outages whose deadline is due.
Late: from when it was due until what follows was committed, at a rate. One process each.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec

from bench.deadlines.filling import PARTITIONS, SQL, TABLES, OutageTemplate, arm_idle, arm_kettles
from bench.deadlines.firing import FiringBench, Kettles
from devstack.processes.supervisor import Supervisor
from devstack.servers.postgres import PostgresNode
from operations.system.location import Where
from operations.system.services import load
from services.kernel.adapters.locks import Connection
from services.kernel.adapters.migrate import migrate
from services.kernel.model import Service
from services.kernel.running.main import SERVICES, folders
from services.kernel.writing.copies import judged_inputs

REACH_P99, REACH_FIRED, REACH_RATIO = 1.0, 5_000, 20.0
FOUND_TIMES = 50
PAST = timedelta(seconds=10)
"""What is due at once is due since then: what comes later of the same outages is not."""


def now() -> datetime:
    """The machine's own time."""
    return datetime.now(UTC)  # noqa: TID251 - a bench measures real time


async def ours(dsn: str, service: Service, options: argparse.Namespace) -> dict[str, Any]:
    """The figures of one service."""
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=4, server_settings={"search_path": service.name})
    try:
        template = await OutageTemplate.made(dsn, pool) if service.name == "restorer" else None
        bench = FiringBench(service, pool)
        await bench.start()
        async with pool.acquire() as connection:
            await connection.execute(SQL["known"], judged_inputs(service), PARTITIONS)
            began = time.perf_counter()
            await arm_idle(connection, options.timers, now() + timedelta(days=2), "IDLE")
            await arm_idle(connection, options.due, now() - timedelta(hours=1), "CLAIM")
            for table in TABLES:
                await connection.execute(SQL["settle"].format(table=table), timeout=900)
            filled = time.perf_counter() - began
            print(f"{service.name}: {options.timers + options.due:,} deadlines armed in {filled:.0f} s", flush=True)
        found = await bench.found(FOUND_TIMES)
        claimed, per_second = await bench.claimed()
        at_once = template.at_once if template is not None else 1
        began_at = now() - PAST
        dues = [began_at + timedelta(microseconds=number) for number in range(options.due // at_once)]
        async with pool.acquire() as connection:
            await _arm(connection, template, dues, "DUE")
        fired, fired_per_second = await bench.fired()
        count = int(options.rate * options.seconds) // at_once
        async with pool.acquire() as connection:
            # What is still to come lies in the tables before it is due: it takes some time to be put there.
            ahead = timedelta(seconds=options.ahead + count / 2_500)
            first = now() + ahead
            coming = [first + timedelta(seconds=number * at_once / options.rate) for number in range(count)]
            await _arm(connection, template, coming, "COMING")
            if now() >= first:
                raise SystemExit("the machine was too slow to arm what was to come: give a smaller --rate or --seconds")
        late = await bench.late(coming, options.rate, at_once)
    finally:
        await pool.close()
    return {
        "armed": options.timers,
        "foundPerSecond": found,
        "claimed": claimed,
        "claimedPerSecond": per_second,
        "fired": fired,
        "firedPerSecond": fired_per_second,
        "lateness": msgspec.to_builtins(late),
    }


async def _arm(connection: Connection, template: OutageTemplate | None, dues: list[datetime], name: str) -> None:
    if template is None:
        await arm_kettles(connection, dues, name)
    else:
        await template.arm(connection, dues, name)
    await connection.execute("analyze event")


async def peer(dsn: str, options: argparse.Namespace) -> dict[str, Any] | None:
    """The library's figures, from a process of its own; None where it is not installed."""
    if find_spec("procrastinate") is None:
        return None
    connection = await asyncpg.connect(dsn)
    await connection.execute("create database peer")
    await connection.close()
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.deadlines.peer_jobs",
        *map(str, (options.timers, min(options.due, options.peer_due), options.rate, options.peer_seconds)),
        env={**os.environ, "OUTAGE_POSTGRES": urlunsplit(urlsplit(dsn)._replace(path="/peer"))},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await child.communicate()
    if child.returncode:
        raise SystemExit("the library's part of the bench failed; its words stand above")
    figures: dict[str, Any] = json.loads(out.splitlines()[-1])
    return figures


async def both(dsn: str, options: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """The least service, and the restorer."""
    await migrate(dsn, "bench", [SERVICES / "kernel" / "sql" / "migrations"])
    await migrate(dsn, "restorer", folders("restorer"))
    kettles: Any = Kettles()
    least = await ours(dsn, kettles, options)
    return least, await ours(dsn, load("restorer", Where(postgres=dsn)), options)


async def measure(dsn: str, options: argparse.Namespace) -> dict[str, Any]:
    """All on one Postgres, one after the other."""
    load_before = os.getloadavg()[0]
    least, restorer = await both(dsn, options)
    theirs = await peer(dsn, options)
    best = theirs["alone"]["perSecond"] if theirs else None
    beside = theirs["besideArmed"]["perSecond"] if theirs else None
    return {
        "least": least,
        "restorer": restorer,
        "procrastinate": theirs,
        "ratio": {
            "least service beside all that are armed": _over(least, beside),
            "least service at its best": _over(least, best),
            "restorer beside all that are armed": _over(restorer, beside),
        },
        "reach": {"p99": REACH_P99, "firedPerSecond": REACH_FIRED, "ratio": REACH_RATIO},
        "machine": {
            "cores": os.cpu_count(),
            "loadBefore": load_before,
            "loadAfter": os.getloadavg()[0],
            "python": platform.python_version(),
            "system": platform.platform(),
        },
        "versions": {name: _version(name) for name in ("asyncpg", "msgspec", "procrastinate")},
        "postgres": "18, fsync on",
    }


def _over(ours_: dict[str, Any], theirs: float | None) -> float | None:
    return ours_["firedPerSecond"] / theirs if theirs else None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


async def alone(options: argparse.Namespace) -> dict[str, Any]:
    """On a server of its own."""
    with tempfile.TemporaryDirectory(prefix="outage-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # noqa: ASYNC240 - before anything runs; the server may be of another account
        async with Supervisor(log_file=folder / "supervisor.log") as supervisor:
            node = PostgresNode(folder, supervisor, keep=False, on_progress=print)
            await node.start()
            return await measure(node.dsn(), options)


def read(arguments: list[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m bench.deadlines", description=__doc__)
    parser.add_argument("--timers", type=int, default=1_000_000, help="armed, and not due in the run")
    parser.add_argument("--due", type=int, default=50_000, help="due at once, to be claimed, and as many to be fired")
    parser.add_argument("--rate", type=float, default=500, help="due a second, for lateness")
    parser.add_argument("--seconds", type=float, default=60, help="for so long")
    parser.add_argument(
        "--ahead", type=float, default=3, help="seconds until the first of them, beside the time to arm them"
    )
    parser.add_argument("--peer-due", type=int, default=20_000, help="jobs of the peer that are due at once")
    parser.add_argument("--peer-seconds", type=float, default=60, help="how long each of its four parts may take")
    return parser.parse_args(arguments)


def table(figures: dict[str, Any]) -> str:
    """The figures as one table."""
    theirs = figures["procrastinate"]
    heads = ["", "least service", "restorer", "procrastinate", "nothing else armed"]
    peers = [theirs["besideArmed"], theirs["alone"]] if theirs else []
    own = [figures["least"], figures["restorer"]]
    every = [*own, *peers]
    rows = [
        heads,
        ["armed", *(f"{one['armed']:,}" for one in every)],
        ["found a second", *(f"{one['foundPerSecond']:,.0f}" for one in own)],
        ["found and claimed a second", *(f"{one['claimedPerSecond']:,.0f}" for one in own)],
        ["fired whole a second", *(f"{one.get('firedPerSecond', one.get('perSecond')):,.0f}" for one in every)],
        ["due a second, then", *(f"{one['lateness']['rate']:,.0f}" for one in every)],
        ["fired of them", *(f"{one['lateness']['fired']:,} of {one['lateness']['wanted']:,}" for one in every)],
        *(
            [f"late, {word}, s", *(_seconds(one["lateness"][key]) for one in every)]
            for key, word in (("p50", "p50"), ("p99", "p99"), ("most", "at most"))
        ),
    ]
    rows = [[*line, *["–"] * (len(heads) - len(line))] for line in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]) for line in rows)


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def main() -> None:
    """Measure, print, and write build/bench/deadlines.json."""
    figures = asyncio.run(alone(read(sys.argv[1:])))
    target = Path("build/bench/deadlines.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=1))
    print(f"\n{table(figures)}\n")
    for name, ratio in figures["ratio"].items():
        print(f"over procrastinate: {name} " + ("not measured" if ratio is None else f"{ratio:.1f} x"))
    load_ = figures["machine"]
    print(f"load average {load_['loadBefore']:.1f} before, {load_['loadAfter']:.1f} after, on {load_['cores']} cores")
    print(f"to reach: p99 {REACH_P99:.0f} s, {REACH_FIRED:,} fired a second, {REACH_RATIO:.0f} x; figures: {target}")


if __name__ == "__main__":
    main()
