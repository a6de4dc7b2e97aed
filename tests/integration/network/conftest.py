"""A database with the tables of the network copy, as a service has them."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from tests.kits.stack.databases import database


@pytest.fixture(scope="module")
def network_database(postgres: str) -> Iterator[str]:
    with asyncio.Runner() as runner:
        made = database(postgres, "planner")
        yield runner.run(made.__aenter__())
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
