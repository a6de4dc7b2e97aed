"""Run a gateway on a real socket with a real Kafka and PostgreSQL, and read the topic afterwards."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import uvicorn
from aiokafka import AIOKafkaConsumer, TopicPartition

from devstack.servers.stack import TopicSpec, create_topics
from schemas.contracts import dispatch, receipts
from services.gateway.app import Gateway, config
from services.gateway.dispatch import taken
from services.gateway.dispatch.tokens import Token, digest_of, entry, make
from services.gateway.settings import GatewaySettings
from services.kernel.adapters.kafka import record_of
from services.kernel.adapters.migrate import migrate
from services.kernel.model import Record
from tests.kits.waiting import until

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
NOWHERE = "127.0.0.1:1"
EVERYTHING = ("*",)
_numbers = itertools.count(1)


def a_source() -> str:
    """A source no other test uses: the topic is the session's."""
    return f"/dispatch/{uuid4().hex[:12]}"


def event(source: str, id_: str = "1", **more: Any) -> dict[str, Any]:
    """An enquiry, the smallest fact there is; `more` are fields of its data."""
    data = {"mRID": f"F-{id_}", "enquiryId": id_, "receivedAt": "2026-03-05T09:12:00+08:00"} | more
    return {
        "specversion": "1.0",
        "id": id_,
        "source": source,
        "type": "enquiry.received.v1",
        "time": "2026-03-05T09:12:30+08:00",
        "data": data,
    }


@dataclass
class Reply:
    """An HTTP answer, read."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def outcomes(self) -> list[str]:
        return [one["outcome"] for one in self.body["events"]]


@dataclass
class Served:
    """A gateway that runs, a token that may say everything, and a client."""

    gateway: Gateway
    url: str
    token: str
    token_file: Path
    session: aiohttp.ClientSession

    async def post(
        self, body: Any, *, kind: str = STRUCTURED, token: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """POST /v1/events; a body that is no bytes is sent as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {token or self.token}", "Content-Type": kind, **(headers or {})}
        return await self.send("POST", "/v1/events", data=raw, headers=sent)

    async def send(self, method: str, path: str, **more: Any) -> Reply:
        """Any request."""
        async with self.session.request(method, self.url + path, **more) as answer:
            return Reply(answer.status, answer.headers, await answer.read())

    async def metrics(self) -> str:
        """What the health server tells Prometheus."""
        async with self.session.get(f"http://127.0.0.1:{self.gateway.health_server.port}/metrics") as answer:
            return await answer.text()

    def allow(self, *tokens: Token) -> None:
        """Write the token file again: the one that may say everything, and these."""
        write(self.token_file, "\n".join(entry(token) for token in (_everything(self.token), *tokens)))


def _everything(token: str) -> Token:
    return Token("all", digest_of(token), EVERYTHING, frozenset(EVERYTHING), rate=100_000)


def write(file: Path, text: str) -> None:
    """Put a file in place as Kubernetes does: at once."""
    fresh = file.with_name(f"{file.name}.{next(_numbers)}")
    fresh.write_text(text)
    fresh.replace(file)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the test runner keeps its own signal handlers


async def prepare(kafka: str, postgres: str) -> None:
    """Topics and the gateway's schema."""
    await create_topics(kafka, {topic: TopicSpec(4) for topic in (dispatch.TOPIC, receipts.TOPIC)})
    await migrate(postgres, taken.SCHEMA, taken.FOLDERS)


def settings(kafka: str, postgres: str, token_file: Path, **more: Any) -> GatewaySettings:
    """Settings on free ports."""
    values: dict[str, Any] = {
        "kafka": kafka,
        "postgres": postgres,
        "twilio_auth_token": "twilio-secret",
        "public_url": "http://127.0.0.1",
        "index_key": "a-key-of-sixteen-or-more",
        "gateway_port": 0,
        "gateway_tokens": token_file,
    }
    return GatewaySettings(**(values | more))


def token_for_all(file: Path) -> str:
    """A new token that may say everything; `file` is written with it alone."""
    token = make()
    write(file, entry(_everything(token)))
    return token


def environment(kafka: str, postgres: str, token_file: Path, port: int) -> dict[str, str]:
    """The settings of a gateway that is a process of its own."""
    return {
        "OUTAGE_KAFKA": kafka,
        "OUTAGE_POSTGRES": postgres,
        "OUTAGE_POSTGRES_ROLE": "outage_gateway",
        "OUTAGE_TWILIO_AUTH_TOKEN": "twilio-secret",
        "OUTAGE_PUBLIC_URL": "http://127.0.0.1",
        "OUTAGE_INDEX_KEY": "a-key-of-sixteen-or-more",
        "OUTAGE_GATEWAY_PORT": str(port),
        "OUTAGE_GATEWAY_TOKENS": str(token_file),
    }


@contextlib.asynccontextmanager
async def served(kafka: str, postgres: str, folder: Path, **more: Any) -> AsyncIterator[Served]:
    """A gateway in this process."""
    token_file = folder / f"tokens{next(_numbers)}.toml"
    token = make()
    async with aiohttp.ClientSession() as session:
        made = Served(None, "", token, token_file, session)  # type: ignore[arg-type] - filled below
        made.allow()
        made.gateway = Gateway(settings(kafka, postgres, token_file, **more))
        server = _Server(config(made.gateway))
        running = asyncio.create_task(server.serve())
        await until(lambda: server.started or running.done(), 30)
        made.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        try:
            yield made
        finally:
            server.should_exit = True
            await running


async def on_topic(kafka: str, source: str) -> list[Record]:
    """Every record of a source on outage.dispatch, partition by partition."""
    places = [TopicPartition(dispatch.TOPIC, number) for number in range(4)]
    found: dict[TopicPartition, list[Record]] = {place: [] for place in places}
    async with AIOKafkaConsumer(bootstrap_servers=kafka, group_id=None, auto_offset_reset="earliest") as consumer:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, batch in (await consumer.getmany(*places, timeout_ms=200)).items():
                found[place] += [record_of(item) for item in batch]
    return [record for place in places for record in found[place] if record.headers.get("ce_source") == source.encode()]


async def rows(postgres: str, source: str) -> dict[str, bytes]:
    """The gateway's rows of a source: id → digest."""
    connection = await asyncpg.connect(postgres)
    try:
        found = await connection.fetch("select id, digest from gateway.taken where source = $1", source)
        return {row["id"]: bytes(row["digest"]) for row in found}
    finally:
        await connection.close()
