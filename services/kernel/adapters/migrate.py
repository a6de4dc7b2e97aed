"""Apply numbered plain-SQL migrations: one Postgres schema and one least-privileged role per service.

pogo-migrate's core reads and applies the files: it runs on asyncpg, in-process, each file in a transaction, and keeps
one history per schema (public._pogo_migration). What it lacks is added here: one migration at a time, an order held by
numbers, a digest of what was applied, and the check that a service starts only on the schema it knows. Alembic was the
alternative; it wants Python revisions and SQLAlchemy for the same.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from asyncpg.connection import Connection
from asyncpg.pool import PoolConnectionProxy
from pogo_core.error import BadMigrationError
from pogo_core.migration import Migration
from pogo_core.util.migrate import apply
from pogo_core.util.sql import ensure_pogo_sync, get_applied_migrations

from services.kernel.model import KernelError
from services.kernel.operating import BOARD, OPERATORS

NAME = re.compile(r"(\d{4})_[a-z0-9_]+")
SCHEMA = re.compile(r"[a-z][a-z0-9_]{0,40}")
ONE_AT_A_TIME = 0x6F757461  # an advisory lock of the whole database: histories share a table
ITS_OWN = (
    "forget_events(uuid, text, bigint[], timestamptz)",
    "prune_skipped(integer)",
    "former_skipped(text, integer, text)",
)
"""Functions that act with their owner's rights: the service may call them, and nobody else."""
HISTORY = """
create table if not exists schema_migration (id text primary key, digest text not null);
comment on table schema_migration is 'read-only: migrations applied, each with the sha256 of its file';
"""

Conn = Connection | PoolConnectionProxy


class MigrationError(KernelError):
    """A migration cannot be applied; the message names it and says what to correct. Those before it stand."""


class SchemaMismatch(KernelError):
    """The database is older or newer than this code; the message says which command to run."""


def _files(folders: Sequence[Path]) -> dict[str, Path]:
    """Migration id → file, in the order of application.

    Raises:
        MigrationError: names are not 0001_word.sql, 0002_word.sql … without gap, or one stands twice.

    """
    found: dict[str, Path] = {}
    for folder in folders:
        for number, path in enumerate(sorted(folder.glob("*.sql")), 1):
            match = NAME.fullmatch(path.stem)
            if match is None or int(match[1]) != number:
                raise MigrationError(f"{path.name}: the next migration of its folder is {number:04}_what_it_does.sql")
            if path.stem in found:
                raise MigrationError(f"{path.name} stands in two folders: give one of them another word")
            found[path.stem] = path
    return found


def _digests(folders: Sequence[Path]) -> dict[str, str]:
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in _files(folders).items()}


def required_version(folders: Sequence[Path]) -> list[str]:
    """The migrations this code needs, in order. Raises MigrationError for wrong names."""
    return list(_files(folders))


async def migrate(dsn: str, schema: str, folders: Sequence[Path]) -> list[str]:
    """Bring one service's schema and role up to this code; returns the migrations applied now.

    Folders come in order, the kernel's first. The DSN's role must own the schema, be allowed to create in
    `public` (pogo's history) and to create roles. Two at once wait for each other.

    Raises:
        MigrationError: a file is wrong or fails; it was rolled back, and nothing after it was tried.
        SchemaMismatch: the database is newer than this code, or an applied file was edited.

    """
    if not SCHEMA.fullmatch(schema):
        raise MigrationError(f"schema name {schema!r} is not of the form planner, notifier_2")
    digests = _digests(folders)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("select pg_advisory_lock($1)", ONE_AT_A_TIME)
        await connection.execute(f"create schema if not exists {schema}; set search_path to {schema}; {HISTORY}")
        await ensure_pogo_sync(connection)
        before = await get_applied_migrations(connection, schema_name=schema)
        # A digest may be missing if an earlier run was killed between the two histories: it is recorded now.
        await _record(connection, {name: digest for name, digest in digests.items() if name in before})
        _refuse_unknown(await _applied(connection, schema), digests)
        for folder in folders:
            # The files of a folder are parsed, a second for all of a service: only where one is still to be applied.
            if _files([folder]).keys() - before:
                await _apply(connection, folder, schema)
                await _record(connection, _digests([folder]))
        await _grant(connection, schema)
    finally:
        await connection.close()
    return [name for name in digests if name not in before]


async def check_version(connection: Conn, schema: str, folders: Sequence[Path]) -> int:
    """The number of migrations applied, if they are exactly those of this code.

    Raises:
        SchemaMismatch: the database is older, newer, or was made by an edited file.

    """
    digests = _digests(folders)
    try:
        applied = await _applied(connection, schema)
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        applied = {}
    _refuse_unknown(applied, digests)
    if missing := [name for name in digests if name not in applied]:
        raise SchemaMismatch(f"schema {schema} lacks {', '.join(missing)}: run: outagectl migrate")
    return len(applied)


def _refuse_unknown(applied: dict[str, str], digests: dict[str, str]) -> None:
    if newer := sorted(applied.keys() - digests.keys()):
        raise SchemaMismatch(
            f"the database holds {', '.join(newer)}, which this version does not know: it is newer than this code; "
            "deploy the version that brought it (with it, run: outagectl migrate)"
        )
    if edited := [name for name, digest in applied.items() if digests[name] != digest]:
        raise SchemaMismatch(
            f"{', '.join(edited)} was edited after it was applied: restore the file and put the change into a new "
            "migration, then run: outagectl migrate"
        )


async def _applied(connection: Conn, schema: str) -> dict[str, str]:
    rows = await connection.fetch(f'select id, digest from "{schema}".schema_migration order by id')
    return {row["id"]: row["digest"] for row in rows}


async def _record(connection: Conn, digests: dict[str, str]) -> None:
    await connection.executemany(
        "insert into schema_migration (id, digest) values ($1, $2) on conflict do nothing", list(digests.items())
    )


async def _apply(connection: Connection, folder: Path, schema: str) -> None:
    """Let pogo apply a folder, once its `depends` say the order that the numbers say: pogo goes by those."""
    try:
        loaded = [Migration(path.stem, path, None) for path in _files([folder]).values()]
        previous: set[str] = set()
        for migration in loaded:
            if not previous <= migration.load().depends_ids:
                raise MigrationError(f"{migration.path.name}: its second line must be -- depends: {min(previous)}")
            previous = {migration.id}
        await apply(connection, folder, schema_name=schema, logger=logging.getLogger(__name__))
    except BadMigrationError as error:
        raise MigrationError(
            f"{folder.parent.parent.name}: {error}: {error.__cause__ or 'correct the file'}"
        ) from error


async def _grant(connection: Conn, schema: str) -> None:
    """Give the service's role what table comments say: append-only, read-only, or (else) all four rights on rows.

    The role may log in but has no password: an operator gives it one, or a certificate.
    """
    role = f"outage_{schema}"
    if not await connection.fetchval("select true from pg_roles where rolname = $1", role):
        await connection.execute(f"create role {role} login")
    tables = await connection.fetch(
        """
        select c.relname, c.relkind in ('v', 'm') as is_view, coalesce(obj_description(c.oid, 'pg_class'), '') as word
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm')
        """,
        schema,
    )
    statements = [
        f"revoke all on all tables in schema {schema} from {role}",
        f"grant usage on schema {schema} to {role}",
        f"grant usage on all sequences in schema {schema} to {role}",
    ]
    for table in tables:
        rights = "select, insert, update, delete"
        if table["is_view"] or table["word"].startswith("read-only"):
            rights = "select"
        elif table["word"].startswith("append-only"):
            rights = "select, insert"
        statements.append(f'grant {rights} on {schema}."{table["relname"]}" to {role}')
    functions = await connection.fetch(
        "select w.name from unnest($1::text[]) as w(name) where to_regprocedure(w.name) is not null",
        [f"{schema}.{function}" for function in ITS_OWN],
    )
    statements += [f"grant execute on function {row['name']} to {role}" for row in functions]
    async with connection.transaction():
        await connection.execute("; ".join(statements))
    there = {table["relname"] for table in tables}
    await _grant_operators(connection, schema, there)
    await _grant_board(connection, schema, there)


async def _make_role(connection: Conn, role: str) -> None:
    """Make a role that several schemas know, unless it is there."""
    if await connection.fetchval("select true from pg_roles where rolname = $1", role):
        return
    try:
        await connection.execute(f"create role {role} login")
    except asyncpg.InsufficientPrivilegeError:
        raise MigrationError(
            f"the role {role} is missing and may not be created by this one: as an administrator, "
            f"create role {role} login; then run: outagectl migrate"
        ) from None


async def _grant_board(connection: Conn, schema: str, there: set[str]) -> None:
    """Give the role of the public board the views that `board_sees` names, and nothing of a schema that names none."""
    if "board_sees" not in there:
        return
    named = await connection.fetch(f"select table_name as name from {schema}.board_sees order by 1")
    if not named:
        return
    await _make_role(connection, BOARD)
    statements = [
        f"revoke all on all tables in schema {schema} from {BOARD}",
        f"grant usage on schema {schema} to {BOARD}",
        *(f'grant select on {schema}."{row["name"]}" to {BOARD}' for row in named if row["name"] in there),
    ]
    async with connection.transaction():
        await connection.execute("; ".join(statements))


async def _grant_operators(connection: Conn, schema: str, there: set[str]) -> None:
    """Give the role made for operators what `operator_sees` names, the read models, and the asking of requests."""
    if "operator_sees" not in there:
        return  # the gateway's schema, which has no operators
    await _make_role(connection, OPERATORS)
    named = await connection.fetch(
        f"select table_name as name from {schema}.operator_sees union select name from {schema}.projection"
    )
    seen = sorted({row["name"] for row in named} & there)
    asked = "id, at, who, action, reason, detail"
    statements = [
        f"revoke all on all tables in schema {schema} from {OPERATORS}",
        f"grant usage on schema {schema} to {OPERATORS}",
        *(f'grant select on {schema}."{name}" to {OPERATORS}' for name in seen),
        f"grant insert ({asked}) on {schema}.operator_request to {OPERATORS}",
    ]
    async with connection.transaction():
        await connection.execute("; ".join(statements))
