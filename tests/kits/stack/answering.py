"""Texts that come in, from a handset to a conversation: a simulated provider, the gateway over HTTP, Kafka, the notifier's tables.

`python -m tests.kits.stack.answering DSN KAFKA GATEWAY STEP:N` fetches texts from the HTTP gateway until it is killed at a step.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from devstack.sms_gateway.simulator import SmsGatewaySimulator
from devstack.twilio.config import SimulatorSettings
from schemas.cloudevent import from_kafka
from schemas.contracts import receipts
from services.kernel import checkpoints
from services.kernel.adapters.kafka import Producer, record_of
from services.kernel.clock import SystemClock
from services.kernel.model import Message
from services.notifier.replying.uplinks import UplinkPuller
from services.notifier.tables.vault import Vault
from tests.kits.stack.gateway import Served, prepare, served, settings
from tests.kits.stack.sending import KEY, Office, office
from tests.kits.stack.sms_gateway import make_gateway

INDEX_KEY, PUBLIC = "a-key-of-sixteen-or-more", "https://gateway.example"
TOKEN = SimulatorSettings().auth_token
ROOT = Path(__file__).parents[3]


@dataclass
class Answering:
    """An office whose customers answer, and the gateway between."""

    office: Office
    gateway: Served
    kafka: str

    async def texts(self, body: str, number: str | None = None) -> str:
        """A handset sends this; the reason of what the notifier decided."""
        sid, status = await self.office.sim.account.receive(number or self.office.number(), body)
        assert status == 204, status
        return await self.heard(sid)

    async def heard(self, sid: str) -> str:
        """The text with this id is read from Kafka and decided, and whom it concerns hears of it."""
        message = (await self.on_topic(sid))[0]
        service, ingest = self.office.ingest.transaction.service, self.office.ingest
        async with self.office.pool.acquire() as connection:
            routed = await service.route(connection, message)
        within = Message(
            message.source, message.id, message.type, message.time, message.data, sid, 0, stream=routed.stream
        )
        (outcome,) = await ingest.submit([within])
        for row in await self.office.pool.fetch(
            "delete from outbox where topic = 'outage.audience' returning id, aggregateid, payload, type"
        ):
            word: Any = msgspec.json.decode(row["payload"], type=service.structs[row["type"]])
            await self.office.say(word.customer_id, word)
        return outcome.reason

    async def on_topic(self, sid: str, times: int = 1) -> list[Message]:
        """What lies on outage.receipts of the text with this id, once it lies there so often."""
        places = [TopicPartition(receipts.TOPIC, number) for number in range(4)]
        found: list[Message] = []
        async with AIOKafkaConsumer(bootstrap_servers=self.kafka, auto_offset_reset="earliest") as consumer:
            consumer.assign(places)
            async with asyncio.timeout(20):
                while len(found) < times:
                    for batch in (await consumer.getmany(timeout_ms=200)).values():
                        for record in map(record_of, batch):
                            event = from_kafka(record.topic, record.key, record.headers, record.value)
                            if getattr(event.data, "provider_sid", "").partition("/")[0] == sid:
                                known = (event.source, event.id, event.type, event.time, event.data, sid, 0)
                                found.append(Message(*known, topic=record.topic))
        return found

    async def kinds(self, customer: str = "KC-01") -> list[str]:
        rows = await self.office.pool.fetch(
            "select type from event where stream_id = $1 order by version", f"customer/{customer}"
        )
        return [row["type"] for row in rows]

    async def told(self) -> str:
        """A new customer whose power is off, and who was told so; the id of the text."""
        text = await self.office.text()
        async with self.office.at_work(self.office.sender()):
            await self.office.comes_to(text, "accepted")
        return text

    def puller(self, sms: SmsGatewaySimulator, producer: Producer, vault: Vault | None = None) -> UplinkPuller:
        """What the notifier runs to fetch texts from the HTTP gateway."""
        provider = make_gateway(sms.url)
        self.office.exits.push_async_callback(provider.close)
        pause = timedelta(seconds=0.05)
        return UplinkPuller(self.office.pool, provider, vault or self.office.vault, producer, self.office.clock, pause)

    async def dies_at(self, step: str, sms: SmsGatewaySimulator) -> None:
        """Fetch in a process that is killed at the step."""
        words = (self.office.dsn, self.kafka, sms.url, step)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.kits.stack.answering", *words, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(40):
            assert await process.wait() == -9, "it ended by itself"


@asynccontextmanager
async def answered(postgres: str, kafka: str, folder: Path, **more: Any) -> AsyncIterator[Answering]:
    """All of it; `more`: settings of the gateway service."""
    await prepare(kafka, postgres)
    async with (
        served(kafka, postgres, folder, twilio_auth_token=TOKEN, public_url=PUBLIC, **more) as gateway,
        office(postgres, folder) as at,
    ):
        assert settings(kafka, postgres, folder).index_key.get_secret_value() == INDEX_KEY
        at.vault = Vault.from_text(KEY, INDEX_KEY)
        known = at.sim.account.settings
        known.inbound_url, known.reach = f"{PUBLIC}/twilio/inbound", {PUBLIC: gateway.url}
        yield Answering(at, gateway, kafka)


async def _killed_at(dsn: str, kafka: str, gateway: str, step: str) -> None:
    clock, producer, provider = SystemClock(), Producer(kafka), make_gateway(gateway)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        checkpoints.die_at(step)
        vault = Vault.from_text(KEY, INDEX_KEY)
        await UplinkPuller(pool, provider, vault, producer, clock, timedelta(seconds=0.05)).run()


if __name__ == "__main__":
    asyncio.run(_killed_at(*sys.argv[1:]))
