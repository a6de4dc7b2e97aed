"""Measure what a fact costs after much has happened, on the real write path: `python -m bench.history`.

Two histories: reports on one outage (restorer), and outages of one customer (notifier). Each fact is taken by itself, as in
a quiet night. Printed: the hundredth fact against the last (each the median of eleven), the first fact of a process that
remembers nothing, and the longest step of the loop (bench/parts/steps.py), by this thread's own work and by the wall, with the
function it was in: on a busy machine the wall says what others took. Then the steps of large events (bench/large.py).
Exit 1 where a step worked longer than 50 ms.
"""

import argparse
import asyncio
import gc
import json
import statistics
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Literal

import asyncpg
import msgspec

from bench.large import large
from bench.parts.process import Process
from bench.parts.steps import watched
from devstack.servers.stack import Stack
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent
from schemas.contracts.customers import Contact, CustomerUpserted
from schemas.contracts.dispatch import FaultReported, OutageStarted
from services.kernel.adapters.migrate import migrate
from services.kernel.manual_clock import ManualClock
from services.kernel.pauses import settle
from services.kernel.running.main import folders
from tests.kits.kernel.paper import PaperBroker
from tests.kits.kernel.toy import START
from tests.kits.stack.databases import database

Facts = Callable[[int], Iterator[tuple[str | None, msgspec.Struct]]]
WIDE = Extent(lines=("10千伏城东线",), usage_points=tuple(f"up-{number:05}" for number in range(200)))
AROUND = 5
"""Facts on either side of the one that is measured, for the median."""


def reports(number: int) -> Iterator[tuple[str | None, msgspec.Struct]]:
    """An outage, and people who report it."""
    if number == 0:
        yield None, OutageStarted(mrid="F-1", outage_class="fault", started_at=START, extent=WIDE)
    yield (
        None,
        FaultReported(
            mrid="F-1",
            reported_at=START + timedelta(seconds=number + 1),
            report_id=f"r-{number}",
            extent=Extent(usage_points=(f"up-{number % 200:05}",)),
        ),
    )


def outages(number: int) -> Iterator[tuple[str | None, msgspec.Struct]]:
    """A customer, and outages that come and go: each is told, and its end is."""
    at = START + timedelta(hours=number)
    if number == 0:
        contacts = (Contact(contact_id="hospital-duty"),)
        yield (
            "outage.customers",
            CustomerUpserted(
                customer_id="hospital", name="市一医院", importance="special", contacts=contacts, updated_at=START
            ),
        )
    statuses: tuple[tuple[int, Literal["out", "restored"]], ...] = ((1, "out"), (2, "restored"))
    for version, status in statuses:
        back = at + timedelta(minutes=40)
        yield (
            "outage.audience",
            CustomerTouched(
                customer_id="hospital",
                mrid=f"F-{number:05}",
                outage_version=version,
                touched=True,
                matched_by=("line:10kv城东线",),
                outage_class="fault",
                status=status,
                trigger="outage.started.v1" if version == 1 else "restoration.confirmed.v1",
                started_at=at,
                ert=at + timedelta(hours=2) if version == 1 else None,
                restored_at=back if version == 2 else None,
                extent=Extent(lines=("10千伏城东线",)),
                at=at if version == 1 else back,
            ),
        )


async def history(dsn: str, name: str, facts: Facts, count: int, hundredth: int = 100) -> dict[str, Any]:
    """Take `count` rounds of `facts` and say what they cost."""
    await migrate(dsn, name, folders(name))
    words = {"search_path": name}
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=2, server_settings=words)
    clock, broker = ManualClock(START), PaperBroker(partitions=1)
    process = await Process.of(name, dsn, pool, clock, broker)
    took: list[float] = []
    settle()  # as a process does before its first record
    with watched() as steps:
        for number in range(count):
            seconds = 0.0
            for index, (topic, data) in enumerate(facts(number)):
                clock.advance(_ahead(clock.now(), data))
                if isinstance(data, CustomerUpserted | OutageStarted):
                    await process.take(process.records(topic, data, f"{number}-{index}"))
                    continue
                seconds += await process.take(process.records(topic, data, f"{number}-{index}"))
            took.append(seconds)
            if number % 500 == 0:
                await pool.execute("delete from outbox")
    early, late = took[hundredth - 1 - AROUND : hundredth + AROUND], took[-2 * AROUND - 1 :]
    firsts = []
    for again in range(3):
        fresh = await Process.of(name, dsn, pool, clock, broker)
        gc.collect()
        ((topic, data), *_) = list(facts(count + again))
        clock.advance(_ahead(clock.now(), data))
        firsts.append(await fresh.take(fresh.records(topic, data, f"first-{again}")))
    view = await pool.fetchval("select max(octet_length(view::text)) from live")
    kept = await pool.fetchval("select coalesce(max(octet_length(state)), 0) from snapshot")
    events = await pool.fetchval("select max(version) from stream")
    await pool.close()
    return {
        "facts": count,
        "eventsOfTheStream": events,
        "hundredthMs": statistics.median(early) * 1e3,
        "lastMs": statistics.median(late) * 1e3,
        "firstAfterRestartMs": min(firsts) * 1e3,
        "viewBytes": view,
        "keptBytes": kept,
        **steps.figures(),
    }


def _ahead(now: datetime, data: msgspec.Struct) -> timedelta:
    """How far the clock must go for a fact to be of the past."""
    at = getattr(data, "at", None) or getattr(data, "reported_at", None) or now
    return max(at - now, timedelta(0)) + timedelta(seconds=1)


def table(figures: dict[str, dict[str, Any]]) -> str:
    """The figures, one line for each history, and under it where its longest steps were."""
    head = f"{'':42}{'100th':>9}{'last':>9}{'ratio':>7}{'restart':>9}{'work':>8}{'wall':>9}{'view':>10}{'kept':>12}"
    lines = [head]
    for name, found in figures.items():
        costs = " " * 34
        if "hundredthMs" in found:
            first, last = found["hundredthMs"], found["lastMs"]
            costs = f"{first:7.1f}ms{last:7.1f}ms{last / first:7.1f}{found['firstAfterRestartMs']:7.1f}ms"
        sizes = f"{found['viewBytes']:8,} B{found['keptBytes']:10,} B"
        lines.append(f"{name:42}{costs}{found['longestWorkMs']:6.1f}ms{found['longestStepMs']:7.1f}ms{sizes}")
        lines += [f"    most work in {found['longestWork']}", f"    by the wall  {found['longestStep']}"]
    return "\n".join(lines)


async def measure(postgres: str, reported: int, cut: int, size: int) -> dict[str, dict[str, Any]]:
    """Both histories, and large events in each service."""
    figures: dict[str, dict[str, Any]] = {}
    async with database(postgres) as dsn:
        figures[f"{reported:,} reports on one outage"] = await history(dsn, "restorer", reports, reported)
    async with database(postgres) as dsn:
        figures[f"{cut:,} outages of one customer"] = await history(dsn, "notifier", outages, cut)
    for name in ("planner", "restorer", "notifier"):
        async with database(postgres) as dsn:
            figures[f"{name}, events of {size:,} bytes"] = await large(dsn, name, size)
    return figures


def main() -> None:
    """Measure and print; exit 1 where a step of the loop was too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=20_000)
    parser.add_argument("--outages", type=int, default=2_000)
    parser.add_argument("--size", type=int, default=780_000, help="bytes of a large event")
    parser.add_argument("--postgres", help="address of a server to use, with a role that may create databases")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()

    async def run() -> dict[str, dict[str, Any]]:
        if given.postgres:
            return await measure(given.postgres, given.reports, given.outages, given.size)
        async with Stack(None, on_progress=lambda line: print(line, file=sys.stderr)) as stack:
            return await measure(stack.postgres, given.reports, given.outages, given.size)

    figures = asyncio.run(run())
    print(json.dumps(figures, indent=2) if given.json else table(figures))
    sys.exit(any(found["tooLong"] for found in figures.values()))


if __name__ == "__main__":
    main()
