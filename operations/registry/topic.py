"""Hold the registry while a command writes it: its tables for this command alone, and the topic told afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from operations.errors import Away, Refused
from operations.system.broker import producer, reached
from operations.system.database import Connection, connect, enter, present
from operations.system.location import Where
from services.kernel.adapters.locks import alone, try_until_commit
from services.kernel.clock import Clock
from services.kernel.queries import queries
from services.notifier.registry.topic import LOCK, TELLING, Advance, tell
from services.notifier.registry.topic import SQL as REGISTRY

SQL = queries(Path(__file__).parents[1] / "sql" / "customers.sql")
PATIENCE_SECONDS = 10.0


@asynccontextmanager
async def registry(where: Where) -> AsyncIterator[Connection]:
    """A connection in the notifier's schema.

    Raises:
        Away: the database cannot be reached, or lacks the registry's table.

    """
    async with connect(where) as connection:
        await present(connection, ["notifier"])
        await enter(connection, "notifier")
        if await connection.fetchval("select to_regclass('registry')") is None:
            raise Away("the notifier's schema is older than this command: run `outagectl migrate`")
        yield connection


async def hold(connection: Connection) -> None:
    """Keep every other import and erasure out until the transaction ends: what is compared must not change meanwhile.

    Raises:
        Refused: another is at work.

    """
    if not await try_until_commit(connection, LOCK):
        raise Refused("another import or erasure is at work: wait until it has ended, then run this again")


async def untold(connection: Connection) -> int:
    """How many words Kafka does not have yet."""
    number: int = await connection.fetchval(REGISTRY["untold_count"])
    return number


async def publish(connection: Connection, where: Where, clock: Clock, advance: Advance | None = None) -> int:
    """Put what is untold on the topic; returns how many words Kafka took here. What is left the notifier tells.

    Raises:
        Away: the broker cannot be reached.

    """
    if not await untold(connection):
        return 0
    async with alone(connection, TELLING, PATIENCE_SECONDS) as lock:
        if not lock.stands:
            return 0
        async with producer(where) as made:
            return await tell(connection, lambda rows: reached(where, made.send(rows)), clock, advance)
