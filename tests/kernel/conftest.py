"""A toy service on a real PostgreSQL, each test in a schema of its own."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from services.kernel.clock import ManualClock
from services.kernel.desk import Desk
from services.kernel.ingest import Ingest
from services.kernel.telemetry import Telemetry
from services.kernel.timers import Timers
from tests.kernel.paper import PaperBroker
from tests.kernel.toy import START, Toy

_numbers = itertools.count()
_MIGRATIONS = Path(__file__).parents[2] / "services/kernel/sql/migrations"


async def make_schema(postgres: str) -> str:
    """A fresh schema with the kernel's tables; returns its name."""
    schema = f"toy_{next(_numbers)}"
    connection = await asyncpg.connect(postgres)
    await connection.execute(
        f"drop schema if exists {schema} cascade; create schema {schema}; set search_path to {schema}"
    )
    for path in sorted(_MIGRATIONS.glob("*.sql")):
        await connection.execute(
            path.read_text().partition("-- migrate: apply")[2].partition("-- migrate: rollback")[0]
        )
    await connection.close()
    return schema


@pytest.fixture
async def pool(postgres: str) -> AsyncIterator[asyncpg.Pool]:
    schema = await make_schema(postgres)
    made = await asyncpg.create_pool(postgres, min_size=1, max_size=4, server_settings={"search_path": schema})
    yield made
    await made.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def broker() -> PaperBroker:
    return PaperBroker()


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry("toy")


@pytest.fixture
async def ingest(pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry) -> Ingest:
    desk = Desk(Toy(), pool, telemetry)
    await desk.start()
    return Ingest(desk, broker, clock)


@pytest.fixture
def timers(ingest: Ingest, clock: ManualClock) -> Timers:
    return Timers(ingest.desk, clock, grace=300.0)
