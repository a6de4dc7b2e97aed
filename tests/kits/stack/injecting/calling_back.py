"""Stand a gateway between the simulated provider and a notifier's tables: webhooks on a socket, records as Kafka brings them.

What Kafka does to them, and the processes on both sides of it, is tested on the whole system (tests/e2e).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from prometheus_client import CollectorRegistry

from devstack.twilio.carrier.signing import sign
from services.gateway.twilio.publisher import Publisher
from services.kernel.adapters.away import AWAY
from services.kernel.adapters.kafka import Produce
from services.kernel.model import Record
from services.kernel.writing.ingest import Ingest
from tests.kits.kernel.paper import PaperBroker
from tests.kits.stack.sending import Office
from tests.kits.stack.twilio import gateway

INDEX_KEY = b"sixteen bytes or more"
BATCH = 200


@dataclass
class Topic:
    """What the gateway publishes to, and the notifier reads from: durable at once, read in batches."""

    broker: PaperBroker
    ingest: Ingest
    waiting: list[Record] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    held: bool = False
    """Nothing is read for now."""

    async def start(self) -> None:
        """There is nothing to connect to."""

    async def stop(self) -> None:
        """Nor to flush."""

    async def send(self, rows: Sequence[Produce]) -> list[bool]:
        """Each row is a record of its topic's first partition."""
        for row in rows:
            key = row.key.decode()
            self.waiting.append(self.broker.put(row.topic, 0, key, dict(row.headers), row.value, row.at))
        self.came.set()
        return [True] * len(rows)

    async def read_on(self) -> None:
        """Read until cancelled, as a worker does: through whatever cures itself."""
        while True:
            await self.came.wait()
            self.came.clear()
            while self.waiting and not self.held:
                batch = self.waiting[:BATCH]
                try:
                    await self.ingest.take(batch)
                except AWAY:
                    await asyncio.sleep(0.1)
                else:
                    del self.waiting[: len(batch)]


class _Door:
    """What the webhooks hand on to."""

    def __init__(self, publisher: Publisher) -> None:
        self.publish = publisher.__call__


@dataclass
class Gateway:
    """Webhooks at an address, and the topic behind them."""

    office: Office
    url: str
    topic: Topic

    async def call(
        self,
        fields: Mapping[str, str],
        *,
        query: str = "",
        token: str | None = None,
        signed: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> int:
        """A status callback of anybody's; the HTTP status. `signed`: another address that the signature is for."""
        url = f"{self.url}/twilio/status{query}"
        token = self.office.sim.settings.auth_token if token is None else token
        made = {"X-Twilio-Signature": sign(token, signed or url, fields)} if headers is None else dict(headers)
        async with aiohttp.ClientSession() as session, session.post(url, data=dict(fields), headers=made) as answer:
            await answer.read()
            return answer.status

    async def says(self, text: str, status: str, sid: str, attempt: int = 1, **more: str) -> None:
        """The provider says so of a message."""
        fields = {"MessageSid": sid, "MessageStatus": status, "To": self.office.number()} | more
        assert await self.call(fields, query=f"?n={text}&a={attempt}") == 204

    async def is_read(self) -> None:
        """Wait until all that was called is in the notifier's tables."""
        async with asyncio.timeout(30):
            while self.office.sim.account.webhooks.under_way or self.topic.waiting:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def called_back(
    office: Office, *, tokens: Sequence[str] = (), ingest: Ingest | None = None
) -> AsyncIterator[Gateway]:
    """The provider's callbacks reach the office's tables; senders are to be made within. `ingest`: who reads them instead."""
    broker = office.ingest._broker
    assert isinstance(broker, PaperBroker)
    topic = Topic(broker, ingest or office.ingest)
    publisher = Publisher(topic, office.clock, INDEX_KEY, CollectorRegistry())
    given = [*tokens] or [office.sim.settings.auth_token]
    async with gateway(_Door(publisher), tokens=given) as url:  # type: ignore[arg-type]  # of a mailbox it needs that one
        office.public = url
        office.sim.settings.inbound_url = f"{url}/twilio/inbound"
        reading = asyncio.create_task(topic.read_on())
        try:
            yield Gateway(office, url, topic)
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
