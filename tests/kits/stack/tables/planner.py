"""Make one planner's tables on a real PostgreSQL, and the workers that judge in them."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count

import asyncpg
import pytest

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent, Wire
from schemas.contracts.dispatch import OutageCorrected, OutageStarted, OutageWithdrawn
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Message
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.decisions import Outcome
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from services.planner.app import Planner
from services.plausibility import HAPPENED
from tests.kits.deciders.planner import CALENDAR, NOW, POLICY, span
from tests.kits.kernel.paper import PaperBroker
from tests.kits.stack.databases import database, pool_in

MILL = Extent(lines=("35千伏钢厂线",), areas=("钢厂",), usage_points=("UP-35",), nominal_voltage=35)


LATER = span("2026-09-20 08:00", "2026-09-20 17:00")


@dataclass
class Room:
    """One planner's tables and the workers that judge in them."""

    pool: asyncpg.Pool
    workers: list[Ingest]
    ids: "count[int]" = field(default_factory=lambda: count(1))

    async def say(self, data: Wire, worker: int = 0, source: str = "/dispatch/test") -> Outcome:
        """One fact about its outage, judged by one of the workers."""
        mrid: str = data.mrid  # type: ignore[attr-defined]
        stream = f"outage/{mrid}"
        # What began, or was none, is heard of when it is said to have; all else here is said now.
        at = NOW
        if isinstance(data, OutageStarted | OutageWithdrawn | OutageCorrected):
            at = max(NOW, getattr(data, HAPPENED[type(data)]))
        name, type_ = f"{next(self.ids)}", TYPE_OF[type(data)]
        message = Message(source, name, type_, at, data, mrid, 0, stream=stream, recorded_at=at)
        (outcome,) = await self.workers[worker].submit([message])
        return outcome

    async def counted(self) -> list[str]:
        """Works that use up a year."""
        return [row["mrid"] for row in await self.pool.fetch("select mrid from work where counted order by mrid")]


@pytest.fixture
async def room(postgres: str) -> AsyncIterator[Room]:
    async with contextlib.AsyncExitStack() as exits:
        dsn = await exits.enter_async_context(database(postgres, "planner"))
        pool = await pool_in(dsn, "planner", least=2, most=8)
        exits.push_async_callback(pool.close)
        workers = []
        for _ in range(4):
            transaction = Transaction(Planner(POLICY, CALENDAR, planless=("connectors/",)), pool, Telemetry("planner"))
            await transaction.start()
            workers.append(Ingest(transaction, PaperBroker(), ManualClock(NOW)))
        yield Room(pool, workers)
