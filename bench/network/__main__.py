"""`python -m bench.network`: a network model in a service's tables, on a throw-away Postgres with fsync on, without Kafka.

How long it takes to come in, batch by batch as a service takes it; what a line of many points costs to resolve, a switch at
its head to throw, an outage there to place; and the same model in memory as the peer. Writes build/bench/network.json.
"""

import argparse
import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from bench.network.measuring import measure
from devstack.processes.supervisor import Supervisor
from devstack.servers.postgres import PostgresNode
from tests.kits.stack.fanout import town

RESULT = Path("build/bench/network.json")
RESOLVE_MS, POINTS_PER_SECOND, MEMORY_MIB = 50, 1_111, 350
"""To reach: a line of 10,000 points; a million points in 15 minutes; what a service takes with it."""


async def run(points: int, of_line: int) -> dict[str, Any]:
    """On a Postgres of its own."""
    with tempfile.TemporaryDirectory(prefix="outage-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # noqa: ASYNC240 - before anything runs; the server may be of another account
        async with Supervisor(log_file=folder / "supervisor.log") as supervisor:
            node = PostgresNode(folder, supervisor, keep=False, on_progress=print)
            await node.start()
            async with town(node.dsn()) as city:
                return await measure(city, points, of_line)


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000, help="usage points in all")
    parser.add_argument("--line", type=int, default=10_000, help="usage points of a line")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    found = asyncio.run(run(options.points, options.line))
    found["loadBefore"], found["cores"] = load, os.cpu_count()
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1))
    for line in told(found, options.points):
        print(line)
    print(f"load average {load:.1f} before, on {found['cores']} cores; figures: {RESULT}")


def told(found: dict[str, Any], points: int) -> list[str]:
    """The figures for a person, each beside what is to be reached."""
    rate, memory = points / found["comingIn"], found["inMemory"]
    return [
        "",
        f"{found['elements']:,} elements: {found['comingIn']:.1f} s to come in, {rate:,.0f} points/s (reach {POINTS_PER_SECOND:,})",
        f"  counted whole in {found['countedWhole']:.1f} s; the same again {found['sameAgain']:.1f} s",
        f"a line of {found['pointsOfLine']:,} points: {found['resolveMs']:.0f} ms to resolve (reach {RESOLVE_MS})",
        f"  in memory {memory['resolveMs']:.0f} ms, once it is made, in {memory['made']:.1f} s",
        f"  its territories {found['territoryMs']:.0f} ms, the voltage of each point {found['voltageMs']:.0f} ms",
        f"  read to be kept beside an outage {found['partMs']:.0f} ms",
        f"  a switch at its head {found['switchAtHeadMs']:.0f} ms; an outage there placed in {found['outagePlacedMs']:.0f} ms",
        f"memory: {found['peakMiB']:.0f} MiB at most (stay below {MEMORY_MIB}); database {found['databaseMiB']:.0f} MiB",
    ]


if __name__ == "__main__":
    main()
