"""Say in which territories what some names mean lies: city, country or beyond. Pure.

Those count who would wait for the crew: usage points, and whatever has none below it. Each lies where the model says it does,
else where its area does, else where that lies which feeds it. services/network/sql/surroundings.sql says the same in tables.
"""

from collections.abc import Iterable
from typing import Final, get_args

from schemas.contracts.base import Extent, Territory
from services.places.extents import KINDS, names
from services.places.topology.model import NetworkModel
from services.places.topology.resolving import inside
from services.places.topology.walks import below

IN_ORDER: Final[tuple[Territory, ...]] = get_args(Territory)
"""Nearest to the city first."""


def in_order(found: Iterable[Territory]) -> tuple[Territory, ...]:
    """Each once, nearest to the city first."""
    return tuple(sorted(set(found), key=IN_ORDER.index))


def territories(model: NetworkModel, extent: Extent) -> tuple[Territory, ...]:
    """Those of all that is below what `extent` names; of areas alone, of what lies in them. None where the model does not say."""
    meant = {kind: {one for name in names(extent, kind) for one in model.called(kind, name)} for kind in KINDS}
    roots = set().union(*(ids for kind, ids in meant.items() if kind != "areas"))
    if not roots:
        roots = {one for area in meant["areas"] for one in inside(model, area)} or meant["areas"]
    found: set[Territory] = set()
    front = {one for one in below(model, roots) if not model.fed(one)}
    seen: set[str] = set()
    while front:
        seen |= front
        onward: set[str] = set()
        for one in front:
            said = _said(model, one)
            found |= said
            onward.update(() if said else model.sources(one))
        front = onward - seen
    return in_order(found)


def _said(model: NetworkModel, element_id: str) -> set[Territory]:
    element = model.elements.get(element_id)
    if element is None:
        return set()
    if element.territory is not None:
        return {element.territory}
    areas = (model.elements.get(area) for area in element.areas)
    return {area.territory for area in areas if area is not None and area.territory is not None}
