"""Make a log of promises in a schema of its own, and a read model over it, without the rest of the system."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec

from schemas.contracts.base import RuleRef
from schemas.contracts.promises import TYPES, PromiseAtRisk, PromiseBroken, PromiseCorrected, PromiseKept, PromiseMade
from services.kernel.adapters.connection import KnownTypes
from services.kernel.manual_clock import ManualClock
from services.kernel.model import NewEvent, Stream
from services.kernel.observing.telemetry import Telemetry
from services.kernel.reading.projections import ReadModel
from services.kernel.reading.rebuild import make
from services.kernel.streams.log import Log
from services.readmodels.promises import PromiseRows
from tests.kits.kernel.toy import START, Toy
from tests.kits.stack.databases import database, pool_in

RULE = RuleRef(
    policy_id="cn", policy_version="2026.1", rule_id="cn.restore.one-working-day", calendar_version="CN-2026"
)
NAME = {struct: name for name, struct in TYPES.items()}


class Promising(Toy):
    """A service whose log holds promises and whose read model is `promise`."""

    name = "toy"

    def __init__(self, *models: ReadModel) -> None:
        super().__init__()
        self.readmodels = models or (PromiseRows(),)


def said(promise_id: str) -> dict[str, Any]:
    """What all words about a promise carry."""
    mrid = promise_id.partition("/")[0]
    return {"promise_id": promise_id, "mrid": mrid, "rule": RULE, "due_at": START + timedelta(hours=24)}


def made(promise_id: str) -> PromiseMade:
    risk = START + timedelta(hours=20)
    return PromiseMade(**said(promise_id), measured_from=START, at_risk_at=risk, obligation="1个工作日内恢复供电")


def at_risk(promise_id: str) -> PromiseAtRisk:
    return PromiseAtRisk(**said(promise_id), at=START + timedelta(hours=20), reason="deadline-near")


def kept(promise_id: str) -> PromiseKept:
    at = START + timedelta(hours=2)
    return PromiseKept(**said(promise_id), at=at, reason="done-in-time", evidence=("/dispatch/east/7",))


def broken(promise_id: str) -> PromiseBroken:
    return PromiseBroken(**said(promise_id), at=START + timedelta(hours=24), reason="deadline-passed", unproven=True)


def corrected(promise_id: str) -> PromiseCorrected:
    at = START + timedelta(hours=30)
    return PromiseCorrected(
        **said(promise_id), at=at, was="broken", now="kept", reason="done-in-time", evidence=("/dispatch/east/9",)
    )


@dataclass
class Ledger:
    """A schema `toy` in a database of its own, with a log and the read model's tables."""

    address: str
    connection: asyncpg.Connection
    pool: asyncpg.Pool
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    telemetry: Telemetry = field(default_factory=lambda: Telemetry("toy"))

    async def connect(self) -> asyncpg.Connection:
        """One more connection in the schema; the database's end closes it."""
        return await asyncpg.connect(self.address, connection_class=KnownTypes, server_settings={"search_path": "toy"})

    async def append(self, *data: msgspec.Struct, connection: asyncpg.Connection | None = None) -> None:
        """Append as decisions do: promises to their outage's stream, in one transaction, under the log lock."""
        log = Log(Promising())
        used = connection or await self.pool.acquire()
        try:
            async with used.transaction():
                wanted = {f"outage/{one.promise_id.partition('/')[0]}": 0 for one in data}  # type: ignore[attr-defined]
                await _append(log, used, await log.lock(used, wanted), data, self.clock)
        finally:
            if connection is None:
                await self.pool.release(used)

    async def view(self, columns: str = "promise_id, state") -> list[tuple[Any, ...]]:
        """What readers see, by promise."""
        return [tuple(row) for row in await self.connection.fetch(f"select {columns} from promise order by promise_id")]

    async def standing(self) -> asyncpg.Record:
        """The live build."""
        row = await self.connection.fetchrow("select * from projection where name = 'promise' and state = 'live'")
        assert row is not None
        return row

    async def tables(self) -> set[str]:
        """The tables of the read model."""
        rows = await self.connection.fetch(
            "select tablename from pg_tables where schemaname = 'toy' and tablename like 'promise%'"
        )
        return {row["tablename"] for row in rows}


async def _append(
    log: Log, connection: asyncpg.Connection, streams: dict[str, Stream], data: Any, clock: ManualClock
) -> None:
    for number, one in enumerate(data):
        stream = streams[f"outage/{one.promise_id.partition('/')[0]}"]
        log.evolve(
            stream,
            [NewEvent(NAME[type(one)], one)],
            cause=f"/test/{stream.version}-{number}",
            reason="said",
            now=clock.now(),
        )
    await log.append(connection, list(streams.values()), clock.now())


@asynccontextmanager
async def ledger(postgres: str, *, models: tuple[ReadModel, ...] = (PromiseRows(),)) -> AsyncIterator[Ledger]:
    """A ledger in a database of its own, with its tables made by the owner."""
    async with database(postgres, "toy") as address:
        connection = await asyncpg.connect(address, connection_class=KnownTypes, server_settings={"search_path": "toy"})
        await make(connection, "toy", models, ManualClock(START))
        pool = await pool_in(address, "toy", most=6)
        try:
            yield Ledger(address, connection, pool)
        finally:
            await pool.close()
            await connection.close()
