"""What PostgreSQL did for a statement, counted: rows and parts of hash tables say what it costs, the same each time."""

import json
from collections.abc import Iterator
from typing import Any

from asyncpg import Connection


async def nodes(connection: Connection, statement: str, *arguments: Any) -> list[dict[str, Any]]:
    """The steps of a plan as it was run."""
    plan = json.loads(await connection.fetchval(f"explain (analyze, format json) {statement}", *arguments))
    return list(_walk(plan[0]["Plan"]))


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for one in node.get("Plans", ()):
        yield from _walk(one)


def rows(found: list[dict[str, Any]]) -> int:
    """How many rows all steps handed on or looked at and dropped."""
    dropped = ("Rows Removed by Filter", "Rows Removed by Join Filter")
    return round(
        sum(one["Actual Loops"] * (one["Actual Rows"] + sum(one.get(name, 0) for name in dropped)) for one in found)
    )


def parts(found: list[dict[str, Any]]) -> int:
    """Of how many parts the largest hash table was made: more than one lie on disk."""
    return max((one.get("Hash Batches", 1) for one in found), default=1)
