"""`python -m bench.network.together [--simbench DIR | --points N]`: a network model brought into all services at once.

On the local stack, as `outagectl import network` does it: compared with the topic, put on Kafka, kept by planner, restorer and
notifier, real processes. How long until Kafka has it and until every copy is whole, the same again, what each process takes in
memory at most, and what the line on which most hangs costs to resolve in each copy. Exits 1 where a process took more than the
limit. Writes build/bench/together.json.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from bench.memory import LIMIT_MIB, peak
from bench.network.grid import EDITION, grid
from connectors.network.simbench import elements, read_folder
from connectors.table import Errors
from devstack.system import SERVICES, System
from operations.network.importing import NetworkChoices, Read, import_network
from operations.system.location import Where
from schemas.contracts.base import Extent
from schemas.contracts.network import ModelRef, NetworkElement
from services.kernel.clock import SystemClock
from services.network import asking

RESULT: Final = Path("build/bench/together.json")
SIMBENCH: Final = ModelRef(model_id="simbench", date=datetime(2026, 3, 1, tzinfo=UTC))
PATIENCE_SECONDS: Final = 3_600.0
TIMES: Final = 10
SECONDS: Final = {"simbench": 300, "again": 60, "million": 900}
"""To reach: a whole real grid in all services, the same again, and a million usage points."""
LARGEST_LINES: Final = """
with recursive below(line, element_id) as (
  select element_id, element_id from network_element where until is null and kind = 'line'
  union
  select b.line, w.element_id from below b join network_way w on w.source_id = b.element_id and w.down
)
select b.line, count(*) as points from below b join network_element e using (element_id)
where e.until is null and e.kind = 'usagePoint' group by b.line order by points desc, b.line limit 20
"""


async def measure(system: System, read: Read, edition: ModelRef, line: str | None) -> dict[str, Any]:
    """Bring a model in, twice; `line`: whose resolution is measured, None: that of most points."""
    clock = SystemClock()
    where = Where(kafka=system.stack.kafka, postgres=system.stack.postgres)
    before = peaks(system)
    began = time.perf_counter()
    plan = await import_network(where, clock, read, edition, NetworkChoices(by="bench"), Errors())
    on_topic = time.perf_counter() - began
    whole = {name: await here_whole(system, name, edition, began) for name in SERVICES}
    again_began = time.perf_counter()
    again = await import_network(where, clock, read, edition, NetworkChoices(by="bench"), Errors())
    resolving = {name: await resolved(system, name, line) for name in SERVICES}
    return {
        "elements": plan.elements,
        "events": plan.sent + plan.said_whole,
        "onTopicSeconds": on_topic,
        "wholeSeconds": whole,
        "againEvents": again.sent + again.said_whole,
        "againSeconds": time.perf_counter() - again_began - sum(one["tookSeconds"] for one in resolving.values()),
        "largestLine": resolving,
        "startedMiB": before,
        "peakMiB": peaks(system),
        "restarts": dict(system.restarts),
    }


def peaks(system: System) -> dict[str, float]:
    """MiB that each process took at most until now."""
    return {name: peak(system.kill(name, 0)) for name in SERVICES}


async def here_whole(system: System, name: str, edition: ModelRef, began: float) -> float:
    """Seconds since then until this service's decisions cite the edition.

    Raises:
        SystemExit: they do not for an hour.

    """
    connection = await system.connect(name)
    try:
        while not any(
            (one.model_id, one.date) == (edition.model_id, edition.date) for one in await asking.editions(connection)
        ):
            if time.perf_counter() - began > PATIENCE_SECONDS:
                raise SystemExit(f"the edition does not come whole in the {name}")
            await asyncio.sleep(0.2)
        return time.perf_counter() - began
    finally:
        await connection.close()


async def resolved(system: System, name: str, line: str | None) -> dict[str, Any]:
    """What the largest line costs to resolve in this service's copy, as it stands after the import."""
    began, connection = time.perf_counter(), await system.connect(name)
    try:
        named = [line] if line else [row["line"] for row in await connection.fetch(LARGEST_LINES)]
        # Of a meshed grid most hangs on lines without which it has power all the same.
        sizes = {one: len((await asking.resolve(connection, Extent(lines=(one,)))).elements) for one in named}
        largest = max(named, key=lambda one: sizes[one])
        return await _resolved(connection, largest) | {"line": largest, "tookSeconds": time.perf_counter() - began}
    finally:
        await connection.close()


async def _resolved(connection: asyncpg.Connection, line: str) -> dict[str, Any]:
    extent, took, found = Extent(lines=(line,)), [], None
    for _ in range(TIMES):
        began = time.perf_counter()
        found = await asking.resolve(connection, extent)
        took.append((time.perf_counter() - began) * 1000)
    return {"elements": len(found.elements) if found else 0, "medianMs": statistics.median(took)}


async def run(read: Read, edition: ModelRef, line: str | None) -> dict[str, Any]:
    """On a stack of its own."""
    async with System(None, say=lambda _: None) as system:
        return await measure(system, read, edition, line)


def told(found: dict[str, Any]) -> list[str]:
    """The figures for a person."""
    last, reach = max(found["wholeSeconds"].values()), SECONDS
    return [
        f"{found['elements']:,} elements, {found['events']:,} events: on the topic in {found['onTopicSeconds']:.0f} s",
        f"  whole in all services in {last:.0f} s (reach {reach['simbench']} for a grid, {reach['million']} for a million points)",
        f"the same again: {found['againEvents']} events, {found['againSeconds']:.1f} s (reach {reach['again']})",
        *(_of_service(found, name) for name in SERVICES),
    ]


def _of_service(found: dict[str, Any], name: str) -> str:
    line = found["largestLine"][name]
    memory = (
        f"{found['peakMiB'][name]:4.0f} MiB at most, {found['startedMiB'][name]:4.0f} before (stay below {LIMIT_MIB})"
    )
    return f"{name:9} {memory}; its largest line, {line['elements']:,} elements, {line['medianMs']:.0f} ms to resolve"


def main() -> None:
    """Measure, print, write the figures; exit 1 where a process took more than the limit, or died."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simbench", type=Path, help="folder of one SimBench grid")
    parser.add_argument("--points", type=int, default=100_000, help="usage points of a made-up grid")
    parser.add_argument("--line", type=int, default=10_000, help="usage points of one of its lines")
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    load = os.getloadavg()[0]

    def drawn(_: Errors) -> Iterator[NetworkElement]:
        if given.simbench is not None:
            return iter(elements(read_folder(given.simbench), SIMBENCH))
        return grid(given.points, given.line)

    made_up = given.simbench is None
    found = asyncio.run(run(drawn, EDITION if made_up else SIMBENCH, "L0" if made_up else None))
    found["loadBefore"], found["cores"] = load, os.cpu_count()
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1))
    for line in told(found):
        print(line)
    print(f"load average {load:.1f} before, on {found['cores']} cores; figures: {RESULT}")
    sys.exit(max(found["peakMiB"].values()) > LIMIT_MIB or bool(found["restarts"]))


if __name__ == "__main__":
    main()
