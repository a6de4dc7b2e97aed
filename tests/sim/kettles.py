"""Play one history of two kettle processes, whole ones of the kernel, under faults, and tell what came of it.

`python -m tests.sim.kettles ADDRESS SEED [FILE]`: on a new copy of the toy's database, at the server with this administrator's
ADDRESS; prints the digest of the run, and writes its trace as text to FILE.
"""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import asyncpg

from operations.audit.intake import audit_intake
from operations.audit.log import audit_log
from operations.audit.published import audit_outbox
from operations.audit.report import Report
from operations.system.database import enter
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts.dispatch import CauseCleared, CrewStatus
from services.kernel.running.runner import Process
from services.kernel.running.settings import KernelSettings
from tests.kits.kernel.facts import enquiry
from tests.kits.kernel.toy import START, Kettle, KettleDecider, Toy
from tests.kits.stack.databases import MIGRATIONS, as_role, database
from tests.sim.broker import Broker
from tests.sim.engine.clock import SimClock
from tests.sim.engine.databases import make_ready
from tests.sim.engine.lock_waits import LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import Node
from tests.sim.engine.run import run
from tests.sim.engine.trace import Trace
from tests.sim.world import SimWorld, rarer_looks

FACTS = 40
KETTLES = 16
PARTITIONS = 4
FAULTS = 5
LASTS_SECONDS = 120.0
BOILS = timedelta(seconds=20)


@dataclass(frozen=True)
class Came:
    """What came of a history."""

    outcomes: Mapping[str, int]
    """How many facts were judged with which reason."""
    overdue: int
    """Deadlines that were missed, each said once."""
    published: int
    audit_faults: list[str]
    faults: tuple[str, ...]
    exit_codes: tuple[int, ...]
    """Of processes that ended by themselves."""
    steps: int
    requests: int


class QuickKettle(KettleDecider):
    """A kettle that boils in twenty seconds: the less of a run is waiting, the more of them are played."""

    def timers(self, state: Kettle) -> Mapping[str, datetime]:
        """See KettleDecider."""
        return {name: due - timedelta(minutes=10) + BOILS for name, due in super().timers(state).items()}


def quick() -> Toy:
    """The toy service with quick kettles."""
    made = Toy()
    made.deciders = {"outage": QuickKettle()}
    return made


class Kettles:
    """Two processes, a broker and a database, and what is done to them."""

    def __init__(self, loop: SimLoop, address: str) -> None:
        self.loop, self.address = loop, address
        self.random = Random(f"{loop.seed}/history")
        chance = Random(f"{loop.seed}/broker")
        clock = SimClock(loop, loop.world, START)
        self.broker = Broker(chance, wall=clock.now, delay=lambda: chance.uniform(0.0005, 0.005))
        for topic in ("outage.dispatch", "outage.restorations", "outage.quarantine"):
            self.broker.create(topic, PARTITIONS, broker_time=True)
        self.nodes: dict[str, Node] = {}

    def start(self, name: str) -> None:
        """Start the process of this name, once more if it has died."""
        node = self.nodes[name] = self.loop.node(name)
        world = SimWorld(self.loop, node, self.broker.link(name), START)
        settings = KernelSettings(
            kafka="memory:9092", postgres=as_role(self.address, "outage_toy"), instance=name, poll_seconds=10.0
        )

        async def serve() -> None:
            await Process(quick(), settings, folders=[MIGRATIONS], world=world).run()

        self.loop.spawn(node, serve())

    async def feed(self) -> None:
        """Send facts now and then, some of them twice."""
        for number in range(FACTS):
            await asyncio.sleep(self.random.expovariate(FACTS / 60))
            mrid = f"o{self.random.randrange(KETTLES)}"
            now = START + timedelta(seconds=int(self.loop.time()))
            type_, data = self.random.choice(
                [
                    ("cause.cleared.v1", CauseCleared(mrid=mrid, cleared_at=now)),
                    ("crew.status.v1", CrewStatus(mrid=mrid, crew_status="arrived", at=now)),
                    ("enquiry.received.v1", enquiry(mrid)),
                ]
            )
            event = CloudEvent(source="/dispatch/east", id=str(number), type=type_, time=now, data=data)
            message = to_kafka(event, "outage.dispatch")
            place = self.broker.place_of(message.topic, message.key)
            for _ in range(self.random.choice((1, 1, 1, 2))):
                self.broker.append(place, message.key, message.value, message.headers, now)

    async def trouble(self) -> list[str]:
        """One fault after the other, each at its end made good."""
        network = self.loop.network
        assert network is not None
        done: list[str] = []
        for _ in range(FAULTS):
            await asyncio.sleep(self.random.uniform(0.5, 10))
            name = self.random.choice(sorted(self.nodes))
            node = self.nodes[name]
            fault = self.random.choice(("kill", "die", "pause", "cut", "lose", "freeze", "jump"))
            done.append(f"{fault} {name}")
            lasts = self.random.uniform(0.1, 10)
            match fault:
                case "kill":
                    self.loop.kill(node)
                case "die":
                    await self._die_within(node)
                case "pause":
                    self.loop.pause(node)
                case "cut":
                    network.cut(network.connections(node))
                case "lose":
                    network.lose_next_commit(node)
                case "freeze":
                    network.freeze(node)
                case "jump":
                    node.ahead = self.random.uniform(-5, 5)
            await asyncio.sleep(lasts)
            self.loop.resume(node)
            network.thaw(node)
            node.ahead = 0.0
            if not node.alive:
                self.start(name)
        return done

    async def _die_within(self, node: Node) -> None:
        """Kill it at some step of the next few hundred, whatever it does then."""
        last = node.steps + self.random.randrange(1, 400)

        def at_that_step(_: asyncio.Handle, whose: Node) -> None:
            if whose is node and node.steps >= last:
                self.loop.before_step = None
                self.loop.kill(node)

        self.loop.before_step = at_that_step
        while node.alive:
            await asyncio.sleep(0.5)

    async def judged(self, faults: list[str]) -> Came:
        """What is in the database and on the topics."""
        connection = await asyncpg.connect(self.address)
        await enter(connection, "toy")
        rows = await connection.fetch("select reason, count(*) as how_many from inbox group by reason order by reason")
        overdue = await connection.fetchval("select count(*) from event where type = 'overdue.v1'")
        report = Report()
        async with connection.transaction():
            await audit_log(connection, quick(), report)
            await audit_intake(connection, "toy", report)
            await audit_outbox(connection, "toy", report)
        await connection.close()
        published = sum(self.broker.partition(("outage.restorations", n)).end for n in range(PARTITIONS))
        ended = [node.exit_code for node in self.loop.nodes if node.exit_code is not None]
        assert self.loop.network is not None
        return Came(
            {row["reason"]: row["how_many"] for row in rows},
            overdue,
            published,
            [fault for check in report.checks for fault in check.faults],
            tuple(faults),
            tuple(ended),
            self.loop.steps,
            self.loop.network.requests,
        )


async def history(loop: SimLoop, address: str) -> Came:
    """Two processes, facts and faults; then peace, until every deadline has passed."""
    kettles = Kettles(loop, address)
    with rarer_looks(1.0):
        for name in ("toy-0", "toy-1"):
            kettles.start(name)
        fed = asyncio.create_task(kettles.feed())
        faults = await kettles.trouble()
        await fed
        await asyncio.sleep(LASTS_SECONDS - loop.time())
    return await kettles.judged(faults)


async def play(postgres: str, seed: int, trace: Trace) -> Came:
    """A history on a database of its own."""
    async with database(postgres, "toy") as address:
        await make_ready(address)
        locks = LockTable(address)
        try:
            # A loop runs while no other does: that of this coroutine waits in another thread.
            return await asyncio.to_thread(run, seed, lambda loop: history(loop, address), locks=locks, trace=trace)
        finally:
            locks.close()


def main(postgres: str, seed: str, file: str | None = None) -> None:
    """See the module."""
    trace = Trace(text=file is not None)
    came = asyncio.run(play(postgres, int(seed), trace))
    print(trace.digest, came)  # noqa: T201 - it is what was asked for
    if file is not None:
        Path(file).write_text("\n".join([*(trace.lines or ()), "", *trace.notes]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
