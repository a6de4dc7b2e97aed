"""Find the customers inside a shape: rectangles about its pieces by an index, then the shape itself (services/places/shapes.py)."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.contracts.base import Position, Shape
from services.kernel.queries import queries
from services.places import shapes

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "fanout.sql")
FIRST: Final = 2_000
AT_ONCE: Final = 20_000
"""Customers whose place is looked at in one step: 4 MB, and 10 ms of the loop."""


async def customers_inside(connection: Any, shape: Shape, after: str, most: int) -> list[str]:
    """The next customers after one who are known to be inside, in the order of the database."""
    found: list[str] = []
    step = FIRST
    while True:
        rows = await connection.fetch(SQL["points"], *corners(shape), after, step)
        found += inside_of(shape, rows)
        if len(rows) < step or len(found) >= most:
            return found[:most]
        after, step = rows[-1]["customer_id"], AT_ONCE


async def is_inside(connection: Any, shape: Shape, customer_id: str) -> bool:
    """Whether one customer is known to be inside."""
    row = await connection.fetchrow(SQL["point"], customer_id)
    return row is not None and shapes.covers(shape, _position(row))


def inside_of(shape: Shape, rows: Iterable[Any]) -> list[str]:
    """Of rows with customer_id, longitude and latitude the customers who are inside, in their order."""
    return list(shapes.chosen(shape, {row["customer_id"]: _position(row) for row in rows}))


def holds(row: Any) -> bool:
    """Whether the outage of a row of query `holding` does hold the customer: by a place, or because they are inside its shape."""
    if row["shape"] is None:
        return True
    return shapes.covers(msgspec.json.decode(row["shape"], type=Shape), _position(row))


def corners(shape: Shape) -> Sequence[list[float]]:
    """Arguments of the queries for points: west, south, east and north of each piece's rectangle, side by side."""
    return [list(side) for side in zip(*shapes.boxes(shape), strict=True)]


def _position(row: Any) -> Position:
    return Position(longitude=row["longitude"], latitude=row["latitude"])
