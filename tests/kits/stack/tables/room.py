"""One service's tables on a real PostgreSQL, and workers that judge in them as so many processes would, without a broker."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import asyncpg
import msgspec

from schemas.contracts.all_types import TYPE_OF, key_of
from schemas.contracts.base import Wire
from schemas.contracts.dispatch import TOPIC as DISPATCH
from schemas.contracts.dispatch import FieldFact
from services.kernel.manual_clock import ManualClock
from services.kernel.model import TIMER_FIRED, Message, Service, TimerFired
from services.kernel.writing.decisions import Outcome
from services.kernel.writing.ingest import Ingest
from services.plausibility.judging import HAPPENED
from tests.kits.stack.databases import database, pool_in, worker


@dataclass
class Room:
    """Where one service's workers judge; all read one clock, which stands still until a test moves it."""

    dsn: str
    pool: asyncpg.Pool
    clock: ManualClock
    workers: list[Ingest]
    ids: "count[int]" = field(default_factory=lambda: count(1))

    async def say(self, fact: Wire, worker: int = 0, source: str = "/dispatch/test") -> Outcome:
        """One fact, judged by one of the workers."""
        (outcome,) = await self.say_all(fact, worker=worker, source=source)
        return outcome

    async def say_all(self, *facts: Wire, worker: int = 0, source: str = "/dispatch/test") -> list[Outcome]:
        """Facts judged in one transaction, in this order."""
        return list(await self.workers[worker].submit([self._message(fact, source) for fact in facts]))

    def _message(self, fact: Wire, source: str) -> Message:
        """What happens in the field is heard of now, or once it has happened; all else is said now. Of no outage: routed."""
        now, mrid = self.clock.now(), getattr(fact, "mrid", "")
        happened: datetime = getattr(fact, HAPPENED[type(fact)]) if isinstance(fact, FieldFact) else now
        name, kind = f"{next(self.ids)}", TYPE_OF[type(fact)]
        recorded = max(now, happened)
        stream, key = (f"outage/{mrid}", mrid) if mrid else (None, key_of(DISPATCH, fact) or "")
        return Message(source, name, kind, happened, fact, key, 0, stream=stream, recorded_at=recorded)

    async def fires(self, mrid: str, timer: str) -> None:
        """A timer of an outage comes due, at its instant."""
        stream = f"outage/{mrid}"
        due = await self.pool.fetchval("select due_at from timer where stream_id = $1 and name = $2", stream, timer)
        fired, name = TimerFired(name=timer, due_at=due), f"{next(self.ids)}"
        await self.workers[0].submit([Message("/test/timer", name, TIMER_FIRED, due, fired, mrid, 0, stream=stream)])

    async def last(self, mrid: str, kind: str) -> dict[str, Any]:
        """The last event about an outage of a type, or of all types like it (`plan.%`), as it travels."""
        data = await self.pool.fetchval(
            "select data from event where stream_id = $1 and type like $2 order by version desc limit 1",
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
async def room_of(
    postgres: str, name: str, service: Callable[[], Service], now: datetime, *, workers: int
) -> AsyncIterator[Room]:
    """A database of its own with so many workers; each has a service of its own, as `service` makes it."""
    async with contextlib.AsyncExitStack() as exits:
        dsn = await exits.enter_async_context(database(postgres, name))
        pool = await pool_in(dsn, name, least=2, most=2 * workers + 2)
        exits.push_async_callback(pool.close)
        clock = ManualClock(now)
        yield Room(dsn, pool, clock, [await worker(service(), pool, clock) for _ in range(workers)])
