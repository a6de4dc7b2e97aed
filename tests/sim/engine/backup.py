"""Keep what some schemas hold at one moment, and put it back later, as a restored backup does."""

from dataclasses import dataclass
from typing import Any, Self

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal

_TABLES = """
select n.nspname as schema, c.relname as name
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname = any(%s) order by 1, 2
"""
_SEQUENCES = "select schemaname, sequencename, last_value from pg_sequences where schemaname = any(%s) order by 1, 2"
_HELD = """
select count(*) from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any(%s) and l.pid <> pg_backend_pid() and l.mode <> 'AccessShareLock'
"""


@dataclass(frozen=True)
class Backup:
    """What was committed when it was taken. Its connections are no part of a run and take none of its time."""

    address: str
    schemas: tuple[str, ...]
    rows: dict[tuple[str, str], bytes]
    sequences: list[tuple[Any, ...]]

    @classmethod
    def take(cls, address: str, schemas: tuple[str, ...]) -> Self:
        """Of whole schemas, in one transaction. `address`: an administrator's."""
        with psycopg.connect(address) as connection:
            connection.execute("set transaction isolation level repeatable read, read only")
            rows = {}
            for name in _tables(connection, schemas):
                with connection.cursor().copy(SQL("copy {} to stdout").format(Identifier(*name))) as copy:
                    rows[name] = b"".join(bytes(part) for part in copy)
            return cls(address, schemas, rows, connection.execute(_SEQUENCES, [list(schemas)]).fetchall())

    def is_free(self) -> bool:
        """Whether nobody is about to write there: a process that was killed while it waited for a lock ends a moment later."""
        with psycopg.connect(self.address) as connection:
            found = connection.execute(_HELD, [list(self.schemas)]).fetchone()
            return found == (0,)

    def restore(self) -> None:
        """Make it so again. Whoever worked there must be dead, and `is_free`.

        Raises:
            ValueError: there are other tables now.

        """
        with psycopg.connect(self.address) as connection:
            if list(self.rows) != _tables(connection, self.schemas):
                raise ValueError("tables were made or dropped since the backup")
            # Rules of append-only tables are for services.
            connection.execute("set local session_replication_role = replica")
            connection.execute(
                SQL("truncate {} cascade").format(SQL(",").join(Identifier(*name) for name in self.rows))
            )
            for name, held in self.rows.items():
                if held:
                    with connection.cursor().copy(SQL("copy {} from stdin").format(Identifier(*name))) as copy:
                        copy.write(held)
            for schema, sequence, last in self.sequences:
                connection.execute(_set(schema, sequence, last))


def _tables(connection: "psycopg.Connection[Any]", schemas: tuple[str, ...]) -> list[tuple[str, str]]:
    return list(connection.execute(_TABLES, [list(schemas)]).fetchall())


def _set(schema: str, sequence: str, last: int | None) -> Composable:
    name = Literal(f'"{schema}"."{sequence}"')
    return SQL("select setval({}, {}, {})").format(name, last or 1, last is not None)
