"""A toy service on a real PostgreSQL, each test in a schema of its own."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.kernel.adapters.connection import KnownTypes
from services.kernel.manual_clock import ManualClock
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.timers import Timers
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.paper import PaperBroker
from tests.kits.kernel.schema import make_schema
from tests.kits.kernel.toy import START, Toy


@pytest.fixture
async def pool(postgres: str) -> AsyncIterator[asyncpg.Pool]:
    schema = await make_schema(postgres)
    made = await asyncpg.create_pool(
        postgres, min_size=1, max_size=4, connection_class=KnownTypes, server_settings={"search_path": schema}
    )
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
    transaction = Transaction(Toy(), pool, telemetry)
    await transaction.start()
    return Ingest(transaction, broker, clock)


@pytest.fixture
def timers(ingest: Ingest, clock: ManualClock) -> Timers:
    return Timers(ingest.transaction, clock, grace=300.0)
