"""Fill a restorer's tables with what dispatch said, on a real PostgreSQL, where `outagectl` finds them."""

import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from operations.system.database import enter
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.dispatch import Fact, FieldFact
from services.kernel.manual_clock import ManualClock
from services.kernel.model import TIMER_FIRED, Message, TimerFired
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.decisions import Outcome
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from services.plausibility.judging import HAPPENED
from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.app import Restorer
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.stack.databases import database, pool_in


@asynccontextmanager
async def restorer_told(
    postgres: str, monkeypatch: pytest.MonkeyPatch, folder: Path, facts: Iterable[Fact], at: datetime
) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the schema of a restorer that was told `facts` at that instant, by the standard's own rules."""
    monkeypatch.chdir(folder)
    async with database(postgres, "restorer") as address:
        monkeypatch.setenv("OUTAGE_POSTGRES", address)
        monkeypatch.setenv("OUTAGE_OPERATOR", "night shift")
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        pool = await pool_in(address, "restorer", most=2)
        service = Restorer(load_policy(policy_path("cn-service-standard")), WorkingCalendar("CN", "Asia/Shanghai"))
        broker = PaperBroker(partitions=1)
        for number, fact in enumerate(facts, start=1):
            tell(broker, TYPE_OF[type(fact)], fact, id=str(number), at=at)
        ingest = Ingest(Transaction(service, pool, Telemetry("restorer")), broker, ManualClock(at))
        await ingest.take(broker.logs[("outage.dispatch", 0)])
        await pool.close()
        made = await asyncpg.connect(address)
        await enter(made, "restorer")
        try:
            yield made
        finally:
            await made.close()


NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


@dataclass
class RestorerRoom:
    """One restorer's tables and the workers that judge in them."""

    pool: asyncpg.Pool
    workers: list[Ingest]
    ids: "count[int]" = field(default_factory=lambda: count(1))

    async def say(self, fact: FieldFact, worker: int = 0) -> Outcome:
        """One fact, judged by one of the workers."""
        (outcome,) = await self.say_all(fact, worker=worker)
        return outcome

    async def say_all(self, *facts: FieldFact, worker: int = 0) -> list[Outcome]:
        """Facts judged in one transaction, in this order."""
        return list(await self.workers[worker].submit([self._message(fact) for fact in facts]))

    def _message(self, fact: FieldFact) -> Message:
        kind, at = TYPE_OF[type(fact)], getattr(fact, HAPPENED[type(fact)])
        stream = f"outage/{fact.mrid}"
        return Message(
            "/dispatch/test", f"{next(self.ids)}", kind, at, fact, fact.mrid, 0, stream=stream, recorded_at=NOW
        )

    async def close(self, mrid: str) -> None:
        """The outage has stayed restored for long enough."""
        stream = f"outage/{mrid}"
        due = await self.pool.fetchval("select due_at from timer where stream_id = $1 and name = 'close'", stream)
        fired = TimerFired(name="close", due_at=due)
        message = Message(
            "/outage/restorer/timer", f"{next(self.ids)}", TIMER_FIRED, due, fired, mrid, 0, stream=stream
        )
        await self.workers[0].submit([message])

    async def last(self, mrid: str, kind: str) -> dict[str, Any]:
        """The last event of a type about an outage, as it travels."""
        data = await self.pool.fetchval(
            "select data from event where stream_id = $1 and type = $2 order by version desc limit 1",
            f"outage/{mrid}",
            kind,
        )
        found: dict[str, Any] = msgspec.json.decode(data)
        return found

    async def view(self, mrid: str) -> dict[str, Any]:
        """The outage as people see it."""
        shown = await self.pool.fetchval("select view from live where stream_id = $1", f"outage/{mrid}")
        found: dict[str, Any] = msgspec.json.decode(shown)
        return found


@asynccontextmanager
async def restorer_in(postgres: str) -> AsyncIterator[RestorerRoom]:
    """A database of its own with two workers."""
    async with contextlib.AsyncExitStack() as exits:
        dsn = await exits.enter_async_context(database(postgres, "restorer"))
        pool = await pool_in(dsn, "restorer", least=2, most=6)
        exits.push_async_callback(pool.close)
        workers = []
        for _ in range(2):
            service = Restorer(load_policy(policy_path("cn-service-standard")), WorkingCalendar("CN", "Asia/Shanghai"))
            transaction = Transaction(service, pool, Telemetry("restorer"))
            await transaction.start()
            workers.append(Ingest(transaction, PaperBroker(), ManualClock(NOW)))
        yield RestorerRoom(pool, workers)


@pytest.fixture
async def restorer_room(postgres: str) -> AsyncIterator[RestorerRoom]:
    async with restorer_in(postgres) as room:
        yield room
