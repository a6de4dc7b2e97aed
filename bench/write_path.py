"""Measure the write path beside a bare pipe, on the same stack, in turns, in one run: `make bench`.

Bare pipe: aiokafka getmany → one batched insert → aiokafka send. Peer figures are ratios measured here, never quoted.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaConsumer

from bench.parts.worker import BARE_OUT, prepare
from devstack.servers.stack import Stack, TopicSpec, create_topics
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts.all_types import COMPACTED, TOPICS, TYPE_OF
from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import EnquiryReceived, Fact, PlannedRequested
from services.kernel.adapters.kafka import Produce, Producer

PARTITIONS = 4
OUT = {"bare": BARE_OUT, "kernel": "outage.restorations", "planner": "outage.notices"}
# How many records one dispatch event makes on the output topic.
PER_EVENT = {"bare": 1, "kernel": 1, "planner": 2}
REACH_RATIO, REACH_P99 = 0.25, 3.0


@dataclass
class Run:
    """One worker's figures over the rounds."""

    rates: list[float]
    latencies: list[float]
    batch: float = 0.0


def fact(kind: str, name: str, now: datetime) -> Fact:
    """One dispatch event for a worker: each of an outage of its own for the planner, 1 in 20 shared otherwise."""
    if kind == "planner":
        start = now + timedelta(days=20)
        return PlannedRequested(
            mrid=name,
            revision_number=1,
            outage_class="planned",
            planned_period=Period(start=start, end=start + timedelta(hours=8)),
            extent=Extent(lines=("10千伏城东线",), areas=("中山路一带",), nominal_voltage=10),
            requested_at=now,
        )
    return EnquiryReceived(mrid=name, enquiry_id=name, received_at=now)


def produce(kind: str, name: str, identity: str) -> Produce:
    """One event, stamped with the moment it is made."""
    now = datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251 - a bench measures real time
    data = fact(kind, name, now)
    message = to_kafka(CloudEvent(source="/bench", id=identity, type=TYPE_OF[type(data)], time=now, data=data))
    return Produce(message.topic, message.key, message.value, message.headers, now)


class Bench:
    """The stack, one worker at a time, and a consumer that sees what comes out."""

    def __init__(self, stack: Stack, count: int, seconds: float) -> None:
        self.stack, self.count, self.seconds = stack, count, seconds
        self.serial = 0

    async def once(self, kind: str) -> tuple[float, list[float], float]:
        """(events per second over a backlog, latencies in seconds at 1,000/s, mean batch)."""
        self.serial += 1
        run = f"{kind}{self.serial}"
        sender = Producer(self.stack.kafka)
        await sender.start()
        names = [f"{run}.{n if kind == 'planner' else n % (self.count // 20)}" for n in range(self.count)]
        for at in range(0, self.count, 1000):
            rows = [produce(kind, names[n], f"{run}-{n}") for n in range(at, min(at + 1000, self.count))]
            if not all(await sender.send(rows)):
                raise SystemExit("Kafka did not take the load")
        seen = AIOKafkaConsumer(
            OUT[kind],
            bootstrap_servers=self.stack.kafka,
            auto_offset_reset="latest",
            group_id=None,
            fetch_max_wait_ms=20,
        )
        await seen.start()
        await seen.seek_to_end()
        worker = await self.stack.supervisor.start(
            kind,
            [sys.executable, "-m", "bench.parts.worker", kind],
            env={
                **self.stack.environment,
                "OUTAGE_HTTP_PORT": "0",
                "OUTAGE_INSTANCE": kind,
                "OUTAGE_LOG_LEVEL": "warning",
            },
            log_file=self.stack.folder / f"{kind}.log",
        )
        try:
            rate = await self._backlog(seen, self.count * PER_EVENT[kind], PER_EVENT[kind])
            latencies = await self._steady(seen, sender, kind, run)
        finally:
            await worker.stop()
            await seen.stop()
            await sender.stop()
        return rate, latencies, await self._batch(kind)

    async def _backlog(self, seen: AIOKafkaConsumer, wanted: int, per_event: int) -> float:
        """Events per second from the first output to the last, so that starting is not counted."""
        got, first, last, head = 0, 0.0, 0.0, 0
        async with asyncio.timeout(300):
            while got < wanted:
                polled = await seen.getmany(timeout_ms=500)
                arrived = sum(len(batch) for batch in polled.values())
                if arrived:
                    last = time.perf_counter()
                    if not first:
                        first, head = last, arrived
                    got += arrived
        return (wanted - head) / per_event / (last - first)

    async def _steady(self, seen: AIOKafkaConsumer, sender: Producer, kind: str, run: str) -> list[float]:
        """Seconds from the moment an event was made to the moment its first output was seen, at 1,000 a second."""
        made: dict[bytes, float] = {}
        found: dict[bytes, float] = {}

        async def send() -> None:
            began = time.perf_counter()
            for tick in range(int(self.seconds * 50)):
                rows = []
                for n in range(20):
                    name = f"{run}.s{tick}.{n}"
                    made[name.encode()] = time.perf_counter()
                    rows.append(produce(kind, name, name))
                await sender.send(rows)
                await asyncio.sleep(max(0.0, began + (tick + 1) / 50 - time.perf_counter()))

        sending = asyncio.create_task(send())
        total = int(self.seconds * 50) * 20
        async with asyncio.timeout(self.seconds + 60):
            while len(found) < total:
                polled = await seen.getmany(timeout_ms=100)
                at = time.perf_counter()
                for batch in polled.values():
                    for record in batch:
                        if record.key in made:
                            found.setdefault(record.key, at)
        await sending
        # The first second is warm-up.
        return [
            found[name] - at
            for name, at in made.items()
            if not name.startswith(f"{run}.s".encode()) or _tick(name) >= 50
        ]

    async def _batch(self, kind: str) -> float:
        if kind == "bare":
            return 0.0
        schema = "bench" if kind == "kernel" else "planner"
        connection = await asyncpg.connect(self.stack.postgres)
        try:
            # One transaction stamps all its inbox rows alike.
            return float(
                await connection.fetchval(f"select count(*)::float / count(distinct taken_at) from {schema}.inbox")
            )
        finally:
            await connection.close()


def _tick(name: bytes) -> int:
    return int(name.split(b".")[1][1:])


def _p(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000


async def measure(count: int, seconds: float, rounds: int) -> dict[str, Run]:
    """All workers in turns, `rounds` times."""
    runs = {kind: Run([], []) for kind in OUT}
    with tempfile.TemporaryDirectory(prefix="outage-bench-") as folder:
        # A folder that is kept: nothing is traded for speed, fsync is on.
        async with Stack(Path(folder), on_progress=print) as stack:
            await create_topics(stack.kafka, {t: TopicSpec(PARTITIONS, compacted=t in COMPACTED) for t in TOPICS})
            await prepare(stack.postgres)
            bench = Bench(stack, count, seconds)
            for turn in range(rounds):
                for kind in OUT:
                    # Each kind reads everything on outage.dispatch: what is not its own it has to pass over, so the
                    # topic is made for each.
                    await _fresh(stack)
                    rate, latencies, batch = await bench.once(kind)
                    runs[kind].rates.append(rate)
                    runs[kind].latencies += latencies
                    runs[kind].batch = batch
                    print(f"round {turn + 1} {kind:8} {rate:9,.0f} events/s   p99 {_p(latencies, 0.99):7.1f} ms")
    return runs


async def _fresh(stack: Stack) -> None:
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    await admin.delete_topics(["outage.dispatch"])
    while "outage.dispatch" in await admin.list_topics():
        await asyncio.sleep(0.1)
    await admin.close()
    await create_topics(stack.kafka, {"outage.dispatch": TopicSpec(PARTITIONS)})
    connection = await asyncpg.connect(stack.postgres)
    for schema in ("bench", "planner"):
        await connection.execute(
            f"truncate {schema}.consumer_offset, {schema}.skipped, {schema}.inbox, {schema}.stream, {schema}.event, "
            f"{schema}.live, {schema}.outbox, {schema}.timer, {schema}.quarantine"
        )
    await connection.execute("drop table if exists bare")
    await connection.close()


def report(runs: dict[str, Run], count: int, rounds: int) -> dict[str, object]:
    """The figures, with ratios to the bare pipe."""
    bare = runs["bare"]
    base, base_p99 = statistics.median(bare.rates), _p(bare.latencies, 0.99)
    rows = {}
    for kind, run in runs.items():
        rate, p99 = statistics.median(run.rates), _p(run.latencies, 0.99)
        rows[kind] = {
            "eventsPerSecond": {"min": min(run.rates), "median": rate, "max": max(run.rates)},
            "ratioToBare": rate / base,
            "p50Ms": _p(run.latencies, 0.5),
            "p99Ms": p99,
            "p99RatioToBare": p99 / base_p99,
            "meanBatch": run.batch,
        }
    return {
        "rows": rows,
        "events": count,
        "rounds": rounds,
        "reach": {"ratio": REACH_RATIO, "p99Ratio": REACH_P99},
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
        "versions": {name: version(name) for name in ("faust-streaming", "aiokafka", "asyncpg", "msgspec")},
        "kafka": "4.3.1",
        "postgres": "18, fsync on",
    }


def main() -> None:
    """Measure, print, and write build/bench/write_path.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    figures = report(
        asyncio.run(measure(options.events, options.seconds, options.rounds)), options.events, options.rounds
    )
    target = Path("build/bench/write_path.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=1))
    print(f"\n{'':10}{'events/s':>12}{'of bare':>9}{'p50 ms':>9}{'p99 ms':>9}{'x bare':>8}{'batch':>8}")
    for kind, row in figures["rows"].items():  # type: ignore[attr-defined]
        print(
            f"{kind:10}{row['eventsPerSecond']['median']:12,.0f}{row['ratioToBare']:9.2f}"
            f"{row['p50Ms']:9.1f}{row['p99Ms']:9.1f}{row['p99RatioToBare']:8.1f}{row['meanBatch']:8.0f}"
        )
    print(f"to reach: {REACH_RATIO} of the bare pipe with stock Faust, p99 at most {REACH_P99} x; figures: {target}")


if __name__ == "__main__":
    main()
