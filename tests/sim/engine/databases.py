"""Make a database ready for simulated runs: who waits for a lock says so, and a commit waits for no disk."""

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


async def make_ready(address: str) -> None:
    """Set up the database at `address`, an administrator's."""
    connection = await asyncpg.connect(address)
    try:
        name = urlsplit(address).path.lstrip("/")
        await connection.execute(";".join(f"alter database {name} set {key} = '{to}'" for key, to in SETTINGS.items()))
    finally:
        await connection.close()
