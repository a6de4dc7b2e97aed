"""The database as an administrator sees it: one connection, one schema per service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import asyncpg

from outagectl.errors import Away
from services.kernel.settings import mask_password

if TYPE_CHECKING:
    from outagectl.where import Where

Connection = asyncpg.Connection
TABLES = ("event", "inbox", "stream")


class Row(Protocol):
    """One row by column name: asyncpg's record, or a dict in a test."""

    def __getitem__(self, key: str, /) -> Any:
        """A column's value."""
        ...


@asynccontextmanager
async def connect(where: Where) -> AsyncIterator[Connection]:
    """A connection to the system's database, closed at the end.

    Raises:
        Away: it cannot be reached, or was lost while in use.

    """
    address = where.need_postgres()
    try:
        connection = await asyncpg.connect(address, timeout=10, server_settings={"application_name": "outagectl"})
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise _away(address, error) from None
    try:
        yield connection
    except (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, ConnectionError) as error:
        raise _away(address, error) from None
    finally:
        await connection.close(timeout=5)


@asynccontextmanager
async def pool(where: Where, service: str) -> AsyncIterator[asyncpg.Pool]:
    """A small pool in the schema of `service`.

    Raises:
        Away: the database cannot be reached.

    """
    address = where.need_postgres()
    try:
        made = await asyncpg.create_pool(
            address,
            min_size=1,
            max_size=2,
            server_settings={"search_path": service, "application_name": "outagectl"},
        )
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise _away(address, error) from None
    try:
        yield made
    finally:
        await made.close()


def _away(address: str, error: Exception) -> Away:
    return Away(
        f"the database {mask_password(address)} cannot be reached ({error or type(error).__name__}): "
        "is it running? `outagectl up` starts a local one, OUTAGE_POSTGRES names yours"
    )


async def enter(connection: Connection, service: str) -> None:
    """Work in a service's schema from here on."""
    await connection.execute("select set_config('search_path', $1, false)", service)


async def present(connection: Connection, services: Sequence[str]) -> list[str]:
    """Those of `services` whose tables exist.

    Raises:
        Away: none of them do.

    """
    rows = await connection.fetch(
        "select table_schema from information_schema.tables where table_schema = any($1::text[]) "
        "and table_name = any($2::text[]) group by table_schema having count(*) = $3",
        list(services),
        list(TABLES),
        len(TABLES),
    )
    found = {row["table_schema"] for row in rows}
    if not found:
        raise Away(f"the database has no tables of {', '.join(services)}: make them with `outagectl migrate`")
    return [name for name in services if name in found]
