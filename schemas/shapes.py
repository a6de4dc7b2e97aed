"""See that a shape is one: a piece of land of a size that an outage can have, and not a point in the sea for want of care.

GeoJSON (RFC 7946). What it asks for and common makers leave out is asked back, with what to do; the way round a ring is left
open, as RFC 7946 leaves it to readers. A record is checked when it is taken, never when the log is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from schemas.contracts.base import MultiPolygon, Polygon, Rings, Shape
from schemas.errors import ContractError

if TYPE_CHECKING:
    import shapely

MOST_POINTS: Final = 2_000
"""Of one shape: some 50 kB. The largest that a public list of 2,157 outages drew has 93."""
MOST_RINGS: Final = 200
WIDEST: Final = 10.0
"""Degrees that one piece may span: some 1,000 km. What is told wider than that is told by names."""
FEWEST: Final = 4
"""Points of a ring: a triangle, closed."""
_HALF_ROUND: Final = 180.0


def check_shape(shape: Shape, path: str) -> None:
    """See that `shape`, which stands at `path`, can be a place without power.

    Raises:
        ContractError: reason out-of-bounds, with what is wrong and what to do.

    """
    if not shape.coordinates:
        raise _refused(f"{path}.coordinates", "is empty", "leave shape out where it is not known")
    rings = [ring for _, piece in pieces(shape) for ring in piece]
    points = sum(map(len, rings))
    if points > MOST_POINTS or len(rings) > MOST_RINGS:
        problem = f"has {points:,} points in {len(rings):,} rings"
        remedy = (
            f"keep to {MOST_POINTS:,} points and {MOST_RINGS} rings: a coarser line does, drawn outside of the fine one"
        )
        raise _refused(path, problem, remedy)
    for at, piece in pieces(shape):
        _check_piece(piece, f"{path}.coordinates{at}")
    _check_crossing(shape, path)


def pieces(shape: Shape) -> Iterator[tuple[str, Rings]]:
    """The pieces of a shape, each with the index by which it stands among its coordinates."""
    if isinstance(shape, Polygon):
        yield "", shape.coordinates
    else:
        yield from ((f"[{number}]", piece) for number, piece in enumerate(shape.coordinates))


def _check_piece(rings: Rings, path: str) -> None:
    if not rings:
        raise _refused(path, "is empty", "leave the piece out")
    for number, ring in enumerate(rings):
        at = f"{path}[{number}]"
        for index, (longitude, latitude) in enumerate(ring):
            _check_point(longitude, latitude, f"{at}[{index}]")
        if len(ring) < FEWEST:
            remedy = "a ring is a triangle at least, with its first point once more as its last"
            raise _refused(at, f"has {len(ring)} points", remedy)
        if ring[0] != ring[-1]:
            raise _refused(at, "is not closed", "repeat its first point as its last")
    longitudes, latitudes = zip(*rings[0], strict=True)
    wide, high = max(longitudes) - min(longitudes), max(latitudes) - min(latitudes)
    if wide > _HALF_ROUND:
        remedy = "cut it there into two pieces of a MultiPolygon (RFC 7946, 3.1.9)"
        raise _refused(f"{path}[0]", f"goes {wide:.0f} degrees round the earth: it crosses the 180th meridian", remedy)
    if max(wide, high) > WIDEST:
        problem = f"spans {max(wide, high):.1f} degrees"
        remedy = f"keep to {WIDEST:g}; look for a point of 0, 0 or with its numbers swapped, or name areas instead"
        raise _refused(f"{path}[0]", problem, remedy)


def _check_point(longitude: float, latitude: float, path: str) -> None:
    if -180 <= longitude <= 180 and -90 <= latitude <= 90:  # noqa: PLR2004 - degrees of the earth
        return
    if -90 <= longitude <= 90 and -180 <= latitude <= 180:  # noqa: PLR2004 - the other way round they would do
        problem = f"has the latitude {latitude:.15g}: latitude and longitude are swapped"
        raise _refused(path, problem, "write longitude first, then latitude, as GeoJSON does")
    problem = f"{longitude:.15g}, {latitude:.15g} is nowhere on the earth"
    raise _refused(path, problem, "write degrees of WGS 84: longitude -180 to 180, then latitude -90 to 90")


def _check_crossing(shape: Shape, path: str) -> None:
    from shapely import is_valid_reason  # noqa: PLC0415 - it loads numpy: only who reads shapes pays for it

    reason = str(is_valid_reason(geometry(shape)))
    if reason != "Valid Geometry":
        what, _, where = reason.rstrip("]").partition("[")
        problem = _CROSSING.get(what, what.lower()) + (f" at {', '.join(where.split())}" if where else "")
        raise _refused(
            path, problem, "draw rings that cross neither themselves nor each other (shapely's make_valid does it)"
        )


_CROSSING: Final = {
    "Self-intersection": "crosses itself",
    "Ring Self-intersection": "crosses itself",
    "Hole lies outside shell": "has a hole outside of its outer ring",
    "Holes are nested": "has a hole within a hole",
    "Nested shells": "has a piece within another",
    "Interior is disconnected": "is cut in two by its holes",
    "Duplicate Rings": "has one ring twice",
    "Too few points in geometry component": "has a ring that goes there and back on one line",
}


def geometry(shape: Shape) -> shapely.Polygon | shapely.MultiPolygon:
    """The shape as shapely has it."""
    import shapely  # noqa: PLC0415 - see above

    if isinstance(shape, MultiPolygon):
        return shapely.MultiPolygon([(piece[0], piece[1:]) for piece in shape.coordinates])
    return shapely.Polygon(shape.coordinates[0], shape.coordinates[1:])


def _refused(path: str, problem: str, remedy: str) -> ContractError:
    return ContractError(path, problem, remedy, reason="out-of-bounds")
