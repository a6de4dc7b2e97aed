"""A connection of ours knows the array types that our statements use, and asks for no other reason than asyncpg does.

Where one of these fails after asyncpg was changed, look at `_introspect_types` and `_get_statement` in its `connection.py`: the
first gives what is registered of each missing type, the second what it does with the answer. Without the override in
`services/kernel/adapters/connection.py` all works, only slower.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.kernel.adapters.connection import ARRAYS, KnownTypes, _described

VALUES: dict[str, list[Any]] = {
    "bool": [True, None],
    "bytea": [b"\0", b""],
    "int2": [-1, 2],
    "int4": [1 << 30],
    "int8": [1 << 60, None],
    "timestamptz": [datetime(2026, 5, 1, tzinfo=UTC)],
    "uuid": [UUID(int=7)],
}


async def asked(postgres: str, query: str, *values: Any) -> tuple[Any, list[str]]:
    """The answer to a query on a new connection of ours, and all that the server was asked for it."""
    connection = await asyncpg.connect(postgres, connection_class=KnownTypes)
    said: list[str] = []
    connection.add_query_logger(lambda query: said.append(query.query))
    answer = await connection.fetchval(query, *values)
    await asyncio.sleep(0)  # loggers are called in the next step
    await connection.close()
    return answer, said


@pytest.mark.parametrize("name", VALUES)
async def test_an_array_goes_there_and_back_and_nothing_else_is_asked(postgres: str, name: str) -> None:
    query = f"select $1::{name}[]"
    assert await asked(postgres, query, VALUES[name]) == (VALUES[name], [query])


async def test_what_is_known_by_heart_is_what_the_server_says(postgres: str) -> None:
    plain = await asyncpg.connect(postgres)
    rows, _ = await plain._introspect_types(list(ARRAYS), None)
    said = {row["oid"]: dict(row) for row in rows if row["oid"] in ARRAYS}
    assert set(said) == set(ARRAYS)
    assert set(VALUES) == {name for name, _ in ARRAYS.values()}
    for oid, row in said.items():
        described = _described(oid)
        assert {key: row[key] for key in described} == described
    await plain.close()


async def test_types_that_are_not_known_are_asked_for_beside_those_that_are(postgres: str) -> None:
    values = [UUID(int=7)], [asyncpg.Range(1, 5)]
    answer, said = await asked(postgres, "select row($1::uuid[], $2::int4range[])", *values)
    assert answer == values
    assert any("typeinfo_tree" in query for query in said)


async def test_a_statement_that_is_not_kept_works_as_well(postgres: str) -> None:
    connection = await asyncpg.connect(postgres, connection_class=KnownTypes, statement_cache_size=0)
    assert await connection.fetchval("select $1::uuid[]", [UUID(int=7)]) == [UUID(int=7)]
    await connection.close()
