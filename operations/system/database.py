"""Connect to the database as an administrator sees it: one connection, one schema per service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import asyncpg

from operations.errors import Away, Incomplete, Misconfigured, Refused
from services.kernel.adapters.away import DATABASE, LOST
from services.kernel.adapters.connection import KnownTypes
from services.kernel.operating import OPERATORS
from services.kernel.values.passwords import mask_password

if TYPE_CHECKING:
    from operations.system.location import Where

Connection = asyncpg.Connection
TABLES = ("event", "inbox", "stream")
VISIBLE = """
select n.nspname as service, c.relname as name,
  has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any($1::text[]) and c.relname = any($2::text[]) and c.relkind in ('r', 'p', 'v', 'm')
"""


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
        Misconfigured: its tables are those of another version.

    """
    address = where.need_postgres()
    try:
        connection = await asyncpg.connect(
            address, timeout=10, connection_class=KnownTypes, server_settings={"application_name": "outagectl"}
        )
    except (*DATABASE, ValueError) as error:
        raise _away(address, error) from None
    try:
        yield connection
    except LOST as error:
        raise _away(address, error) from None
    except asyncpg.InsufficientPrivilegeError as error:
        raise Refused(
            f"the role used here may not do this ({error}): people on duty use a login that is a member of {OPERATORS}; "
            "changing the system itself needs the owner's (docs/operations.md, Roles)"
        ) from None
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        raise Misconfigured(
            f"the tables are those of another version than this command ({error}): if the services were upgraded, or are about "
            "to be, run: outagectl migrate; else use the outagectl of the version that runs"
        ) from None
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
            connection_class=KnownTypes,
            server_settings={"search_path": service, "application_name": "outagectl"},
        )
    except (*DATABASE, ValueError) as error:
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


@dataclass(frozen=True, slots=True)
class DatabaseAccess:
    """What of the services the role used here may read. `services`: those it sees; `hidden`: tables it may not read."""

    services: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    role: str = ""

    def demand(self) -> None:
        """End a command whose answer is printed and is not the whole.

        Raises:
            Incomplete: something is hidden from this role; the message says what, and what to do.

        """
        if self.hidden:
            raise Incomplete(unseen(self.role, self.hidden))


def unseen(role: str, hidden: Sequence[str]) -> str:
    """That a role may not read these tables, and what to do."""
    return (
        f"not the whole answer: the role {role} may not read {', '.join(hidden)}, so nothing is said about "
        f"{'it' if len(hidden) == 1 else 'them'}. Use a login that is a member of {OPERATORS} "
        "(docs/operations.md, Roles)"
    )


async def sight(connection: Connection, services: Sequence[str], needs: Sequence[str] = TABLES) -> DatabaseAccess:
    """Which of `services` exist, and whether this role may read the tables it `needs` of them (those that exist).

    Raises:
        Away: none of them have tables.

    """
    rows = await connection.fetch(VISIBLE, list(services), [*TABLES, *needs])
    there = [name for name in services if {r["name"] for r in rows if r["service"] == name} >= set(TABLES)]
    if not there:
        raise Away(f"the database has no tables of {', '.join(services)}: make them with `outagectl migrate`")
    hidden = [
        (row["service"], row["name"])
        for row in rows
        if row["service"] in there and row["name"] in needs and not row["readable"]
    ]
    blind = {service for service, _ in hidden}
    role: str = await connection.fetchval("select current_user")
    return DatabaseAccess(
        tuple(name for name in there if name not in blind), tuple(f"{s}.{name}" for s, name in sorted(hidden)), role
    )


async def present(connection: Connection, services: Sequence[str], needs: Sequence[str] = TABLES) -> list[str]:
    """Those of `services` whose tables exist.

    Raises:
        Away: none of them do.
        Incomplete: this role may not read what is needed of one of them: half an answer would be a wrong one.

    """
    found = await sight(connection, services, needs)
    found.demand()
    return list(found.services)
