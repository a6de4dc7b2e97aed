"""Measure the most memory that real service processes take, under the loads that once killed pods: `python -m bench.memory`.

(a) An outage of 20,000 usage points with 1,000 key customers in it: told, changed, ended. (b) 300 legal events of 780 kB. Both
through Kafka and PostgreSQL, planner, restorer and notifier as they are deployed. Printed: VmHWM of each process, which is
set back before each load. Exit 1 where one went beyond the limit (350 MiB; the pods have 512).
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec

from devstack.system import SERVICES, System
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent, Period
from schemas.contracts.customers import Contact, CustomerUpserted
from schemas.contracts.dispatch import ExtentChanged, OutageStarted, PlannedRequested, SupplyRestored
from services.kernel.adapters.kafka import Produce, Producer, Reader
from services.kernel.clock import SystemClock
from services.notifier.app import Notifier
from services.planner.app import Planner
from services.restorer.app import Restorer

INPUTS = {"planner": Planner.inputs, "restorer": Restorer.inputs, "notifier": Notifier.inputs}
LIMIT_MIB = 350
QUIET_SECONDS = 2.0
PATIENCE_SECONDS = 1_200.0
NAME_BYTES = 39
"""Of a usage point's name, so that 19,500 of them with their quotes and commas are 780 kB."""

Fact = tuple[str | None, msgspec.Struct]


def points(count: int, prefix: str) -> tuple[str, ...]:
    """So many names, each NAME_BYTES long with its quotes and comma."""
    width = NAME_BYTES - len(prefix) - 4
    return tuple(f"{prefix}-{number:0{width}}" for number in range(count))


def customers(count: int, names: tuple[str, ...], now: datetime) -> Iterator[Fact]:
    """Key customers, the usage points shared out among them."""
    share = max(1, len(names) // count)
    for number in range(count):
        name = f"KC-{number:05}"
        own = names[number * share : (number + 1) * share]
        contacts = (Contact(contact_id=f"{name}-duty"),)
        yield (
            "outage.customers",
            CustomerUpserted(
                customer_id=name, name=name, importance="first", usage_points=own, contacts=contacts, updated_at=now
            ),
        )


def wide_outage(names: tuple[str, ...], now: datetime) -> Iterator[Fact]:
    """One outage everywhere: begins, grows by its line, part of it is back, all is."""
    began = now - timedelta(minutes=30)
    whole = Extent(usage_points=names)
    yield None, OutageStarted(mrid="WIDE-1", outage_class="fault", started_at=began, extent=whole)
    wider = Extent(usage_points=names, lines=("10千伏城东线",))
    yield None, ExtentChanged(mrid="WIDE-1", changed_at=began + timedelta(minutes=5), extent=wider)
    half = Extent(usage_points=names[: len(names) // 2])
    at = began + timedelta(minutes=10)
    yield None, SupplyRestored(mrid="WIDE-1", restored_at=at, scope="part", extent=half)
    yield None, SupplyRestored(mrid="WIDE-1", restored_at=began + timedelta(minutes=20))


def large_events(count: int, size: int, now: datetime) -> Iterator[Fact]:
    """Events of `size` bytes: most begin an outage, one in ten changes the extent of the first, one in 30 is a plan."""
    names = size // NAME_BYTES
    for number in range(count):
        extent = Extent(usage_points=points(names, f"u{number:04}"))
        if number % 30 == 29:
            start = now + timedelta(days=20)
            named = msgspec.structs.replace(extent, lines=(f"line-{number}",), areas=(f"area-{number}",))
            period = Period(start=start, end=start + timedelta(hours=4))
            yield (
                None,
                PlannedRequested(
                    mrid=f"LARGE-{number:05}",
                    revision_number=1,
                    outage_class="planned",
                    planned_period=period,
                    extent=named,
                    reason="配变更换",
                    requested_at=now,
                ),
            )
        elif number % 10 == 9:
            yield None, ExtentChanged(mrid="LARGE-00000", changed_at=now - timedelta(minutes=number), extent=extent)
        else:
            mrid = f"LARGE-{number:05}"
            started = now - timedelta(minutes=10)
            yield None, OutageStarted(mrid=mrid, outage_class="fault", started_at=started, extent=extent)


class Measured:
    """A running system and what its processes took at most."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._producer, self._reader = Producer(system.stack.kafka), Reader(system.stack.kafka)

    async def close(self) -> None:
        """Disconnect."""
        await self._producer.stop()
        await self._reader.close()

    async def say(self, facts: Iterable[Fact]) -> int:
        """Put facts on their topics; returns how many bytes."""
        total = 0
        for topic, data in facts:
            now = SystemClock().now()
            event = CloudEvent(source="/dispatch/bench", id=str(uuid4()), type=TYPE_OF[type(data)], time=now, data=data)  # type: ignore[index]
            said = to_kafka(event, topic) if topic else to_kafka(event)
            total += len(said.value)
            sent = await self._producer.send(
                [Produce(said.topic, said.key, said.value, list(dict(said.headers).items()), now)]
            )
            if sent != [True]:
                raise SystemExit("Kafka did not take a record")
        return total

    async def settled(self) -> float:
        """Wait until every record is handled, every word told, nothing waits; returns the seconds that took."""
        began = SystemClock().monotonic()
        clock, quiet = SystemClock(), 0
        while quiet * 0.5 < QUIET_SECONDS:
            if clock.monotonic() - began > PATIENCE_SECONDS:
                raise SystemExit(f"not settled after {PATIENCE_SECONDS:.0f} s")
            await asyncio.sleep(0.5)
            quiet = quiet + 1 if await self._is_quiet() else 0
        return clock.monotonic() - began - QUIET_SECONDS

    async def _is_quiet(self) -> bool:
        for name in SERVICES:
            connection = await self._system.connect(name)
            try:
                rows = await connection.fetch("select topic, partition, next_offset from consumer_offset")
                fences = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
                places = [place for place in fences if place[0] in INPUTS[name]]
                ends = await self._reader.ends(places)
                waiting = await connection.fetchval("select count(*) from outbox")
                if name == "notifier":
                    waiting += await connection.fetchval("select count(*) from fanout_job where not done")
                    waiting += await connection.fetchval("select count(*) from rematch")
                if waiting or not places or any(fences[place] < ends[place] for place in places):
                    return False
            finally:
                await connection.close()
        return True

    def pid(self, name: str) -> int:
        """The process of a service."""
        return self._system.kill(name, 0)

    def set_back(self) -> None:
        """Begin again to measure the most that each takes."""
        for name in SERVICES:
            Path(f"/proc/{self.pid(name)}/clear_refs").write_text("5")

    def peaks(self) -> dict[str, float]:
        """MiB that each process took at most since."""
        return {name: peak(self.pid(name)) for name in SERVICES}


def peak(pid: int | str) -> float:
    """MiB that a process took at most."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


async def measure(
    folder: Path | None, *, places: int, people: int, events: int, size: int
) -> dict[str, dict[str, float]]:
    """Peaks in MiB by load and service; raises SystemExit where a process died or nothing settled."""
    figures: dict[str, dict[str, float]] = {}
    async with System(folder, say=lambda _: None) as system:
        measured = Measured(system)
        try:
            now = SystemClock().now()
            names = points(places, "usage-point")
            pids = {name: measured.pid(name) for name in SERVICES}
            await measured.settled()
            figures["started"] = measured.peaks()
            await measured.say(customers(people, names, now))
            await measured.settled()
            measured.set_back()
            seconds = 0.0
            for fact in wide_outage(names, now):
                # One after the other: an outage that is over before anybody was told is told to nobody.
                await measured.say([fact])
                seconds += await measured.settled()
            figures[f"(a) {places:,} points, {people:,} customers"] = measured.peaks() | {"seconds": seconds}
            measured.set_back()
            total = await measured.say(large_events(events, size, now))
            seconds = await measured.settled()
            figures[f"(b) {events:,} events of {total // events:,} bytes"] = measured.peaks() | {"seconds": seconds}
            if {name: measured.pid(name) for name in SERVICES} != pids:
                raise SystemExit(f"processes died and were started again: {system.restarts}")
            notifier = await system.connect("notifier")
            told = await notifier.fetchval("select count(*) from audience_member where mrid = 'WIDE-1'")
            kept = await notifier.fetchval("select count(*) from quarantine")
            await notifier.close()
            if told != people or kept:
                raise SystemExit(f"{told} of {people} customers were told; {kept} records were quarantined")
        finally:
            await measured.close()
    return figures


def table(figures: dict[str, dict[str, float]]) -> str:
    """The figures, one line for each load."""
    head = f"{'peak of VmHWM, MiB':36}" + "".join(f"{name:>10}" for name in (*SERVICES, "seconds"))
    lines = [
        f"{load:36}" + "".join(f"{found.get(name, 0.0):10.0f}" for name in (*SERVICES, "seconds"))
        for load, found in figures.items()
    ]
    return "\n".join([head, *lines])


def main() -> None:
    """Measure and print; exit 1 where a process took more than the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--customers", type=int, default=1_000)
    parser.add_argument("--events", type=int, default=300)
    parser.add_argument("--size", type=int, default=780_000, help="bytes of an event")
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    figures = asyncio.run(
        measure(None, places=given.points, people=given.customers, events=given.events, size=given.size)
    )
    print(table(figures))
    most = max(found[name] for found in figures.values() for name in SERVICES)
    print(f"the most that any took: {most:.0f} MiB of {LIMIT_MIB}")
    sys.exit(most > LIMIT_MIB)


if __name__ == "__main__":
    main()
