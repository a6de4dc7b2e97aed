"""List promises, from the read models of all services."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from operations.system.database import DatabaseAccess, Row, connect, enter, sight
from operations.system.location import Where
from services.kernel.queries import queries
from services.readmodels import READ_MODELS

SQL = queries(Path(__file__).parents[1] / "sql" / "promises.sql")


async def promised(
    where: Where, services: tuple[str, ...], query: str, arguments: Sequence[object]
) -> tuple[list[tuple[str, Row]], DatabaseAccess]:
    """The rows of a query of promises.sql as (service, row), and what this role could see."""
    rows: list[tuple[str, Row]] = []
    having = [one for one in services if one in READ_MODELS]
    async with connect(where) as connection:
        seen = await sight(connection, having, ("promise", "projection")) if having else DatabaseAccess(())
        for name in seen.services:
            await enter(connection, name)
            if await connection.fetchval("select to_regclass('promise')") is not None:
                rows += [(name, row) for row in await connection.fetch(SQL[query], *arguments)]
    return rows, seen
