"""Run a notifier's sender and resolver on a real PostgreSQL against the Twilio simulator, without Kafka."""

import asyncio
import contextlib
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from devstack.twilio.config import SimulatorSettings
from devstack.twilio.kept.messages import Post
from devstack.twilio.simulator import TwilioSimulator
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.customers import Contact, CustomerUpserted, Importance
from services.kernel.adapters.migrate import migrate
from services.kernel.clock import SystemClock
from services.kernel.model import Message
from services.kernel.running.main import folders
from services.kernel.writing.ingest import Ingest
from services.notifier.app import Notifier
from services.notifier.domain.wording.templates import UtilityVoice
from services.notifier.sending.providers.twilio import TwilioProvider
from services.notifier.sending.resolver import LookupPace, Resolver
from services.notifier.sending.sender import Sender
from services.notifier.tables.vault import Vault, put_number
from services.policy.model import Telling
from tests.kits.stack.databases import database, pool_in, worker
from tests.kits.stack.twilio import make_provider

VOICE = UtilityVoice("东江供电公司", "95598", ZoneInfo("Asia/Shanghai"), {"en": "Dongjiang Power"})
PROMPT = Telling(group_wait=timedelta(0))
"""Texts go when they are asked for: these tests run by the machine's clock."""
KEY = b64encode(bytes(range(32))).decode()
POST_SECONDS = 1.5
PROOF = 2.0
_ids = count(1)


def power_back(customer: str, now: datetime, lasted: timedelta = timedelta(minutes=5)) -> CustomerTouched:
    """The word to a customer's stream that power is back where it was off."""
    return CustomerTouched(
        customer_id=customer,
        mrid="F-1",
        outage_version=2,
        touched=True,
        outage_class="fault",
        status="restored",
        trigger="restoration.confirmed.v1",
        started_at=now - lasted,
        restored_at=now,
        at=now,
    )


class BentClock(SystemClock):
    """The machine's time, whose faces can be put ahead."""

    def __init__(self) -> None:
        self.now_ahead = self.wall_ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.now_ahead

    def wall(self) -> datetime:
        return super().wall() + self.wall_ahead


@dataclass
class Office:
    """One notifier's tables, a simulator, and what works between them."""

    dsn: str
    pool: asyncpg.Pool
    sim: TwilioSimulator
    ingest: Ingest
    clock: BentClock
    vault: Vault
    exits: contextlib.AsyncExitStack
    folder: Path
    customers: int = 0
    prefix: str = "+447700900"
    public: str = "http://127.0.0.1:1"
    """Where the provider is told to call back; there nobody listens."""
    service: str | None = None
    """The messaging service that texts go by; without one they go from a number, and none waits with the provider."""

    async def goes_back(self, to: datetime) -> None:
        """From now on it is a notifier whose database was restored to that instant."""
        self.ingest = await _ingest(self.pool, self.clock, to)

    def provider(self, post_seconds: float = POST_SECONDS) -> TwilioProvider:
        made = make_provider(self.sim.url, self.public, total_seconds=post_seconds, service=self.service)
        self.exits.push_async_callback(made.close)
        return made

    def sender(self, *, post_seconds: float = POST_SECONDS, **more: Any) -> Sender:
        given: dict[str, Any] = {"per_second": 200.0} | more
        return Sender(self.ingest, self.pool, self.provider(post_seconds), self.vault, self.clock, **given)

    def resolver(self, sender: Sender, *, quiet: float = 0.6) -> Resolver:
        pace = LookupPace(timedelta(seconds=0.05), timedelta(seconds=quiet), timedelta(minutes=10))
        return Resolver(sender, self.pool, self.provider(), self.vault, self.clock, pace)

    @asynccontextmanager
    async def at_work(self, *works: Any) -> AsyncIterator[None]:
        """Senders and resolvers running until the block ends."""
        tasks = [asyncio.create_task(work.run(self.dsn) if isinstance(work, Sender) else work.run()) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(end, asyncio.CancelledError) for end in ended), ended

    async def text(self, *, number: bool = True, importance: Importance = "first") -> str:
        """A new key customer whose power goes off; returns the id of the text that tells them so."""
        self.customers += 1
        name, now = f"KC-{self.customers:02}", self.clock.now()
        contact = f"{name}-duty"
        if number:
            await put_number(self.pool, self.vault, customer_id=name, contact_id=contact, number=self.number(), at=now)
        await self.say(
            name,
            CustomerUpserted(
                customer_id=name,
                name=name,
                importance=importance,
                lines=("10千伏城东线",),
                contacts=(Contact(contact_id=contact),),
                updated_at=now,
            ),
        )
        await self.say(
            name,
            CustomerTouched(
                customer_id=name,
                mrid="F-1",
                outage_version=1,
                touched=True,
                outage_class="fault",
                status="out",
                trigger="outage.started.v1",
                started_at=now,
                ert=now + timedelta(hours=2),
                at=now,
            ),
        )
        found: str = await self.pool.fetchval("select message_id from notification where customer_id = $1", name)
        return found

    def number(self) -> str:
        """The number of the newest customer."""
        return self.number_of(self.customers)

    def number_of(self, customer: int) -> str:
        """The number of the n-th customer."""
        return f"{self.prefix}{100 + customer}"

    async def say(self, customer: str, data: msgspec.Struct) -> None:
        """A word to a customer's stream, as the broker would bring it."""
        type_, id_ = TYPE_OF[type(data)], f"{next(_ids)}"  # type: ignore[index]
        stream = f"customer/{customer}"
        await self.ingest.submit([Message("/test", id_, type_, self.clock.now(), data, customer, 0, stream=stream)])

    async def row(self, message_id: str) -> asyncpg.Record:
        """The text as the sender sees it."""
        found = await self.pool.fetchrow("select * from notification where message_id = $1", message_id)
        assert found is not None
        return found

    async def attempts(self, message_id: str) -> list[asyncpg.Record]:
        """Its attempts, in order."""
        rows: list[asyncpg.Record] = await self.pool.fetch(
            "select * from attempt where message_id = $1 order by n", message_id
        )
        return rows

    async def log(self, message_id: str, type_: str) -> list[dict[str, Any]]:
        """Events of one type about it."""
        rows = await self.pool.fetch(
            "select data from event where type = $1 and data->>'messageId' = $2 order by position", type_, message_id
        )
        return [msgspec.json.decode(row["data"]) for row in rows]

    def posts(self, message_id: str | None = None) -> list[Post]:
        """POSTs that reached the provider."""
        return [p for p in self.sim.account.book.posts if message_id in (None, p.message_id)]

    async def comes_to(self, message_id: str, state: str, seconds: float = 8.0) -> None:
        """Wait until the text is in a state."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (now := (await self.row(message_id))["state"]) != state:
            assert loop.time() < until, f"{message_id} is {now} after {seconds:.0f} s, not {state}"
            await asyncio.sleep(0.02)


@asynccontextmanager
async def office(
    postgres: str,
    folder: Path,
    *,
    list_lag: float = 0.0,
    service: str | None = None,
    before: Callable[[str, TwilioSimulator], Awaitable[None]] | None = None,
) -> AsyncIterator[Office]:
    """A database of its own, and a simulator; with a `service` its clock is the office's.

    `before`: makes the tables as an older version does, and does with them and the simulator what that did; then they are migrated.
    """
    async with contextlib.AsyncExitStack() as exits:
        dsn = await exits.enter_async_context(database(postgres, "notifier" if before is None else None))
        clock = BentClock()
        # Nobody listens to the callbacks: what is learnt of a lost answer here is learnt by look-up.
        settings = SimulatorSettings(send_seconds=0.01, deliver_seconds=0.02, list_lag_seconds=list_lag)
        hours = clock if service else SystemClock()
        sim = await exits.enter_async_context(TwilioSimulator(folder, hours, settings=settings))
        if before is not None:
            await before(dsn, sim)
            await migrate(dsn, "notifier", folders("notifier"))
        pool, ingest = await _tools(dsn, clock, exits)
        yield Office(dsn, pool, sim, ingest, clock, Vault.from_text(KEY), exits, folder, service=service)


async def _tools(dsn: str, clock: SystemClock, exits: contextlib.AsyncExitStack) -> tuple[asyncpg.Pool, Ingest]:
    pool = await pool_in(dsn, "notifier", most=10)
    exits.push_async_callback(pool.close)
    return pool, await _ingest(pool, clock)


async def _ingest(pool: asyncpg.Pool, clock: SystemClock, restored_to: datetime | None = None) -> Ingest:
    return await worker(Notifier(VOICE, telling=PROMPT, restored_to=restored_to), pool, clock)
