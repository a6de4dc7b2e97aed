"""Measure how large each table grows per million events, and how long heads take: `python -m bench.growth`.

Facts go through the real services (deciders, inbox, log, timers, outbox) on a real PostgreSQL; only Kafka is left out. The
outbox is emptied as the relay would. Heads are timed on a log of their own, filled by COPY with true hash chains.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devstack.servers.stack import Stack
from operations.audit.report import Report
from operations.heads.check import check_heads
from operations.system.database import enter
from operations.system.location import Where
from operations.system.services import load
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent, Period
from schemas.contracts.customers import Contact, CustomerUpserted
from schemas.contracts.dispatch import (
    CauseCleared,
    CrewStatus,
    ErtChanged,
    OutageStarted,
    PlannedRequested,
    SupplyRestored,
)
from services.kernel.adapters.migrate import migrate
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Event
from services.kernel.observing.telemetry import Telemetry
from services.kernel.proof.heads import key_id, make
from services.kernel.running.main import folders
from services.kernel.streams.log import link
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.paper import PaperBroker
from tests.kits.kernel.toy import START

EXTENT = Extent(
    lines=("10千伏城东线",), areas=("中山路一带", "人民路"), transformers=("城东2号变",), nominal_voltage=10
)
BATCH = 200
Fact = tuple[str | None, msgspec.Struct]

SIZES = """
select c.relname as name, pg_table_size(c.oid) as heap, pg_indexes_size(c.oid) as indexes
from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind = 'r' order by 1
"""


def restorer_facts(number: int, now: datetime) -> Iterator[Fact]:
    """One fault from start to end, as dispatch tells it; it is over `now`, for no fact may come from the future."""
    mrid, at = f"F-{number:07}", now - timedelta(hours=3)
    yield (
        None,
        OutageStarted(mrid=mrid, outage_class="fault", started_at=at, extent=EXTENT, ert=at + timedelta(hours=2)),
    )
    yield None, CrewStatus(mrid=mrid, crew_status="enroute", at=at + timedelta(minutes=5), crew_id="crew-7")
    yield None, CrewStatus(mrid=mrid, crew_status="arrived", at=at + timedelta(minutes=30), crew_id="crew-7")
    yield None, ErtChanged(mrid=mrid, changed_at=at + timedelta(minutes=40), ert=at + timedelta(hours=4))
    yield None, CauseCleared(mrid=mrid, cleared_at=at + timedelta(hours=2), cause="吊车碰线")
    yield None, SupplyRestored(mrid=mrid, restored_at=at + timedelta(hours=2, minutes=30))


def planner_facts(number: int, at: datetime) -> Iterator[Fact]:
    """One lawful planned cut on a line of its own."""
    start = at + timedelta(days=20)
    lines, areas, transformers = (f"10千伏{number:07}线",), (f"{number:07}号小区",), (f"{number:07}号变",)
    extent = Extent(lines=lines, areas=areas, transformers=transformers, nominal_voltage=10)
    yield (
        None,
        PlannedRequested(
            mrid=f"P-{number:07}",
            revision_number=1,
            outage_class="planned",
            planned_period=Period(start=start, end=start + timedelta(hours=8)),
            extent=extent,
            reason="配变更换",
            requested_at=at,
        ),
    )


def notifier_facts(number: int, at: datetime) -> Iterator[Fact]:
    """One customer in the registry, told that power is off and that it is back."""
    name = f"KC-{number:07}"
    lines, contacts = ("10千伏城东线",), (Contact(contact_id=f"{name}-duty"),)
    yield (
        "outage.customers",
        CustomerUpserted(
            customer_id=name, name=name, importance="first", lines=lines, contacts=contacts, updated_at=at
        ),
    )
    for version, status in ((1, "out"), (2, "restored")):
        yield (
            "outage.audience",
            CustomerTouched(
                customer_id=name,
                mrid=f"F-{number // 20:07}",
                outage_version=version,
                touched=True,
                outage_class="fault",
                status=status,
                trigger="outage.started.v1" if version == 1 else "restoration.confirmed.v1",
                started_at=at,
                ert=at + timedelta(hours=2) if version == 1 else None,
                restored_at=at + timedelta(minutes=40) if version == 2 else None,
                at=at + timedelta(minutes=version),
            ),
        )


FACTS = {"restorer": restorer_facts, "planner": planner_facts, "notifier": notifier_facts}


async def fill(dsn: str, name: str, wanted: int) -> dict[str, Any]:
    """Load one service until its log holds about `wanted` events; returns its sizes."""
    await migrate(dsn, name, folders(name))
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=2, server_settings={"search_path": name})
    clock, broker = ManualClock(START), PaperBroker(partitions=1)
    service = load(name, Where(postgres=dsn))
    ingest = Ingest(Transaction(service, pool, Telemetry(name)), broker, clock)
    empty = await _sizes(pool, name)
    taken, events, number, began = 0, 0, 0, time.perf_counter()
    while events < wanted:
        records = []
        while len(records) < BATCH:
            for topic, data in FACTS[name](number, clock.now()):
                event = CloudEvent(
                    source="/dispatch/east", id=str(uuid4()), type=TYPE_OF[type(data)], time=clock.now(), data=data
                )
                said = to_kafka(event, topic) if topic else to_kafka(event)
                records.append(
                    broker.put(said.topic, 0, said.key.decode(), dict(said.headers), said.value, clock.now())
                )
            number += 1
        done = await ingest.take(records)
        if done.bad:
            raise SystemExit(f"{name}: {done.bad[0].reason}: {done.bad[0].detail}")
        await pool.execute("delete from outbox")
        broker.logs.clear()
        taken += len(records)
        events += done.appended
        clock.advance(timedelta(seconds=30))
    seconds = time.perf_counter() - began
    sizes = await _sizes(pool, name)
    tables = {
        table: {"heap": (heap - empty[table][0]) / events, "indexes": (indexes - empty[table][1]) / events}
        for table, (heap, indexes) in sizes.items()
        if table != "outbox" and heap + indexes > sum(empty[table])
    }
    data = await pool.fetchval("select avg(octet_length(data::text)) from event")
    await pool.close()
    return {
        "messages": taken,
        "events": events,
        "messagesPerSecond": taken / seconds,
        "dataBytesPerEvent": float(data),
        "bytesPerEvent": tables,
    }


async def _sizes(pool: asyncpg.Pool, schema: str) -> dict[str, tuple[int, int]]:
    return {row["name"]: (row["heap"], row["indexes"]) for row in await pool.fetch(SIZES, schema)}


async def heads(dsn: str, count: int) -> dict[str, float]:
    """Seconds to sign a head over `count` events, over 1,000 more, and to verify both against the whole log."""
    await migrate(dsn, "restorer", folders("restorer"))
    connection = await asyncpg.connect(dsn)
    await enter(connection, "restorer")
    await connection.execute("truncate event, head restart identity")
    key = Ed25519PrivateKey.generate()
    chains: dict[str, bytes] = {}
    versions: dict[str, int] = {}
    await _copy(connection, count, chains, versions)
    figures = {"events": float(count)}
    figures["signAll"] = await _timed(make(connection, "restorer", key, START))
    await _copy(connection, 1_000, chains, versions)
    figures["signAThousandMore"] = await _timed(make(connection, "restorer", key, START + timedelta(days=1)))
    report = Report()
    async with connection.transaction():
        keys = {key_id(key.public_key()): key.public_key()}
        figures["verifyAll"] = await _timed(check_heads(connection, "restorer", keys, None, report))
    if not report.passed:
        raise SystemExit("the heads do not verify")
    await connection.close()
    return figures


async def _copy(connection: asyncpg.Connection, count: int, chains: dict[str, bytes], versions: dict[str, int]) -> None:
    data = msgspec.json.encode(next(restorer_facts(1, START))[1]).decode()
    for begin in range(0, count, 50_000):
        rows = []
        for number in range(begin, min(begin + 50_000, count)):
            stream = f"outage/{number % 50_000}"
            versions[stream] = versions.get(stream, 0) + 1
            event = Event(
                stream, versions[stream], uuid4(), "outage.started.v1", None, START, f"/bench/{number}", "recorded"
            )
            chains[stream] = link(chains.get(stream, b""), event, data.encode())
            rows.append(
                (
                    stream,
                    event.version,
                    event.event_id,
                    event.type,
                    data,
                    event.cause,
                    event.reason,
                    START,
                    chains[stream],
                )
            )
        columns = ["stream_id", "version", "event_id", "type", "data", "cause", "reason", "decided_at", "chain"]
        await connection.copy_records_to_table("event", records=rows, columns=columns)


async def _timed(work: Any) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def measure(events: int, signed: int) -> dict[str, Any]:
    """All figures of one run."""
    async with Stack(None, on_progress=print) as stack:
        figures: dict[str, Any] = {"services": {}}
        for name in FACTS:
            figures["services"][name] = await fill(stack.postgres, name, events)
        figures["heads"] = await heads(stack.postgres, signed)
    figures["machine"] = {"cores": os.cpu_count(), "postgres": "18, fsync on"}
    return figures


def main() -> None:
    """Measure, print, and write build/bench/growth.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000, help="events in the log of each service")
    parser.add_argument("--heads", type=int, default=1_000_000, help="events to sign")
    options = parser.parse_args()
    figures = asyncio.run(measure(options.events, options.heads))
    target = Path("build/bench/growth.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=1))
    for name, found in figures["services"].items():
        print(
            f"\n{name}: {found['messages']:,} messages, {found['events']:,} events "
            f"({found['dataBytesPerEvent']:.0f} bytes of JSON each), {found['messagesPerSecond']:,.0f} messages/s"
        )
        print(f"{'MB per million events':24}{'table':>9}{'indexes':>9}")
        for table, sizes in sorted(found["bytesPerEvent"].items(), key=lambda item: -sum(item[1].values())):
            print(f"{table:24}{sizes['heap']:9,.0f}{sizes['indexes']:9,.0f}")
    print("\nheads: " + ", ".join(f"{name} {value:,.1f}" for name, value in figures["heads"].items()))


if __name__ == "__main__":
    main()
