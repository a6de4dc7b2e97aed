"""The write path on a real Kafka and a real PostgreSQL, through Faust."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from devstack.servers.stack import TopicSpec, create_topics
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts.dispatch import EnquiryReceived
from services.kernel.adapters.faust_shell import Shell
from services.kernel.adapters.kafka import Produce, Producer, Reader
from services.kernel.clock import SystemClock
from services.kernel.model import KernelError, Record
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.fence import FenceError
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.relay import Relay
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.schema import make_schema
from tests.kits.kernel.toy import Toy
from tests.kits.waiting import until

SECONDS = 40.0
_numbers = itertools.count()


@dataclass
class Place:
    """One test's own topics and schema."""

    kafka: str
    pool: asyncpg.Pool
    inputs: str
    outputs: str


class Service(Toy):
    """The toy on topics of its own."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.inputs = (place.inputs,)


@pytest.fixture
async def place(kafka: str, postgres: str) -> AsyncIterator[Place]:
    schema = await make_schema(postgres)
    pool = await asyncpg.create_pool(postgres, min_size=1, max_size=8, server_settings={"search_path": schema})
    # The codec knows which type travels where, so every test reads outage.dispatch and tells its own records by key.
    topics = {"outage.dispatch": TopicSpec(4), "outage.restorations": TopicSpec(4), "outage.quarantine": TopicSpec(4)}
    await create_topics(kafka, topics)
    yield Place(kafka, pool, "outage.dispatch", "outage.restorations")
    await pool.close()


def enquiry(mrid: str, number: int) -> Produce:
    data = EnquiryReceived(mrid=mrid, enquiry_id=str(number), received_at=datetime(2026, 3, 5, tzinfo=UTC))
    event = CloudEvent(
        source="/dispatch/test", id=f"{mrid}-{number}", type="enquiry.received.v1", time=data.received_at, data=data
    )
    message = to_kafka(event)
    return Produce(message.topic, message.key, message.value, message.headers, datetime(2026, 3, 5, tzinfo=UTC))


class Worker:
    """One worker as the runner builds it, without the process around it."""

    def __init__(self, place: Place, name: str, group: str) -> None:
        self.reader, self.producer = Reader(place.kafka), Producer(place.kafka)
        telemetry = Telemetry("toy")
        self.ingest = Ingest(Transaction(Service(place), place.pool, telemetry), self.reader, SystemClock())
        self.failed: BaseException | None = None
        self.taken = 0
        self.shell = Shell(
            name=group,
            bootstrap=place.kafka,
            topics=[place.inputs],
            take=self.take,
            assigned=self.ingest.assigned,
            revoked=self.revoked,
            batch_max=200,
            instance=name,
        )
        self.relay = Relay(
            "toy", place.pool, self.producer, telemetry, clock=SystemClock(), wake=self.ingest.transaction.published
        )

    async def take(self, records: list[Record]) -> None:
        try:
            self.taken += (await self.ingest.take(records)).records
        except BaseException as error:
            self.failed = error
            raise

    async def revoked(self, places: object) -> None:
        self.ingest.unassigned()

    async def __aenter__(self) -> Self:
        await self.shell.start()
        self.task = asyncio.create_task(self.relay.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shell.stop()
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.producer.stop()
        await self.reader.close()


async def send(kafka: str, rows: list[Produce]) -> None:
    producer = Producer(kafka)
    await producer.start()
    assert all(await producer.send(rows))
    await producer.stop()


async def counted(place: Place, mrid: str) -> int:
    return int(await place.pool.fetchval("select count(*) from event where cause like $1", f"/dispatch/test/{mrid}-%"))


async def test_records_become_events_and_the_events_reach_their_topic(place: Place) -> None:
    run = f"r{next(_numbers)}"
    async with Worker(place, "a", f"{run}-group") as worker:
        await send(place.kafka, [enquiry(f"{run}.{n % 7}", n) for n in range(300)])
        await until(lambda: _equal(place, f"{run}.", 300), SECONDS)
        await until(lambda: _empty(place), SECONDS)
        assert worker.failed is None
    reader = Reader(place.kafka)
    bounds = await reader.bounds([(place.outputs, n) for n in range(4)])
    published = [
        record
        for (topic, number), (first, end) in bounds.items()
        for record in await reader.read((topic, number), first, end)
        if (record.key or b"").startswith(run.encode())
    ]
    await reader.close()
    assert len(published) == 300
    assert len({record.headers["ce_id"] for record in published}) == 300


async def _equal(place: Place, prefix: str, count: int) -> bool:
    return (
        int(await place.pool.fetchval("select count(*) from event where cause like $1", f"/dispatch/test/{prefix}%"))
        == count
    )


async def _empty(place: Place) -> bool:
    return int(await place.pool.fetchval("select count(*) from outbox")) == 0


async def test_a_second_worker_joins_and_leaves_in_the_middle_and_nothing_is_lost_or_doubled(place: Place) -> None:
    run = f"b{next(_numbers)}"
    rows = [enquiry(f"{run}.{n % 31}", n) for n in range(1200)]
    async with Worker(place, "a", f"{run}-group") as first:
        await send(place.kafka, rows[:400])
        async with Worker(place, "b", f"{run}-group") as second:
            await send(place.kafka, rows[400:800])
            await until(lambda: _equal(place, f"{run}.", 800), SECONDS)
            assert second.taken > 0, "the second worker got partitions"
        await send(place.kafka, rows[800:])
        await until(lambda: _equal(place, f"{run}.", 1200), SECONDS)
        assert (first.failed, second.failed) == (None, None)
    per_stream = await place.pool.fetch(
        "select version, cause from event where stream_id = $1 order by version", f"outage/{run}.3"
    )
    assert [row["cause"] for row in per_stream] == [f"/dispatch/test/{run}.3-{n}" for n in range(1200) if n % 31 == 3]


async def test_the_real_reader_finds_what_lies_in_a_hole(place: Place) -> None:
    run = f"h{next(_numbers)}"
    reader = Reader(place.kafka)
    before = {p: end for p, (_, end) in (await reader.bounds([(place.inputs, n) for n in range(4)])).items()}
    await send(place.kafka, [enquiry(f"{run}", n) for n in range(5)])
    after = await reader.ends(before)
    where = next(p for p in before if after[p] > before[p])
    found = await reader.read(where, before[where] + 1, after[where])
    assert [record.headers["ce_id"] for record in found] == [f"{run}-{n}".encode() for n in range(1, 5)]
    with pytest.raises(KernelError, match="ends at"):
        await reader.read(where, after[where], after[where] + 1)
    await reader.close()


async def test_a_fence_above_the_log_end_is_refused_by_the_real_broker(place: Place) -> None:
    reader = Reader(place.kafka)
    ingest = Ingest(Transaction(Service(place), place.pool, Telemetry("toy")), reader, SystemClock())
    await ingest.assigned([(place.inputs, 0)])
    await place.pool.execute("update consumer_offset set next_offset = 1000000 where partition = 0")
    ingest.unassigned()
    with pytest.raises(FenceError, match="ends at"):
        await ingest.assigned([(place.inputs, 0)])
    await reader.close()


async def test_a_topic_made_anew_with_fewer_partitions_is_refused_by_what_the_real_broker_shows(place: Place) -> None:
    own = f"outage.shrinks-{next(_numbers)}"
    service = Service(place)
    service.inputs = (own,)
    await create_topics(place.kafka, {own: TopicSpec(3)})
    reader = Reader(place.kafka)
    before = Ingest(Transaction(service, place.pool, Telemetry("toy")), reader, SystemClock())
    await before.assigned([(own, 0), (own, 1), (own, 2)])
    admin = AIOKafkaAdminClient(bootstrap_servers=place.kafka)
    await admin.start()
    await admin.delete_topics([own])

    async def gone() -> bool:
        return own not in await admin.list_topics()

    await until(gone, SECONDS)
    await create_topics(place.kafka, {own: TopicSpec(2)})
    started = Ingest(Transaction(service, place.pool, Telemetry("toy")), reader, SystemClock())
    with pytest.raises(FenceError, match=rf"{own}\[2\] was read and is gone: {own} has 2 partitions"):
        await started.assigned([(own, 0)])
    await admin.delete_topics([own])
    await admin.close()
    await reader.close()


def test_the_migrations_lie_where_the_tests_look() -> None:
    assert sorted((Path(__file__).parents[3] / "services/kernel/sql/migrations").glob("*.sql"))
