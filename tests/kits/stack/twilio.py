"""Run a simulator, a gateway and a provider on real sockets, for stories about texts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from starlette.applications import Starlette

from devstack.twilio.config import SimulatorSettings
from devstack.twilio.simulator import TwilioSimulator
from services.gateway.twilio.webhooks import Inbound, Receipt, routes
from services.kernel.clock import SystemClock
from services.notifier.domain.provider.port import FindRequest, SendRequest
from services.notifier.sending.providers.twilio import TwilioProvider, status_callback
from tests.kits.waiting import until

ANNA, BEN, CARLA = "+447700900101", "+447700900102", "+447700900103"
SENDER = "+15005550006"
SERVICE = "MG" + "a" * 32
CLOCK = SystemClock()


class Mailbox:
    """What the gateway published."""

    def __init__(self) -> None:
        self.facts: list[Receipt | Inbound] = []
        self.failures_left = 0
        self.refused = 0

    async def publish(self, fact: Receipt | Inbound) -> None:
        if self.failures_left:
            self.failures_left -= 1
            self.refused += 1
            raise ConnectionError("the broker is away")
        self.facts.append(fact)

    @property
    def receipts(self) -> list[Receipt]:
        return [fact for fact in self.facts if isinstance(fact, Receipt)]

    @property
    def inbound(self) -> list[Inbound]:
        return [fact for fact in self.facts if isinstance(fact, Inbound)]

    def statuses(self, sid: str) -> list[str]:
        return [receipt.status for receipt in self.receipts if receipt.sid == sid]


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the test runner keeps its own signal handlers


@contextlib.asynccontextmanager
async def gateway(mailbox: Mailbox, *, tokens: list[str], public_url: str | None = None) -> AsyncIterator[str]:
    """The webhooks on a real server; yields its base address."""
    app = Starlette(routes=list(routes(tokens=tokens, public_url=public_url, publish=mailbox.publish)))
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


@dataclass
class World:
    """One story's stage."""

    sim: TwilioSimulator
    provider: TwilioProvider
    mailbox: Mailbox
    gateway_url: str
    folder: Path
    started_at: datetime = field(default_factory=CLOCK.wall)

    def request(self, to: str = ANNA, body: str = "Power cut in your street, ref K7F3Q", **more: Any) -> SendRequest:
        given = {"message_id": "m-1", "attempt": 1, "valid_seconds": 600.0} | more
        return SendRequest(to=to, body=body, **given)

    def lost(self, to: str = ANNA, body: str = "Power cut in your street, ref K7F3Q", **more: Any) -> FindRequest:
        given = {"message_id": "m-1", "attempt": 1, "started_at": self.started_at} | more
        return FindRequest(to=to, body=body, **given)

    @property
    def posts(self) -> list[str]:
        """What the simulator answered to each POST."""
        return [post.answer for post in self.sim.account.book.posts]


@contextlib.asynccontextmanager
async def world(
    folder: Path,
    *,
    settings: SimulatorSettings | None = None,
    total_seconds: float = 5.0,
    sender: str | None = SENDER,
    service: str | None = None,
    public_url: str | None = None,
) -> AsyncIterator[World]:
    """A whole stage; `public_url` puts the gateway behind a proxy that ends TLS."""
    settings = settings or SimulatorSettings(send_seconds=0.01, deliver_seconds=0.02, callback_retry_seconds=0.05)
    mailbox = Mailbox()
    async with contextlib.AsyncExitStack() as stack:
        served = await stack.enter_async_context(gateway(mailbox, tokens=[settings.auth_token], public_url=public_url))
        public = public_url or served
        settings.inbound_url = f"{public}/twilio/inbound"
        settings.reach = {public_url: served} if public_url else {}
        sim = await stack.enter_async_context(TwilioSimulator(folder, CLOCK, settings=settings))
        provider = make_provider(sim.url, public, settings, total_seconds, sender=sender, service=service)
        stack.push_async_callback(provider.close)
        yield World(sim, provider, mailbox, served, folder)


def make_provider(
    url: str,
    public: str = "http://127.0.0.1:1",
    settings: SimulatorSettings | None = None,
    total_seconds: float = 5.0,
    *,
    sender: str | None = SENDER,
    service: str | None = None,
    token: str | None = None,
) -> TwilioProvider:
    """A provider that talks to `url` and is called back at `public`."""
    settings = settings or SimulatorSettings()
    return TwilioProvider(
        account_sid=settings.account_sid,
        auth_token=token or settings.auth_token,
        callback=status_callback(public),
        sender=None if service else sender,
        messaging_service_sid=service,
        base_url=url,
        total_seconds=total_seconds,
        connect_seconds=1.0,
    )


async def control(world_url: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """One call of the simulator's `/_sim/`."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{world_url}/_sim/{path}", json=body) as got,
    ):
        is_json = got.content_type == "application/json"
        return got.status, await (got.json() if is_json else got.text())


def minutes_ago(minutes: float) -> datetime:
    """An instant of the wall before now."""
    return CLOCK.wall() - timedelta(minutes=minutes)
