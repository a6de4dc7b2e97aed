"""Which supplies an outage takes, and which it gives back: for referees, written without a line of the product's own rules.

The most specific kind of element that is known decides, for what is off as for what is back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.contracts.base import Extent, Position
from schemas.contracts.customers import CustomerUpserted

KINDS = ("lines", "transformers", "usage_points")
"""Of elements, each wider than those behind it; areas are none."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way by which a customer takes power: the names of its elements by kind, and the areas of the customer."""

    names: Mapping[str, frozenset[str]]
    areas: frozenset[str]
    main: bool = True
    at: Position | None = None
    """Where the customer is, if that is known: a shape then says what an area would."""


def ways(home: CustomerUpserted) -> list[Way]:
    """Of whom supplies are known each that comes from the grid; of all others the one that all their places are."""
    areas = frozenset(home.areas)
    if not home.supplies:
        return [Way({kind: frozenset(getattr(home, kind)) for kind in KINDS}, areas, at=home.position)]
    return [
        Way(
            {kind: frozenset(filter(None, (getattr(one, kind.removesuffix("s")),))) for kind in KINDS},
            areas,
            one.role == "main",
            home.position,
        )
        for one in home.supplies
        if one.role != "own-generation"
    ]


def holds(where: Extent, back: Sequence[Extent], way: Way) -> bool:
    """Whether an outage there holds a supply, after these parts came back."""
    return takes(where, way) and not _freed(back, where, way)


def takes(where: Extent, way: Way) -> bool:
    """Whether it names an element of a supply; or its area, where of the kinds of element that it names none is known of it."""
    if any(way.names[kind] & set(getattr(where, kind)) for kind in KINDS):
        return True
    known_better = any(way.names[kind] and getattr(where, kind) for kind in KINDS)
    nothing_known = not any(way.names.values())
    return _lies_there(where, way) and not known_better and (way.main or not nothing_known)


def _lies_there(where: Extent, way: Way) -> bool:
    """Whether the customer lies where it says that power is off. All shapes of stories are rectangles."""
    if where.shape is None or way.at is None:
        return bool(way.areas & set(where.areas))
    (ring,) = where.shape.coordinates
    longitudes, latitudes = [point[0] for point in ring], [point[1] for point in ring]
    return min(longitudes) <= way.at.longitude <= max(longitudes) and min(latitudes) <= way.at.latitude <= max(
        latitudes
    )


def may_hold(where: Extent, way: Way) -> bool:
    """Whether it may take a supply of which too little is known to say: nothing, or only what hangs on what it names."""
    known = [kind for kind in KINDS if way.names[kind]]
    named = [kind for kind in KINDS if getattr(where, kind)]
    if not known:
        return True
    return not set(known) & set(named) and bool(named) and KINDS.index(named[0]) < KINDS.index(known[0])


def _freed(back: Sequence[Extent], where: Extent, way: Way) -> bool:
    """Whether all places by which an outage holds a supply have power back; or all of a kind of its own, and what is nearer.

    Of a supply whose point is back it is no matter that the line is off still, and of its transformer that the area is.
    """

    def are_back(places: Sequence[tuple[str, str]]) -> bool:
        return bool(places) and all(any(name in getattr(extent, kind) for extent in back) for kind, name in places)

    held = [(kind, name) for kind in KINDS for name in getattr(where, kind) if name in way.names[kind]]
    by_area = [("areas", name) for name in where.areas if name in way.areas]
    if are_back(held or by_area):
        return True
    for number, kind in enumerate(KINDS):
        own = [(kind, name) for name in way.names[kind]]
        if are_back([*own, *(place for place in held if place[0] in KINDS[number:])] if own else ()):
            return True
    return False
