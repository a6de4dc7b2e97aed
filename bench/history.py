"""`python -m bench.history`: what a fact costs after much has happened, through the real write path on a real PostgreSQL.

Two histories: reports on one outage (restorer), and outages of one customer (notifier). Each fact is taken by itself, as in
a quiet night. Printed: the hundredth fact against the last (each the median of eleven), the first fact of a process that
remembers nothing, and the longest that the loop was held by one step (a task that wakes every millisecond says how late),
by the wall and by the work of this process alone: on a busy machine the first says what others took.
"""

import argparse
import asyncio
import gc
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import asyncpg
import msgspec

from devstack.stack import Stack
from outagectl.services import load
from outagectl.where import Where
from schemas.audience import CustomerTouched
from schemas.base import Extent
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.customers import Contact, CustomerUpserted
from schemas.dispatch import FaultReported, OutageStarted
from schemas.registry import TYPE_OF
from services.kernel.clock import ManualClock
from services.kernel.desk import Desk
from services.kernel.ingest import Ingest
from services.kernel.main import folders
from services.kernel.migrate import migrate
from services.kernel.model import Record
from services.kernel.pauses import settle
from services.kernel.telemetry import Telemetry
from tests.kernel.paper import PaperBroker
from tests.kernel.toy import START

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


@dataclass
class Process:
    """One process of a service, with nothing remembered."""

    ingest: Ingest
    pool: asyncpg.Pool
    clock: ManualClock
    broker: PaperBroker

    @classmethod
    async def of(cls, name: str, dsn: str, pool: asyncpg.Pool, clock: ManualClock, broker: PaperBroker) -> "Process":
        """A new one."""
        desk = Desk(load(name, Where(postgres=dsn)), pool, Telemetry(name))
        await desk.start()
        return cls(Ingest(desk, broker, clock), pool, clock, broker)

    def records(self, topic: str | None, data: msgspec.Struct, name: str) -> list[Record]:
        """One fact as Kafka has it."""
        event = CloudEvent(source="/dispatch/east", id=name, type=TYPE_OF[type(data)], time=self.clock.now(), data=data)  # type: ignore[index]
        said = to_kafka(event, topic) if topic else to_kafka(event)
        return [self.broker.put(said.topic, 0, said.key.decode(), dict(said.headers), said.value, self.clock.now())]

    async def take(self, records: list[Record]) -> float:
        """Seconds to take them."""
        began = time.perf_counter()
        taken = await self.ingest.take(records)
        seconds = time.perf_counter() - began
        if taken.bad or not all(outcome.outcome == "appended" for outcome in taken.outcomes):
            raise SystemExit(f"not taken: {taken.bad or taken.outcomes}")
        self.broker.logs.clear()
        return seconds


class Loop:
    """How late a task wakes that asks for every millisecond: the longest step of the others, by the wall and at work."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.work = 0.0
        """Seconds of this thread's own work in one go: what other processes on the machine take is not in it."""
        self._task = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        while True:
            began, worked = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.perf_counter() - began - 0.001)
            self.work = max(self.work, time.thread_time() - worked)

    async def stop(self) -> None:
        """No more."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


async def history(dsn: str, name: str, facts: Facts, count: int, hundredth: int = 100) -> dict[str, Any]:
    """Take `count` rounds of `facts` and say what they cost."""
    await migrate(dsn, name, folders(name))
    words = {"search_path": name}
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=2, server_settings=words)
    clock, broker = ManualClock(START), PaperBroker(partitions=1)
    process = await Process.of(name, dsn, pool, clock, broker)
    took: list[float] = []
    settle()  # as a process does before its first record
    loop = Loop()
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
    await loop.stop()
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
        "longestStepMs": loop.longest * 1e3,
        "longestWorkMs": loop.work * 1e3,
        "viewBytes": view,
        "keptBytes": kept,
    }


def _ahead(now: datetime, data: msgspec.Struct) -> timedelta:
    """How far the clock must go for a fact to be of the past."""
    at = getattr(data, "at", None) or getattr(data, "reported_at", None) or now
    return max(at - now, timedelta(0)) + timedelta(seconds=1)


def table(figures: dict[str, dict[str, Any]]) -> str:
    """The figures, one line for each history."""
    head = f"{'':34}{'100th':>9}{'last':>9}{'ratio':>7}{'restart':>9}{'step':>8}{'work':>8}{'view':>9}{'kept':>11}"
    lines = [
        f"{name:34}{f['hundredthMs']:7.1f}ms{f['lastMs']:7.1f}ms{f['lastMs'] / f['hundredthMs']:7.1f}"
        f"{f['firstAfterRestartMs']:7.1f}ms{f['longestStepMs']:6.1f}ms{f['longestWorkMs']:6.1f}ms"
        f"{f['viewBytes']:7,} B{f['keptBytes']:9,} B"
        for name, f in figures.items()
    ]
    return "\n".join([head, *lines])


async def measure(dsn: str, reported: int, cut: int) -> dict[str, dict[str, Any]]:
    """Both histories."""
    return {
        f"{reported:,} reports on one outage": await history(dsn, "restorer", reports, reported),
        f"{cut:,} outages of one customer": await history(dsn, "notifier", outages, cut),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=20_000)
    parser.add_argument("--outages", type=int, default=2_000)
    parser.add_argument("--postgres", help="a database to use instead of one of our own")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()

    async def run() -> dict[str, dict[str, Any]]:
        if given.postgres:
            return await measure(given.postgres, given.reports, given.outages)
        async with Stack(None, on_progress=print) as stack:
            return await measure(stack.postgres, given.reports, given.outages)

    figures = asyncio.run(run())
    print(json.dumps(figures, indent=2) if given.json else table(figures))


if __name__ == "__main__":
    main()
