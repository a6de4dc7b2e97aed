"""Make a database ready for simulated runs: who waits for a lock says so, a commit waits for no disk, and nobody tidies up."""

from urllib.parse import urlsplit

import asyncpg

SETTINGS = {
    "deadlock_timeout": "1ms",
    "log_lock_waits": "on",
    "client_min_messages": "log",
    "synchronous_commit": "off",
    "jit": "off",
}
"""For every new connection to it, whoever makes it; see lock_waits.py. The server is never killed, so nothing is lost."""

LEFT_ALONE = """
do $$
declare one regclass;
begin
  for one in select oid from pg_class where relkind in ('r', 'm') and relnamespace >= 16384 loop
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
