"""Make a database ready for simulated runs: who waits for a lock says so, a commit waits for no disk, and nobody tidies up."""

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Identifier, Literal

from devstack.servers.postgres import NO_DISK

SERVER = {
    **NO_DISK,
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_wal_size": "128MB",
    "unix_socket_directories": ".",
}
"""For a server that plays histories and nothing else, and is never killed."""

MEMORY, ROOM_BYTES = Path("/dev/shm"), 2 << 30  # noqa: S108 - a folder of our own is made in it

SETTINGS = {
    "deadlock_timeout": "1ms",
    "log_lock_waits": "on",
    "client_min_messages": "log",
    "synchronous_commit": "off",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""For every new connection to it, whoever makes it; see lock_waits.py. The server is never killed, so nothing is lost."""


def in_memory() -> Path | None:
    """Where files cost no disk, if this system has such a place with room enough; otherwise where temporary files go."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES else None


LEFT_ALONE = """
do $$
declare one regclass;
begin
  for one in select oid from pg_class where relkind in ('r', 'm') and oid >= 16384 loop
    execute format('alter table %s set (autovacuum_enabled = off, toast.autovacuum_enabled = off)', one);
  end loop;
end $$
"""
"""Autovacuum comes by the server's own clock: it may hold up a reader, and what it counts may change a plan."""


async def make_ready(address: str) -> None:
    """Set up the database at `address`, an administrator's, once its tables are there."""
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(LEFT_ALONE)
        name = urlsplit(address).path.lstrip("/")
        await connection.execute(";".join(f"alter database {name} set {key} = '{to}'" for key, to in SETTINGS.items()))
    finally:
        await connection.close()


_TABLES = """
select c.oid, n.nspname as schema, c.relname as name, pg_relation_size(c.oid) > 0 as filled,
  (select array_agg(attname::text order by attnum) from pg_attribute
   where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.oid >= 16384 and n.nspname <> 'slate'
order by c.oid
"""
_SEQUENCES = "select schemaname as schema, sequencename as name, last_value from pg_sequences order by 1, 2"

_ROWS = "select {} as oid, md5(coalesce(string_agg(t.ctid || t::text, ',' order by t.ctid), '')) as rows from {} t"


class OtherTables(Exception):
    """A run made or dropped tables: the database cannot be wiped, and a new copy must be taken for the next one."""


class Slate:
    """Makes a database what it was, between two runs: in a fraction of the time that a copy of it takes.

    Tables that were written to get new files, and what they held at first: the next run finds each row where a first one does.
    """

    def __init__(self, address: str) -> None:
        self._connection = psycopg.connect(address, autocommit=True, row_factory=dict_row)
        # Rules of append-only tables are for services.
        self._do(SQL("set session_replication_role = replica; create schema slate"))
        tables = self._tables()
        self._oids = [table["oid"] for table in tables]
        self._held = [table for table in tables if table["filled"]]
        for table in self._held:
            self._do(SQL("create table {} as table {}").format(_kept(table), _named(table)))
        self._sequences = self._sequences_now()
        self._rows: dict[int, str] = {}
        # Before the first run too: in a copy rows may lie otherwise.
        self.wipe()
        self._rows = self._rows_now()

    def wipe(self) -> None:
        """Undo whatever a run did.

        Raises:
            OtherTables: it made or dropped tables.

        """
        tables = self._tables()
        if [table["oid"] for table in tables] != self._oids:
            raise OtherTables("tables are not those that were there")
        rows = self._rows_now()
        changed = [one for one in self._held if rows[one["oid"]] != self._rows.get(one["oid"])]
        same = {one["oid"] for one in self._held} - {one["oid"] for one in changed}
        written = [_named(table) for table in tables if table["filled"] and table["oid"] not in same]
        # Cascading: a table in which a run left nothing may point at one in which it did.
        steps: list[Composable] = [SQL("truncate {} cascade").format(SQL(",").join(written))] if written else []
        steps += [_refill(table) for table in changed]
        steps += [
            SQL("select setval({}, {}, {})").format(
                Literal(f'"{then["schema"]}"."{then["name"]}"'), then["last_value"] or 1, then["last_value"] is not None
            )
            for now, then in zip(self._sequences_now(), self._sequences, strict=True)
            if now != then
        ]
        self._do(SQL(";").join(steps))

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def _do(self, steps: Composable) -> None:
        self._connection.execute(steps)

    def _tables(self) -> list[dict[str, Any]]:
        return self._connection.execute(_TABLES).fetchall()

    def _sequences_now(self) -> list[dict[str, Any]]:
        return self._connection.execute(_SEQUENCES).fetchall()

    def _rows_now(self) -> dict[int, str]:
        """What stands where in the tables that were not empty at first, by table, as a digest."""
        looks = [SQL(_ROWS).format(Literal(table["oid"]), _named(table)) for table in self._held]
        found = self._connection.execute(SQL(" union all ").join(looks)).fetchall() if looks else []
        return {row["oid"]: row["rows"] for row in found}


def _refill(table: dict[str, Any]) -> Composable:
    columns = SQL(",").join(Identifier(name) for name in table["columns"])
    return SQL("insert into {} ({}) overriding system value select {} from {}").format(
        _named(table), columns, columns, _kept(table)
    )


def _named(table: dict[str, Any]) -> Identifier:
    return Identifier(table["schema"], table["name"])


def _kept(table: dict[str, Any]) -> Identifier:
    return Identifier("slate", str(table["oid"]))
