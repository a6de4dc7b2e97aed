"""Run a notifier's outages and customers on a real PostgreSQL, without Kafka and without a sender."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import asyncpg
import msgspec
from prometheus_client import CollectorRegistry

from operations.audit.fanout import audit_fanout
from operations.audit.log import audit_log
from operations.audit.report import Report
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent
from schemas.contracts.customers import Contact, CustomerUpserted
from schemas.contracts.dispatch import OutageStarted
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Message
from services.kernel.writing.decisions import Outcome
from services.kernel.writing.ingest import Ingest
from services.notifier.app import Notifier
from services.notifier.domain.customer.owing.rules import WordRules
from services.notifier.fanning.worker import FanoutWorker
from tests.kits.deciders.notifier import at
from tests.kits.stack.databases import database, pool_in, worker
from tests.kits.stack.sending import VOICE

NORTH, SOUTH = "northern line", "southern line"
_ids = count(1)


@dataclass
class Desks:
    """One process of the notifier: what it takes in, and its fan-out."""

    service: Notifier
    ingest: Ingest
    fanner: FanoutWorker


@dataclass
class Town:
    """A database, and as many notifier processes as a test starts."""

    dsn: str
    pool: asyncpg.Pool
    clock: ManualClock
    chunk: int
    approve_above: int = 0
    promises: WordRules | None = None
    """Under which rules customers are promised words; None: nothing is promised."""

    async def process(self, *, restored_to: datetime | None = None) -> Desks:
        """One more process."""
        service = Notifier(
            VOICE, chunk=self.chunk, restored_to=restored_to, approve_above=self.approve_above, words=self.promises
        )
        ingest = await worker(service, self.pool, self.clock)
        registry = CollectorRegistry()
        fanner = FanoutWorker(
            ingest, self.pool, self.clock, service.fan, registry, chunk=self.chunk, restored_to=restored_to
        )
        return Desks(service, ingest, fanner)

    def message(self, data: msgspec.Struct) -> Message:
        """A fact as the broker would bring it."""
        own, mrid = getattr(data, "customer_id", None), getattr(data, "mrid", None)
        stream = f"customer/{own}" if own else f"outage/{mrid}"
        type_ = TYPE_OF[type(data)]  # type: ignore[index]
        return Message("/test", f"{next(_ids)}", type_, self.clock.now(), data, own or mrid or "", 0, stream=stream)

    async def say(self, desks: Desks, *facts: msgspec.Struct) -> list[Outcome]:
        """Facts to one process, in one transaction."""
        self.clock.advance(timedelta(seconds=1))
        return await desks.ingest.submit([self.message(fact) for fact in facts])

    async def settle(self, desks: Desks) -> None:
        """Fan out and match again until nothing is left, and let each customer hear what was said."""
        while await desks.fanner.step():
            pass
        rows = await self.pool.fetch(
            "delete from outbox where topic = 'outage.audience' returning id, aggregateid, payload, type"
        )
        for row in sorted(rows, key=lambda row: row["id"]):
            word = msgspec.json.decode(row["payload"], type=desks.service.structs[row["type"]])
            await self.say(desks, word)

    async def words(self, mrid: str = "F1") -> list[tuple[str, bool, str]]:
        """Words said about an outage, in the order of the log: customer, touched, status."""
        rows = await self.pool.fetch(
            "select data from event where type = 'customer.touched.v1' and starts_with(stream_id, 'fanout/') "
            "and data->>'mRID' = $1 order by position",
            mrid,
        )
        found = [msgspec.json.decode(row["data"]) for row in rows]
        return [(one["customerId"], one["touched"], one["status"]) for one in found]

    async def texts(self, customer: str) -> Counter[str]:
        """Texts asked for, by trigger."""
        rows = await self.pool.fetch("select trigger from notification where customer_id = $1", customer)
        return Counter(row["trigger"] for row in rows)

    async def members(self, mrid: str = "F1") -> dict[str, bool]:
        """Whom an outage has told, and whether it holds them."""
        rows = await self.pool.fetch("select customer_id, touched from audience_member where mrid = $1", mrid)
        return {row["customer_id"]: row["touched"] for row in rows}

    async def faults(self) -> dict[str, list[str]]:
        """What an audit of log and fan-outs finds."""
        report = Report()
        async with self.pool.acquire() as connection, connection.transaction():
            await audit_log(connection, Notifier(VOICE), report)
            await audit_fanout(connection, report)
        return {check.name: check.faults for check in report.checks if not check.passed}


@asynccontextmanager
async def town(postgres: str, *, chunk: int = 3, made: Any = None) -> AsyncIterator[Town]:
    """A database of its own; `made(dsn)` is awaited in place of the migrations."""
    async with database(postgres, None if made else "notifier") as dsn:
        if made:
            await made(dsn)
        pool = await pool_in(dsn, "notifier", most=10)
        try:
            yield Town(dsn, pool, ManualClock(at(5, 9, 14)), chunk)
        finally:
            async with asyncio.timeout(20):
                await pool.close()


def resident(name: str, line: str = NORTH, when: datetime | None = None, **changes: Any) -> CustomerUpserted:
    """A key customer on a line."""
    given: dict[str, Any] = {"name": name, "importance": "first", "updated_at": when or at(1, 0), "lines": (line,)}
    given["contacts"] = (Contact(contact_id=f"{name}-duty"),)
    return CustomerUpserted(customer_id=name, **(given | changes))


def out(mrid: str = "F1", *lines: str) -> OutageStarted:
    """Power goes off on lines, the northern one unless others are given."""
    return OutageStarted(
        mrid=mrid,
        outage_class="fault",
        started_at=at(5, 9, 12),
        ert=at(5, 11, 30),
        extent=Extent(lines=lines or (NORTH,)),
    )


def at_place(name: str, when: datetime | None = None, **places: tuple[str, ...]) -> CustomerUpserted:
    """A key customer on no line but those given: `lines`, `transformers`, `usage_points`, `areas`."""
    return resident(name, when=when, **({"lines": ()} | places))
