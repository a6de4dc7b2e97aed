"""Measure the longest step of the loop that large legal events cost one service (bench/parts/steps.py).

Starts, extents, a plan, reports, steps and ends of outages with up to 20,000 names, alone and three at once as a batch brings
them; names as they are, and of the oddest kind; the last ones taken by a process that remembers nothing. With each go the
service's read models and, in the notifier, the fan-out to 1,000 customers.
"""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import asyncpg
from prometheus_client import CollectorRegistry

from bench.memory import Fact, customers, large_events, points, wide_outage
from bench.parts.process import Process
from bench.parts.steps import Steps, watched
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import FaultReported, OutageStarted, SupplyRestored
from services.kernel.adapters.migrate import migrate
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Record
from services.kernel.observing.telemetry import Telemetry
from services.kernel.pauses import settle
from services.kernel.reading.projector import Projector, read_models
from services.kernel.reading.rebuild import make
from services.kernel.running.main import folders
from services.notifier.fanning.worker import FanoutWorker
from tests.kits.kernel.paper import PaperBroker
from tests.kits.kernel.toy import START

BEGAN = START - timedelta(minutes=50)


def chinese(count: int) -> tuple[str, ...]:
    """Names with what the normal form changes in most names: width, spaces, case, kilovolts."""
    return tuple(f"10千伏城东{number:05}线 第{number}号 公变 II" for number in range(count))


def odd(count: int) -> tuple[str, ...]:
    """Names of characters that each need a rule of their own."""
    return tuple(
        chr(0x2160 + number % 12)
        + chr(0xFF10 + number % 10)
        + chr(0x2460 + number % 20)
        + "e\u0301" * 3
        + chr(0x3200 + number % 28)
        + f"千伏安3千伏—–{number}"
        for number in range(count)
    )


def course(mrid: str, names: tuple[str, ...]) -> Iterator[list[Fact]]:
    """An outage: reported, begun, half of it back, part of the other half."""
    whole, third = Extent(usage_points=names), len(names) // 3
    minutes = [BEGAN + timedelta(minutes=number) for number in range(10)]
    yield [(None, FaultReported(mrid=mrid, reported_at=minutes[1], report_id=f"{mrid}-r", extent=whole))]
    yield [(None, OutageStarted(mrid=mrid, outage_class="fault", started_at=BEGAN, extent=whole))]
    yield [
        (
            None,
            SupplyRestored(mrid=mrid, restored_at=minutes[4], scope="part", extent=Extent(usage_points=names[:third])),
        )
    ]
    yield [
        (
            None,
            SupplyRestored(
                mrid=mrid, restored_at=minutes[6], scope="part", extent=Extent(usage_points=names[third:-third])
            ),
        )
    ]


def rounds(size: int) -> Iterator[list[Fact]]:
    """What is taken, batch by batch; the empty one stands for a new process."""
    every = list(large_events(30, size, START))
    yield from ([every[number]] for number in (0, 9, 29))
    yield [every[1], every[19], every[2]]
    wide = list(wide_outage(points(size // 39, "usage-point"), START))
    yield from ([fact] for fact in wide[:3])
    for mrid, names in (("CH", chinese(size // 60)), ("ODD", odd(size // 60))):
        yield from course(mrid, names)
        yield []
        yield [(None, SupplyRestored(mrid=mrid, restored_at=BEGAN + timedelta(minutes=20)))]
    yield [wide[3]]


async def large(dsn: str, name: str, size: int, people: int = 1_000) -> dict[str, Any]:
    """Take all of it as service `name` does, with so many key customers; the longest steps."""
    await migrate(dsn, name, folders(name))
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=3, server_settings={"search_path": name})
    clock, broker = ManualClock(START), PaperBroker(partitions=1)
    process = await Process.of(name, dsn, pool, clock, broker)
    async with pool.acquire() as connection:
        await make(connection, name, read_models(process.ingest.service), clock)
    told = customers(people, points(size // 39, "usage-point"), START) if name == "notifier" else ()
    batches = [[fact] for fact in told] + list(rounds(size))
    settle()
    found, taken = Steps(), 0
    for number, batch in enumerate(batches):
        if not batch:
            process = await Process.of(name, dsn, pool, clock, broker)
            continue
        clock.advance(timedelta(seconds=1))
        records = [
            record
            for at, (topic, data) in enumerate(batch)
            for record in process.records(topic, data, f"{number}-{at}")
        ]
        with watched(found):
            await asyncio.create_task(_whole(process, records))
        taken += len(records)
    figures: dict[str, Any] = {
        "facts": taken,
        "viewBytes": await pool.fetchval("select max(octet_length(view::text)) from live"),
        "keptBytes": await pool.fetchval("select coalesce(max(octet_length(state)), 0) from snapshot"),
    }
    await pool.close()
    return figures | found.figures()


async def _whole(process: Process, records: list[Record]) -> None:
    """Everything that one process does about these records, but for Kafka."""
    ingest, pool = process.ingest, process.pool
    taken = await ingest.take(records)
    process.broker.logs.clear()
    if taken.bad:
        raise SystemExit(f"not taken: {[(bad.reason, bad.detail[:200]) for bad in taken.bad]}")
    projector = Projector(ingest.service, pool, Telemetry("bench"), wake=asyncio.Event())
    while await projector.once():
        pass
    if ingest.service.name == "notifier":
        fanner = FanoutWorker(ingest, pool, process.clock, asyncio.Event(), CollectorRegistry())
        while await fanner.step():
            pass
    await pool.execute("delete from outbox")
