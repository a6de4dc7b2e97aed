"""What every statement of ours is sent through, and the keys of advisory locks."""

import hashlib

import asyncpg

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


def advisory_key(*parts: str) -> int:
    """A signed 64-bit key for pg_advisory locks, the same in every process for the same words."""
    return int.from_bytes(hashlib.sha256("/".join(parts).encode()).digest()[:8], "big", signed=True)
