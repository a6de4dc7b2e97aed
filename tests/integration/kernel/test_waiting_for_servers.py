"""Postgres and Kafka go away, freeze, or come late: the services wait, say why, and are back soon; nothing is lost."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import asyncpg
import pytest
import pytest_asyncio

from devstack.servers.kafka import KafkaNode
from devstack.servers.postgres import PostgresNode
from devstack.system import System
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts.dispatch import EnquiryReceived
from services.kernel.adapters.kafka import Produce, Producer
from tests.kits.stack.servers import CLOCK, frozen, stopped
from tests.kits.system.quick import Quick
from tests.kits.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

WORKERS = ("planner", "restorer")
TOLD_SECONDS = 10.0
BACK_SECONDS = 10.0
AWAY_SECONDS = 3.0
RECORDS = 16
# What this machine may add of its own while others work on it; the services' part is the figures above.
LOAD_SECONDS = 20.0

_numbers = itertools.count()


class Utility:
    """A system that servers are taken from, again and again."""

    def __init__(self, system: System, session: aiohttp.ClientSession) -> None:
        self.system = system
        self._session = session

    @property
    def servers(self) -> dict[str, KafkaNode | PostgresNode]:
        """By the name that health gives them."""
        kafka, postgres = self.system.stack.kafka_node, self.system.stack.postgres_node
        assert kafka is not None
        assert postgres is not None
        return {"kafka": kafka, "postgres": postgres}

    async def check(self, name: str, probe: str = "ready") -> dict[str, Any]:
        """What a service says of itself."""
        port = self.system.ports["gateway-health" if name == "gateway" else name]
        async with self._session.get(f"http://127.0.0.1:{port}/healthz/{probe}") as answer:
            return dict(await answer.json())

    async def told(self, names: tuple[str, ...], server: str) -> None:
        """Wait until each is not ready and says which server is away; alive all the while."""

        async def look() -> bool:
            said = [await self.check(name) for name in names]
            return all(any(why.startswith(f"{server} away: ") for why in one["reasons"]) for one in said)

        await until(look, TOLD_SECONDS + LOAD_SECONDS, f"{names} to say that {server} is away")
        for name in names:
            assert (await self.check(name, "live"))["ok"]
            assert (await self.check(name, "startup"))["ok"]

    async def ready(self, names: tuple[str, ...]) -> None:
        async def look() -> bool:
            try:
                return all([(await self.check(name))["ok"] for name in names])
            except aiohttp.ClientError:
                return False

        await until(look, BACK_SECONDS + LOAD_SECONDS, f"{names} to be ready")

    async def send(self) -> str:
        """Records on every partition; returns what their ids begin with."""
        run, now = f"w{next(_numbers)}", CLOCK.now()
        rows = []
        for number in range(RECORDS):
            data = EnquiryReceived(mrid=f"{run}-{number}", enquiry_id=str(number), received_at=now)
            said = CloudEvent(
                source="/dispatch/east", id=f"{run}-{number}", type="enquiry.received.v1", time=now, data=data
            )
            message = to_kafka(said)
            rows.append(Produce(message.topic, message.key, message.value, message.headers, now))
        producer = Producer(self.system.stack.kafka)
        await producer.start()
        assert all(await producer.send(rows))
        await producer.stop()
        return run

    async def taken(self, run: str, names: tuple[str, ...]) -> None:
        """Wait until each service has taken all of it."""
        connection = await asyncpg.connect(self.system.stack.postgres)

        async def look() -> bool:
            found = [
                await connection.fetchval(f"select count(*) from {name}.inbox where id like $1", f"{run}-%")
                for name in names
            ]
            return found == [RECORDS] * len(names)

        try:
            await until(look, BACK_SECONDS + LOAD_SECONDS, f"{names} to take {run}")
        finally:
            await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def everything(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Utility]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OUTAGE_KAFKA", "OUTAGE_POSTGRES", "OUTAGE_CLOCK_FILE"):
            patch.delenv(name, raising=False)
        async with (
            Quick(tmp_path_factory.mktemp("waiting") / "data", services=WORKERS) as system,
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
        ):
            yield Utility(system, session)


@pytest_asyncio.fixture(loop_scope="module")
async def utility(everything: Utility) -> Utility:
    """Ready, whatever was taken from it before."""
    await everything.ready((*WORKERS, "gateway"))
    return everything


@pytest.mark.parametrize("how", [stopped, frozen])
async def test_while_a_server_is_gone_nobody_is_ready_nobody_dies_and_all_go_on_when_it_is_back(
    utility: Utility, how: Callable[..., Any]
) -> None:
    before = await utility.send()
    await utility.taken(before, WORKERS)
    for name, server in utility.servers.items():
        concerned = WORKERS if name == "postgres" else (*WORKERS, "gateway")
        async with how(server):
            await utility.told(concerned, name)
            await asyncio.sleep(AWAY_SECONDS)
        after = await utility.send()
        await utility.taken(after, WORKERS)
        await utility.ready((*WORKERS, "gateway"))
    assert utility.system.restarts == {}, "a service ended though waiting would have done"


async def test_the_webhooks_need_no_database_and_the_gateway_says_that_it_is_away(utility: Utility) -> None:
    async with stopped(utility.servers["postgres"]):

        async def look() -> bool:
            said = await utility.check("gateway")
            return bool(said["ok"]) and any(why.startswith("postgres away: ") for why in said["impaired"])

        await until(look, TOLD_SECONDS + LOAD_SECONDS, "the gateway to say so")


async def test_what_is_started_before_its_servers_waits_for_them_and_ends_when_told_to(utility: Utility) -> None:
    system, servers = utility.system, utility.servers
    for name in WORKERS:
        await system.hold(name)
    for server in servers.values():
        await server.kill()
    for name in WORKERS:
        await system.release(name)

    async def waits() -> bool:
        try:
            said = [await utility.check(name) for name in WORKERS]
        except aiohttp.ClientError:
            return False  # Python is still on its way
        return all(one["reasons"][0].startswith("starting: waiting for postgres") for one in said)

    await until(waits, 60.0, "the services to say what they wait for")
    await servers["postgres"].start()

    async def for_kafka() -> bool:
        said = [await utility.check(name) for name in WORKERS]
        return all(one["reasons"][0].startswith("starting: waiting for kafka") for one in said)

    await until(for_kafka, TOLD_SECONDS + LOAD_SECONDS, "the services to wait for Kafka")
    await system.hold("planner")  # told to end while it waits: in order, not killed
    assert _last_words(system, "planner") == "stopping"
    await system.release("planner")
    await servers["kafka"].start()
    await utility.ready(WORKERS)
    after = await utility.send()
    await utility.taken(after, WORKERS)
    assert system.restarts == {}


def _last_words(system: System, name: str) -> str:
    lines = (system.folder / f"{name}.log").read_text().splitlines()
    return str(json.loads(lines[-1])["event"])
