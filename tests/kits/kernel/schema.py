"""Make a fresh schema with the kernel's tables for a test."""

import itertools
from pathlib import Path

import asyncpg

_numbers = itertools.count()


_MIGRATIONS = Path(__file__).parents[3] / "services/kernel/sql/migrations"


async def make_schema(postgres: str) -> str:
    """A fresh schema with the kernel's tables; returns its name."""
    schema = f"toy_{next(_numbers)}"
    connection = await asyncpg.connect(postgres)
    await connection.execute(
        f"drop schema if exists {schema} cascade; create schema {schema}; set search_path to {schema}"
    )
    for path in sorted(_MIGRATIONS.glob("*.sql")):
        await connection.execute(
            path.read_text().partition("-- migrate: apply")[2].partition("-- migrate: rollback")[0]
        )
    await connection.close()
    return schema
