"""Bring words of outage.network into a service's copy, as the write path does."""

import asyncpg

from schemas.contracts.base import Wire
from services.network.copy import NetworkCopy
from tests.kits.network.models import words


async def brought(pool: asyncpg.Pool, *said: Wire, after: int = 0) -> None:
    """One batch, in a transaction of its own; `after`: the offset of its first record, whose second it was recorded at."""
    async with pool.acquire() as connection, connection.transaction():
        await NetworkCopy().put(connection, words(*said, after=after))
