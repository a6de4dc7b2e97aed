"""Open a process's database connections with limits, and close them with a limit."""

import asyncio

import asyncpg

from services.kernel.adapters.away import AWAY
from services.kernel.adapters.connection import KnownTypes
from services.kernel.adapters.locks import may_hold_lock
from services.kernel.observing.probes import LIMIT_SECONDS, notice_a_dead_peer
from services.kernel.running.settings import KernelSettings

CLOSE_SECONDS = 5.0


def words_of(service: str, settings: KernelSettings) -> dict[str, str]:
    """What every connection of a service says of itself."""
    words = {"search_path": service, "application_name": f"outage-{service}"}
    return words | ({"role": settings.postgres_role} if settings.postgres_role else {})


async def open_pool(service: str, settings: KernelSettings) -> asyncpg.pool.Pool:
    """The pool of a service.

    Raises:
        AWAY: the database is not there, or says nothing.
        asyncpg.PostgresError: it refuses what the settings say.

    """
    pool = asyncpg.create_pool(
        settings.postgres,
        min_size=2,
        max_size=10,
        timeout=LIMIT_SECONDS,
        connection_class=KnownTypes,
        init=notice_a_dead_peer,
        reset=put_right,
        server_settings=words_of(service, settings),
    )
    try:
        return await pool
    except BaseException:
        pool.terminate()
        raise


async def put_right(connection: asyncpg.Connection) -> None:
    """What a connection leaves behind is taken away as it comes back to the pool, where there may be anything.

    asyncpg asks the server each time to let go of locks, cursors, subscriptions and settings: one request more for each that
    we make. Of all these a service makes locks alone, and gives them back, unless that is broken off.
    """
    if may_hold_lock(connection):
        await connection.execute(connection.get_reset_query())


async def close_pool(pool: asyncpg.pool.Pool) -> None:
    """Close in order, or where the server says nothing, without it."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except AWAY:
        pool.terminate()
