"""Find line names that nobody knows: a data-entry error there would tell nobody, unseen, so whoever enters one is warned."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import asyncpg
import msgspec

from operations.errors import Away, Refused
from operations.system.database import connect
from operations.system.location import Where
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import FaultReported, OutageStarted
from services.kernel.queries import queries
from services.places import distinct, normal, normals
from services.places.extents import says_nothing
from services.places.network import load_network
from services.policy import PolicyError

SQL = queries(Path(__file__).parents[1] / "sql" / "known_lines.sql")
SHOWN = 5
# Planned work and curtailment are where their notice says.
UNPLANNED = frozenset({"fault", "emergency"})


async def strange_lines(where: Where, lines: Iterable[str]) -> frozenset[str]:
    """The normal names of those `lines` that no customer of the registry and no line of OUTAGE_NETWORK_FILE is.

    None where there is neither to ask: no database here that may be read, an empty registry, no file.

    Raises:
        Refused: the network file is wrong.

    """
    asked = normals(lines)
    file = os.environ.get("OUTAGE_NETWORK_FILE")
    try:
        in_file = asked & load_network(file).areas.keys() if file else frozenset[str]()
    except PolicyError as error:
        raise Refused(str(error)) from None
    with_customers = await _with_customers(where, asked) if asked - in_file else frozenset[str]()
    if with_customers is None:
        return asked - in_file if file else frozenset()
    return asked - in_file - with_customers


async def _with_customers(where: Where, asked: frozenset[str]) -> frozenset[str] | None:
    """Those at which a customer takes power; None where that cannot be asked."""
    if where.postgres is None:
        return None
    try:
        async with connect(where) as connection:
            if not await connection.fetchval(SQL["any_line"]):
                return None
            rows = await connection.fetch(SQL["lines"], sorted(asked))
    except (Away, asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return None
    return frozenset(row["value"] for row in rows)


def lines_of(data: msgspec.Struct | None) -> tuple[str, ...]:
    """The lines that a fact names."""
    extent = getattr(data, "extent", None)
    return extent.lines if isinstance(extent, Extent) else ()


def warning(data: msgspec.Struct | None, strange: frozenset[str]) -> str | None:
    """What whoever sends this fact should look at; None where there is nothing. Pure."""
    unknown = [name for name in distinct(lines_of(data)) if normal(name) in strange]
    if unknown:
        named = ", ".join(unknown[:SHOWN]) + (f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else "")
        return f"no customer and no network file knows line {named}: check the name, for nobody is told there"
    unplaced = isinstance(data, OutageStarted) and data.outage_class in UNPLANNED and says_nothing(data.extent)
    if unplaced or (isinstance(data, FaultReported) and says_nothing(data.extent)):
        return "names no place: nobody can be told before a fact says where it is"
    return None
