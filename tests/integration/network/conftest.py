"""A database with the tables of the network copy, as a service has them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from services.kernel.adapters.migrate import migrate
from services.kernel.running.main import folders
from tests.kits.stack.databases import database

MIGRATIONS = Path(__file__).parents[3] / "services" / "network" / "sql" / "migrations"


@pytest.fixture(scope="module")
def network_database(postgres: str) -> Iterator[str]:
    with asyncio.Runner() as runner:
        made = database(postgres)
        address = runner.run(made.__aenter__())
        runner.run(migrate(address, "planner", [*folders("planner"), MIGRATIONS]))
        yield address
        runner.run(made.__aexit__(None, None, None))


@pytest.fixture
async def db(network_database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection in a transaction of which nothing stays."""
    connection = await asyncpg.connect(network_database, server_settings={"search_path": "planner"})
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()
