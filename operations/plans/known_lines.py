"""Find line names that nobody knows: a data-entry error there would tell nobody, unseen, so whoever enters one is warned."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import asyncpg
import msgspec

from operations.errors import Away
from operations.system.database import Connection, connect
from operations.system.location import Where
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import FaultReported, OutageStarted
from services.kernel.queries import queries
from services.places import distinct, normal, normals
from services.places.extents import says_nothing

SQL = queries(Path(__file__).parents[1] / "sql" / "known_lines.sql")
SHOWN = 5
# Planned work and curtailment are where their notice says.
UNPLANNED = frozenset({"fault", "emergency"})


async def strange_lines(where: Where, lines: Iterable[str]) -> frozenset[str]:
    """The normal names of those `lines` that no customer of the registry and no line of the network model is.

    None where there is neither to ask: no database here that may be read, or an empty registry and no model.
    """
    asked = normals(lines)
    if where.postgres is None or not asked:
        return frozenset()
    try:
        async with connect(where) as connection:
            found = [await _named(connection, source, asked) for source in ("customers", "network")]
    except Away:
        return frozenset()
    known = [names for names in found if names is not None]
    return asked.difference(*known) if known else frozenset()


async def _named(connection: Connection, source: str, asked: frozenset[str]) -> set[str] | None:
    """Those that customers, or the network model, have; None where there is nothing to ask, or it may not be asked."""
    try:
        if not await connection.fetchval(SQL[f"any_of_{source}"]):
            return None
        return {row["line"] for row in await connection.fetch(SQL[f"lines_of_{source}"], sorted(asked))}
    except (asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return None


def lines_of(data: msgspec.Struct | None) -> tuple[str, ...]:
    """The lines that a fact names."""
    extent = getattr(data, "extent", None)
    return extent.lines if isinstance(extent, Extent) else ()


def warning(data: msgspec.Struct | None, strange: frozenset[str]) -> str | None:
    """What whoever sends this fact should look at; None where there is nothing. Pure."""
    unknown = [name for name in distinct(lines_of(data)) if normal(name) in strange]
    if unknown:
        named = ", ".join(unknown[:SHOWN]) + (f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else "")
        return f"no customer and no network knows line {named}: check the name, for nobody is told there"
    unplaced = isinstance(data, OutageStarted) and data.outage_class in UNPLANNED and says_nothing(data.extent)
    if unplaced or (isinstance(data, FaultReported) and says_nothing(data.extent)):
        return "names no place: nobody can be told before a fact says where it is"
    return None
