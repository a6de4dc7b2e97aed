"""Make databases of their own for the command line's tests, with the kernel's toy service at work in one."""

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from devstack.servers.postgres import NO_DISK
from devstack.servers.stack import Stack
from operations.audit.intake import audit_intake
from operations.audit.log import audit_log
from operations.audit.published import audit_outbox
from operations.audit.report import Check, Report
from operations.system.database import enter
from operations.system.location import Where
from operations.system.migration import GATEWAY, apply_all
from operations.system.services import NAMES
from services.kernel.adapters.connection import KnownTypes
from services.kernel.adapters.migrate import migrate
from services.kernel.clock import Clock
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Service
from services.kernel.observing.telemetry import Telemetry
from services.kernel.running.main import folders
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.timers import Timers
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.paper import PaperBroker
from tests.kits.kernel.toy import START, Toy

MIGRATIONS = Path(__file__).parents[3] / "services/kernel/sql/migrations"
_numbers = itertools.count()


@asynccontextmanager
async def database(postgres: str, of: str | None = None) -> AsyncIterator[str]:
    """A new database on the server at `postgres`, gone afterwards; yields its address.

    `of`: the service whose tables it has, as its migrations make them; "toy" has the kernel's alone, "all" is what
    `outagectl migrate` makes: every service's, with read models.
    """
    name = f"outagectl_{os.getpid()}_{next(_numbers)}"
    admin = await asyncpg.connect(postgres)
    try:
        # Its files are copied, not written to the log page by page as is usual: half the processor time, at its end too.
        copied = f" template {await _migrated(admin, postgres, of)} strategy file_copy" if of else ""
        await admin.execute(f"create database {name}{copied}")
        try:
            yield _at(postgres, name)
        finally:
            await admin.execute(f"drop database {name} with (force)")
    finally:
        await admin.close()


_made: dict[tuple[str, str], str] = {}


async def _migrated(admin: asyncpg.Connection, postgres: str, service: str) -> str:
    """A database that a service's migrations were run in, once for this server: copied in a tenth of the time."""
    if (postgres, service) not in _made:
        name = f"ready_{service}"
        if not await admin.fetchval("select exists (select from pg_database where datname = $1)", name):
            name = f"migrated_{service}_{os.getpid()}"
            await _migrate(admin, postgres, name, service)
        _made[postgres, service] = name
    return _made[postgres, service]


async def with_all_tables(postgres: str) -> str:
    """The name of a database on that server, to be copied, with what "all" is of `database` and nothing in it."""
    admin = await asyncpg.connect(postgres)
    try:
        return await _migrated(admin, postgres, "all")
    finally:
        await admin.close()


async def make_ready(folder: Path) -> None:
    """A server in `folder`, and ended again, on which all those that are to be copied are made (tests/conftest.py)."""
    environment = {"OUTAGE_KAFKA": "nobody:0"}
    async with Stack(folder, postgres_settings=NO_DISK, environment=environment) as stack:
        admin = await asyncpg.connect(stack.postgres)
        try:
            for service in ("toy", *NAMES, "all"):
                await _migrate(admin, stack.postgres, f"ready_{service}", service)
        finally:
            await admin.close()


async def _migrate(admin: asyncpg.Connection, postgres: str, name: str, service: str) -> None:
    await admin.execute(f"create database {name}")
    if service == "all":
        await apply_all(Where(postgres=_at(postgres, name)), (*NAMES, GATEWAY))
    else:
        await migrate(_at(postgres, name), service, [MIGRATIONS] if service == "toy" else folders(service))


async def pool_in(address: str, schema: str, *, most: int, least: int = 1) -> asyncpg.Pool:
    """An open pool of an administrator's connections that see one service's schema."""
    return await asyncpg.create_pool(
        address, min_size=least, max_size=most, connection_class=KnownTypes, server_settings={"search_path": schema}
    )


async def worker(service: Service, pool: asyncpg.Pool, clock: Clock) -> Ingest:
    """What a process of a service takes messages in by, started; others may work in the same tables."""
    transaction = Transaction(service, pool, Telemetry(service.name))
    await transaction.start()
    return Ingest(transaction, PaperBroker(), clock)


def _at(postgres: str, name: str) -> str:
    return urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))


@dataclass
class Bench:
    """The toy service, taking what a paper broker holds, in schema `toy` of a database of its own."""

    pool: asyncpg.Pool
    connection: asyncpg.Connection
    """An administrator's, in the same schema: for audits, and for what nobody should do to a database."""
    ingest: Ingest
    broker: PaperBroker
    clock: ManualClock
    timers: Timers

    async def audit(self) -> Report:
        """What an audit of the toy finds."""
        report = Report()
        async with self.connection.transaction():
            await audit_log(self.connection, Toy(), report)
            await audit_intake(self.connection, "toy", report)
            await audit_outbox(self.connection, "toy", report)
        return report

    async def faults(self) -> dict[str, list[str]]:
        """What is not so, by check."""
        return {check.name: check.faults for check in (await self.audit()).checks if check.faults}

    async def check(self, name: str) -> Check:
        """One check of an audit."""
        return next(check for check in (await self.audit()).checks if check.name == name)


@asynccontextmanager
async def toy_bench(postgres: str) -> AsyncIterator[Bench]:
    """The toy service in a database of its own."""
    async with database(postgres, "toy") as address:
        connection = await asyncpg.connect(address)
        await enter(connection, "toy")
        pool = await pool_in(address, "toy", most=3)
        broker, clock = PaperBroker(partitions=1), ManualClock(START)
        ingest = Ingest(Transaction(Toy(), pool, Telemetry("toy")), broker, clock)
        try:
            yield Bench(pool, connection, ingest, broker, clock, Timers(ingest.transaction, clock, grace=300.0))
        finally:
            await pool.close()
            await connection.close()


def as_role(address: str, role: str) -> str:
    """The database at `address` as another role sees it."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=f"{role}:@{parts.netloc.rpartition('@')[2]}"))
