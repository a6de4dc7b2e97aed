"""Take a part of a network in memory, as services/network/surroundings.py reads it from tables."""

from collections.abc import Collection, Iterable

from schemas.contracts.base import Position, Shape
from schemas.contracts.network import ModelRef
from services.places.names import normal
from services.places.topology import KeptPart, NetworkModel, PartElement, below
from services.places.topology.model import KINDS_NAMED, called
from services.places.topology.resolving import inside, inside_shape
from tests.kits.network.models import EDITION


def part_of(
    model: NetworkModel,
    named: Collection[tuple[str, str]],
    models: tuple[ModelRef, ...] = (EDITION,),
    drawn: Collection[Shape] = (),
) -> KeptPart:
    """What names mean, pairs of the list of an extent and the normal name, and shapes."""
    found = {place: ids for place in named if (ids := model.called(*place))}
    areas = {one for (words, _), ids in found.items() if words == "areas" for one in ids}
    lying = {area: tuple(sorted(inside(model, area))) for area in areas}
    roots = {one for (words, _), ids in found.items() if words != "areas" for one in ids}
    roots |= {one for shape in drawn for one in inside_shape(model, shape)}
    dark = below(model, roots | {one for ids in lying.values() for one in ids})
    wide = [one for one in dark if model.elements[one].kind != "usagePoint"]
    also = _called(model, wide)
    return KeptPart(
        models=models,
        called={**also, **{":".join(place): tuple(sorted(ids)) for place, ids in found.items()}},
        lying=lying,
        elements={one: _element(model, one) for one in sorted(dark)},
        at={one: (at.longitude, at.latitude) for one in sorted(dark) if (at := _at(model, one)) is not None},
    )


def _at(model: NetworkModel, one: str) -> Position | None:
    element = model.elements[one]
    return element.position if element.kind in ("transformer", "usagePoint") else None


def _called(model: NetworkModel, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for one in ids:
        element = model.elements[one]
        for words, kinds in KINDS_NAMED.items():
            if element.kind in kinds:
                for form in {normal(name) for name in called(element)}:
                    found.setdefault(f"{words}:{form}", set()).add(one)
    return {name: tuple(sorted(those)) for name, those in found.items()}


def _element(model: NetworkModel, one: str) -> PartElement:
    sources = set(model.sources(one))
    ways = tuple((source, source in sources) for source in model.neighbours(one))
    return PartElement(model.elements[one].kind, model.elements[one].customers_served, ways)
