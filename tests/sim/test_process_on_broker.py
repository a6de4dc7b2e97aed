"""Kernel processes on the in-memory Kafka and a real PostgreSQL while nodes and broker fail: nothing is lost or doubled."""

import asyncio
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts.dispatch import EnquiryReceived
from services.kernel.adapters.away import BROKER
from services.kernel.adapters.kafka import Produce
from services.kernel.adapters.migrate import migrate
from services.kernel.running.runner import Process
from services.kernel.running.settings import KernelSettings
from tests.kits.kernel.toy import START, Toy
from tests.kits.stack.databases import database
from tests.sim.broker import Broker, Producer, Reader
from tests.sim.engine.databases import make_ready
from tests.sim.engine.lock_waits import LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import Node
from tests.sim.engine.run import run
from tests.sim.world import SimWorld

MIGRATIONS = (Path(__file__).parents[2] / "services/kernel/sql/migrations",)
FACTS, STREAMS, SECONDS = 120, 17, 60.0
PLACES = [("outage.dispatch", n) for n in range(4)]


class Play:
    """Two workers, what is sent to them, and what is broken."""

    def __init__(self, loop: SimLoop, address: str) -> None:
        self.loop, self.chance = loop, random.Random(f"{loop.seed}/play")
        self.broker = Broker(self.chance, wall=lambda: START + timedelta(seconds=loop.time()))
        self.broker.delay = lambda: self.chance.uniform(0.0005, 0.003)
        for topic in ("outage.dispatch", "outage.restorations", "outage.quarantine"):
            self.broker.create(topic, 4, broker_time=True)
        self._address = address
        self.workers: dict[str, Node] = {}
        self.codes: list[int | None] = []

    def start(self, name: str) -> None:
        node = self.workers[name] = self.loop.node(name)
        settings = KernelSettings(kafka="memory:1", postgres=self._address, instance=name)
        process = Process(
            Toy(), settings, folders=MIGRATIONS, world=SimWorld(self.loop, node, self.broker.link(name), START)
        )
        self.loop.spawn(node, process.run())

    async def kill(self, name: str) -> None:
        self.loop.kill(self.workers[name])
        await asyncio.sleep(self.chance.uniform(0, 15))
        self.start(name)

    async def pause(self, name: str) -> None:
        self.loop.pause(self.workers[name])
        await asyncio.sleep(self.chance.uniform(0, 25))
        self.loop.resume(self.workers[name])

    async def away(self, name: str) -> None:
        self.chance.choice([self.broker.stop, self.broker.freeze])()
        await asyncio.sleep(self.chance.uniform(0, 20))
        self.broker.start()

    async def lag(self, name: str) -> None:
        self.broker.faults.lag[self.chance.choice(PLACES)] = self.chance.uniform(0, 8)

    async def forget(self, name: str) -> None:
        group = self.broker.group("outage-toy")
        group.offsets.clear()
        group.rebalance()

    async def repeat(self, name: str) -> None:
        place = self.chance.choice(PLACES)
        if records := self.broker.partition(place).records:
            self.broker.repeat(place, self.chance.choice(records).record.offset)

    async def skip(self, name: str) -> None:
        place = self.chance.choice(PLACES)
        self.broker.faults.skipped.add((place, self.broker.partition(place).end + self.chance.randrange(3)))

    async def breaks(self) -> None:
        kinds = [self.kill, self.pause, self.away, self.lag, self.forget, self.repeat, self.skip, self.skip]
        while self.loop.time() < SECONDS:
            await asyncio.sleep(self.chance.uniform(0, 8))
            await self.chance.choice(kinds)(self.chance.choice(list(self.workers)))
        for name, node in self.workers.items():
            if not node.alive:
                self.codes.append(node.exit_code)
                self.start(name)

    async def sends(self) -> None:
        producer = Producer(self.broker.link("dispatch"))
        for number in range(FACTS - 1):
            await asyncio.sleep(self.chance.expovariate(FACTS / SECONDS))
            await self._send(producer, enquiry(number))
        # The last one is never delivered: only who looks for it finds it.
        last = enquiry(FACTS - 1)
        place = self.broker.place_of(last.topic, last.key)
        self.broker.faults.skipped.update((place, self.broker.partition(place).end + n) for n in range(3))
        await self._send(producer, last)

    async def _send(self, producer: Producer, row: Produce) -> None:
        while not await self._sent(producer, row):
            await asyncio.sleep(1)

    async def _sent(self, producer: Producer, row: Produce) -> bool:
        try:
            return all(await producer.send([row]))
        except BROKER:
            return False


def enquiry(number: int) -> Produce:
    at = START + timedelta(seconds=number)
    data = EnquiryReceived(mrid=f"o{number % STREAMS}", enquiry_id=str(number), received_at=at)
    message = to_kafka(
        CloudEvent(source="/dispatch/test", id=f"{number}", type="enquiry.received.v1", time=at, data=data)
    )
    return Produce(message.topic, message.key, message.value, message.headers, at)


@pytest.fixture
def toy_database(postgres: str) -> Iterator[str]:
    """A database with the kernel's tables for the toy."""
    with asyncio.Runner() as runner:
        made = database(postgres)
        there = runner.run(made.__aenter__())
        runner.run(make_ready(there))
        runner.run(migrate(there, "toy", MIGRATIONS))
        yield there
        runner.run(made.__aexit__(None, None, None))


@pytest.mark.parametrize("seed", range(4))
def test_every_fact_is_decided_once_in_order_and_published(toy_database: str, locks: LockTable, seed: int) -> None:
    async def scenario(loop: SimLoop) -> None:
        play = Play(loop, toy_database)
        play.start("toy-0")
        play.start("toy-1")
        sending, breaking = asyncio.create_task(play.sends()), asyncio.create_task(play.breaks())
        await asyncio.gather(sending, breaking)
        connection = await asyncpg.connect(toy_database, server_settings={"search_path": "toy"})
        async with asyncio.timeout(120):
            while await connection.fetchval("select count(*) from event") < FACTS:
                await asyncio.sleep(1)
            while await connection.fetchval("select count(*) from outbox"):
                await asyncio.sleep(1)
        await asyncio.sleep(30)
        rows = await connection.fetch("select stream_id, cause from event order by position")
        await connection.close()
        told: dict[str, list[str]] = {}
        for row in rows:
            told.setdefault(row["stream_id"], []).append(row["cause"])
        assert told == {
            f"outage/o{n}": [f"/dispatch/test/{number}" for number in range(n, FACTS, STREAMS)] for n in range(STREAMS)
        }
        reader = Reader(play.broker.link("world"))
        bounds = await reader.bounds([("outage.restorations", n) for n in range(4)])
        out = [r.headers["ce_id"] for place, span in bounds.items() for r in await reader.read(place, *span)]
        assert len(set(out)) == FACTS
        assert play.codes == [], "no worker ended itself"
        assert all(node.exit_code is None for node in loop.nodes)

    run(seed, scenario, locks=locks)
