"""A connection to PostgreSQL that knows the server's own array types without asking."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import asyncpg

ARRAYS: Final = {
    1000: ("bool", 16),
    1001: ("bytea", 17),
    1005: ("int2", 21),
    1007: ("int4", 23),
    1016: ("int8", 20),
    1185: ("timestamptz", 1184),
    2951: ("uuid", 2950),
}
"""Array types of our statements by their number: name and number of an element. Constants of PostgreSQL (pg_type.dat): numbers
below 16384 never change. asyncpg knows text[] by itself."""


class _NoStatement(NamedTuple):
    """In place of the statement that would have asked: a name says that no nameless one was thrown away for it."""

    name: str = "none was needed"


class KnownTypes(asyncpg.Connection):
    """As asyncpg's.

    asyncpg asks the server about each array type on each connection, with one to four requests; the answer costs the server
    more than most of our transactions. It has no public way to be told (`set_type_codec` asks too), so one method of its own is
    overridden. tests/kernel/adapters/test_connection.py holds what is assumed of it.
    """

    async def _introspect_types(
        self,
        typeoids: Iterable[int],
        timeout: float | None,  # noqa: ASYNC109 - asyncpg's signature
    ) -> tuple[list[Any], Any]:
        """What asyncpg must know of these types: of those in `ARRAYS`, where there are any, or else as the server says.

        asyncpg asks again for what is missing in the answer.
        """
        if known := [_described(oid) for oid in sorted(typeoids) if oid in ARRAYS]:
            return known, _NoStatement()
        answer: tuple[list[Any], Any] = await super()._introspect_types(typeoids, timeout)  # type: ignore[misc]
        return answer


def _described(oid: int) -> dict[str, Any]:
    """An array type as asyncpg's own query would describe it."""
    name, element = ARRAYS[oid]
    described = {
        "oid": oid,
        "ns": "pg_catalog",
        "name": f"_{name}",
        "kind": b"b",
        "elemtype": element,
        "elemdelim": b",",
    }
    return described | dict.fromkeys(("basetype", "range_subtype", "attrtypoids", "attrnames"))
