"""Tell what lies inside a shape, and calculate with shapes: what of one lies in another, what is left. Pure.

Degrees are taken for a plane, as GeoJSON says that lines between points run (RFC 7946, 3.1.1). A point on the border lies inside:
who may be without power is told. Whatever comes out is a shape that a contract takes: pieces of land alone, no slivers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from schemas.contracts.base import MultiPolygon, Polygon, Position, Rings, Shape
from schemas.shapes import MOST_POINTS, geometry, pieces

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SLIVER: Final = 2e-6
"""Degrees, some 20 cm: what is narrower is the difference between two who drew one line."""
GRID: Final = 1e-7
REMEMBERED: Final = 256
"""Shapes that are kept as shapely has them, of 100 kB at most each."""


class Box(NamedTuple):
    """The rectangle about a piece, degrees."""

    west: float
    south: float
    east: float
    north: float


def boxes(shape: Shape) -> tuple[Box, ...]:
    """A rectangle about each piece: outside of all of them nothing of the shape lies."""
    found = []
    for _, piece in pieces(shape):
        longitudes, latitudes = zip(*piece[0], strict=True)
        found.append(Box(min(longitudes), min(latitudes), max(longitudes), max(latitudes)))
    return tuple(found)


def covers(shape: Shape, place: Position) -> bool:
    """Whether a place lies inside."""
    return bool(chosen(shape, {"": place}))


def covered(shape: Shape, places: Mapping[str, Position]) -> frozenset[str]:
    """Those of some places that lie inside, by name."""
    return frozenset(chosen(shape, places))


def chosen(shape: Shape, places: Mapping[str, Position]) -> tuple[str, ...]:
    """The same in their order."""
    import shapely  # noqa: PLC0415 - it loads numpy: only who has shapes pays for it

    if not places:
        return ()
    longitudes = [one.longitude for one in places.values()]
    latitudes = [one.latitude for one in places.values()]
    inside = shapely.intersects_xy(_known(shape), longitudes, latitudes)
    return tuple(name for name, within in zip(places, inside, strict=True) if within)


def same(one: Shape | None, other: Shape | None) -> bool:
    """Whether both mean the same land, but for slivers."""
    if one is None or other is None:
        return one is other
    return one == other or (inside(one, other) and inside(other, one))


def inside(part: Shape, whole: Shape) -> bool:
    """Whether all of `part` lies in `whole`, but for slivers."""
    return minus(part, whole) is None


def minus(whole: Shape, part: Shape) -> Shape | None:
    """What of `whole` is not in `part`; None where that is nothing."""
    return _made(lambda one, other: one.difference(other), whole, part)


def common(one: Shape, other: Shape) -> Shape | None:
    """What lies in both; None where they only touch."""
    return _made(lambda first, second: first.intersection(second), one, other)


def union(shapes: Iterable[Shape]) -> Shape | None:
    """What lies in any of them."""
    import shapely  # noqa: PLC0415 - see above

    found = tuple(dict.fromkeys(shapes))
    return found[0] if len(found) == 1 else _shape(shapely.union_all([_known(one) for one in found]))


def _made(how: Callable[[Any, Any], BaseGeometry], one: Shape, other: Shape) -> Shape | None:
    return _shape(how(_known(one), _known(other)))


@lru_cache(maxsize=REMEMBERED)
def _known(shape: Shape) -> BaseGeometry:
    """As shapely has it, ready to be asked often; of a log older than a check, mended where it crosses itself."""
    import shapely  # noqa: PLC0415 - see above

    found: BaseGeometry = geometry(shape)
    if not found.is_valid:
        found = shapely.make_valid(found)
    shapely.prepare(found)
    return found


def _shape(found: BaseGeometry) -> Shape | None:
    """A result as a contract takes it: without slivers, lines and points, and no finer than MOST_POINTS allow."""
    import shapely  # noqa: PLC0415 - see above

    land = [one for one in shapely.get_parts(found) if one.geom_type == "Polygon" and not one.buffer(-SLIVER).is_empty]
    kept: BaseGeometry = shapely.set_precision(shapely.MultiPolygon(land), GRID)
    coarse = SLIVER
    while shapely.get_num_coordinates(kept) > MOST_POINTS:
        kept, coarse = kept.simplify(coarse), coarse * 4
    rings = [_rings(one) for one in shapely.get_parts(kept) if not one.is_empty]
    if not rings:
        return None
    return Polygon(coordinates=rings[0]) if len(rings) == 1 else MultiPolygon(coordinates=tuple(rings))


def _rings(piece: Any) -> Rings:
    def line(ring: Any) -> tuple[tuple[float, float], ...]:
        points: Sequence[tuple[float, float]] = ring.coords
        return tuple((round(x, 7), round(y, 7)) for x, y in points)

    return (line(piece.exterior), *map(line, piece.interiors))
