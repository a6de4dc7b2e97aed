"""Advisory locks: their keys, and holding one for as long as a block or a transaction lasts.

Two locks are of another kind and stay with their owners: that of `migrate`, which waits for its turn and ends with its
connection, and the notifier's right to post (`sending/gates/owner.py`), which has to prove itself again and again.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import asyncpg

from services.kernel.adapters.away import AWAY
from services.kernel.queries import queries

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

SQL = queries(Path(__file__).parents[1] / "sql" / "locks.sql")
POLL_SECONDS: Final = 0.1
_HOLDERS: Final[set[int]] = set()
"""Sessions, by the server's process, over which a lock was asked for and not given back yet."""


def advisory_key(*parts: str) -> int:
    """A signed 64-bit key for pg_advisory locks, the same in every process for the same words."""
    return int.from_bytes(hashlib.sha256("/".join(parts).encode()).digest()[:8], "big", signed=True)


class Lock:
    """An advisory lock that was asked for over `connection`."""

    def __init__(self, connection: Connection, *, taken: bool) -> None:
        self._connection, self._taken = connection, taken

    @property
    def stands(self) -> bool:
        """Whether it was taken and its connection, which it ends with, is not known to have ended."""
        try:
            return self._taken and not self._connection.is_closed()
        except AWAY:
            return False  # a pool has taken the connection back, for its session ended


@asynccontextmanager
async def alone(connection: Connection, key: int, patience: float = 0.0) -> AsyncIterator[Lock]:
    """Hold the lock `key`, if nobody else has it, while the block runs: ask `stands`. The connection must be kept meanwhile.

    `patience`: seconds to ask again for it. It is given back at the end, however the block ends; where the connection is
    gone Postgres has done so. Work that goes over other connections asks `stands` again between its steps.
    """
    taken = await _take(connection, key)
    for _ in range(int(patience / POLL_SECONDS)):
        if taken:
            break
        await asyncio.sleep(POLL_SECONDS)
        taken = await _take(connection, key)
    lock, session = Lock(connection, taken=taken), connection.get_server_pid()
    try:
        yield lock
    finally:
        if lock.stands:
            with suppress(*AWAY):
                await connection.execute(SQL["unlock"], key)
                _HOLDERS.discard(session)
        else:
            _HOLDERS.discard(session)  # it has none, or has ended, and the next of that number is another


async def steps_alone(pool: asyncpg.Pool, key: int, step: Callable[[], Awaitable[bool]]) -> None:
    """Take one `step` after the other until it says that nothing is left (False), if nobody else holds the lock `key`.

    The lock has a connection of its own; where that ends, no further step is taken. It costs two requests, so ask first whether
    there is anything to do.
    """
    async with pool.acquire() as holder, alone(holder, key) as lock:
        while lock.stands and await step():
            pass


async def _take(connection: Connection, key: int) -> bool:
    session = connection.get_server_pid()
    _HOLDERS.add(session)
    taken = bool(await connection.fetchval(SQL["try_lock"], key))
    if not taken:
        _HOLDERS.discard(session)
    return taken


def may_hold_lock(connection: asyncpg.Connection) -> bool:
    """Whether a lock was asked for over it and not given back, because that was broken off."""
    return connection.get_server_pid() in _HOLDERS


async def lock_until_commit(connection: Connection, key: int) -> None:
    """Wait for the lock `key` and hold it until the transaction ends."""
    await connection.execute(SQL["lock_until_commit"], key)


async def try_until_commit(connection: Connection, key: int) -> bool:
    """Hold the lock `key` until the transaction ends; False if somebody else has it."""
    return bool(await connection.fetchval(SQL["try_until_commit"], key))
