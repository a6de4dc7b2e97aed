"""Put a simulator, a gateway and senders on nodes of their own, with an in-memory Kafka behind the gateway."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from devstack.twilio.config import SAMPLE_SENDER, SimulatorSettings
from devstack.twilio.simulator import TwilioSimulator
from schemas.contracts import customers, dispatch, receipts
from schemas.contracts.receipts import ReceiptReceived
from services.gateway.app import Gateway
from services.gateway.settings import GatewaySettings
from services.notifier.domain.provider.port import FindRequest, SendRequest
from services.notifier.sending.providers.twilio import TwilioProvider
from services.notifier.settings import NotifierSettings
from tests.sim.broker import Broker
from tests.sim.engine.clock import SimClock
from tests.sim.engine.lock_waits import LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import Node
from tests.sim.engine.run import run
from tests.sim.engine.trace import Trace
from tests.sim.heard import until
from tests.sim.net.connector import HostConnector, ProviderConnector
from tests.sim.net.network import Network
from tests.sim.net.served import gateway_on, on_host
from tests.sim.world import SimWorld

START = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
ANNA, BEN, CARLA = "+447700900101", "+447700900102", "+447700900103"
INDEX_KEY = "a-key-of-sixteen-or-more"
TEXT = "Power cut in your street, ref K7F3Q"


class Stage:
    """One story's. `folder` is where the simulator keeps its journals; `more` are settings of the gateway."""

    def __init__(self, loop: SimLoop, folder: Path, settings: SimulatorSettings | None = None, **more: Any) -> None:
        self.loop, self._folder, self._more = loop, folder, more
        self.settings = settings or SimulatorSettings(seed=loop.seed)
        self.network = Network(
            Random(f"{loop.seed}/network"), say=lambda what: loop.trace.say(loop.time(), "network", what)
        )
        loop.at_kill.append(lambda node: self.network.killed(node.name))
        chance = Random(f"{loop.seed}/broker")
        self.broker = Broker(chance, wall=self._now, delay=lambda: chance.uniform(0.0005, 0.002))
        for topic in (receipts.TOPIC, dispatch.TOPIC, customers.TOPIC):
            self.broker.create(topic, 4, broker_time=True)
        self.sim: TwilioSimulator
        self.gateway: Gateway

    def _now(self) -> datetime:
        return START + timedelta(seconds=self.loop.time())

    def run(self, name: str, work: Coroutine[Any, Any, Any]) -> Node:
        """Run `work` on a new node of that name."""
        node = self.loop.node(name)
        self.loop.spawn(node, work)
        return node

    async def start_simulator(self) -> Node:
        """Twilio, until it is killed."""
        node, there = self.loop.node("twilio"), asyncio.Event()

        async def serve() -> None:
            host = self.network.host("twilio")
            clock = SimClock(self.loop, node, START)
            self.sim = TwilioSimulator(
                self._folder, clock, settings=self.settings, listen=on_host(host), connector=lambda: HostConnector(host)
            )
            async with self.sim:
                there.set()
                await asyncio.Event().wait()

        self.loop.spawn(node, serve())
        await there.wait()
        return node

    async def start_gateway(self, name: str = "gateway") -> Node:
        """A gateway, until it is killed: one of those that answer under the name `gateway`."""
        node, there = self.loop.node(name), asyncio.Event()
        world = SimWorld(self.loop, node, self.broker.link(name), START)
        values: dict[str, Any] = {
            "kafka": "kafka:9092",
            "twilio_auth_token": self.settings.auth_token,
            "public_url": "http://gateway",
            "index_key": INDEX_KEY,
        }
        settings = GatewaySettings(**(values | self._more))

        async def serve() -> None:
            world.begin("gateway", settings, world.clock(settings), lambda: None)
            self.gateway = Gateway(settings, world=world)
            async with gateway_on(self.network.host(name), self.gateway, "gateway"):
                there.set()
                await asyncio.Event().wait()

        self.loop.spawn(node, serve())
        await there.wait()
        return node

    def provider(self, name: str) -> TwilioProvider:
        """What a sender on the node `name` sends with."""
        host = self.network.host(name)
        values: dict[str, Any] = {
            "kafka": "kafka:9092",
            "postgres": "postgresql://postgres/outage",
            "vault_key": base64.b64encode(bytes(32)).decode(),
            "index_key": INDEX_KEY,
            "twilio_account_sid": self.settings.account_sid,
            "twilio_auth_token": self.settings.auth_token,
            "twilio_from": SAMPLE_SENDER,
            "twilio_url": "http://twilio",
            "public_url": "http://gateway",
        }
        return NotifierSettings(**values).provider(lambda: ProviderConnector(host))

    def request(self, to: str = ANNA, **more: Any) -> SendRequest:
        """A text to send."""
        given: dict[str, Any] = {"body": TEXT, "message_id": "m-1", "attempt": 1, "valid_seconds": 600.0} | more
        return SendRequest(to=to, **given)

    def lost(self, to: str = ANNA) -> FindRequest:
        """The same text, looked for."""
        return FindRequest(message_id="m-1", attempt=1, to=to, body=TEXT, started_at=START)

    @property
    def posts(self) -> list[str]:
        """What the simulator made of each POST."""
        return [post.answer for post in self.sim.account.book.posts]

    def heard(self) -> Sequence[ReceiptReceived]:
        """The receipts that the gateway put on Kafka, in the order in which they came there, partition by partition."""
        return [
            msgspec.json.decode(stored.record.value or b"", type=ReceiptReceived)
            for number in range(4)
            for stored in self.broker.partition((receipts.TOPIC, number)).records
        ]

    async def heard_of(self, *statuses: str) -> None:
        """Return once these receipts are on Kafka, and no others."""
        await until(lambda: sorted(one.status for one in self.heard()) == sorted(statuses), 3600.0)


def played(
    folder: Path,
    story: Callable[[Stage], Awaitable[None]],
    *,
    seed: int = 1,
    settings: SimulatorSettings | None = None,
    trace: Trace | None = None,
    locks: LockTable | None = None,
    **more: Any,
) -> None:
    """Run a story of a simulator and a gateway that are there."""

    async def scenario(loop: SimLoop) -> None:
        stage = Stage(loop, folder, settings, **more)
        await stage.start_simulator()
        await stage.start_gateway()
        await story(stage)

    run(seed, scenario, trace=trace, locks=locks)
