"""Find out which elements a word about places means: those named, and those that are dark without them."""

from dataclasses import dataclass

from msgspec.structs import replace

from schemas.contracts.base import Extent, Shape
from services.places.extents import KINDS, names
from services.places.shapes import covered
from services.places.topology.model import NetworkModel
from services.places.topology.walks import without_power


@dataclass(frozen=True, slots=True)
class Resolved:
    """What an extent means by a model."""

    named: frozenset[str]
    """The elements that it names."""
    elements: frozenset[str]
    """Those and all that have no power without them. Of an area or a shape: what lies in it, whatever feeds that; of both
    the shape decides wherever the model says where an element is."""
    unknown: Extent
    """What it names and the model does not have: places that are names and no more."""
    doubtful: tuple[str, ...] = ()
    """Names that more than one element has: all of them are meant, until somebody says which."""
    lying: frozenset[str] = frozenset()
    """Of the elements those that are meant for where they lie alone: in its areas, or its shape."""

    def points(self, model: NetworkModel) -> frozenset[str]:
        """The usage points among them."""
        return frozenset(
            one for one in self.elements if one in model.elements and model.elements[one].kind == "usagePoint"
        )


def resolve(model: NetworkModel, extent: Extent) -> Resolved:
    """What `extent` means; a name written anyhow is that of the element which is called so."""
    cut, areas, doubtful, unknown = set[str](), set[str](), list[str](), dict[str, tuple[str, ...]]()
    for kind in KINDS:
        strangers = []
        for name in names(extent, kind):
            meant = model.called(kind, name)
            if not meant:
                strangers.append(name)
            elif len(meant) > 1:
                doubtful.append(name)
            (areas if kind == "areas" else cut).update(meant)
        unknown[kind] = tuple(strangers)
    lying = {one for area in areas for one in inside(model, area)}
    if extent.shape is not None:
        lying = {one for one in lying if model.elements[one].position is None} | inside_shape(model, extent.shape)
    dark = without_power(model, cut)
    return Resolved(
        named=frozenset(cut | areas),
        elements=dark | areas | lying,
        unknown=replace(extent, **unknown, customers_affected=None),
        doubtful=tuple(dict.fromkeys(doubtful)),
        lying=frozenset(lying - dark),
    )


def inside(model: NetworkModel, area: str) -> frozenset[str]:
    """The transformers and usage points in an area; a point of which the model does not say where lies where its transformer does.

    A line runs through areas: that it is named there does not put all that hangs on it into them.
    """
    lying = {one for one in model.within(area) if model.elements[one].kind in ("transformer", "usagePoint")}
    return frozenset(lying | {point for one in lying for point in model.fed(one) if _lies_with(model, point)})


def inside_shape(model: NetworkModel, shape: Shape) -> frozenset[str]:
    """The transformers and usage points in a shape; a point of which the model does not say where is where its transformer is."""
    placed = {
        one: element.position
        for one, element in model.elements.items()
        if element.kind in ("transformer", "usagePoint") and element.position is not None
    }
    found = covered(shape, placed)
    return found | {point for one in found for point in model.fed(one) if _is_unplaced_point(model, point)}


def _is_unplaced_point(model: NetworkModel, point: str) -> bool:
    element = model.elements[point]
    return element.kind == "usagePoint" and element.position is None


def _lies_with(model: NetworkModel, point: str) -> bool:
    element = model.elements[point]
    return element.kind == "usagePoint" and not element.areas
