"""Calculate with extents: what of one lies in another, what is left. Each kind of name is a set of its own.

Places are compared by their normal names and told as they were written. An extent that names no place and has no shape says
nothing. Where both of two extents have a shape it says what of one lies in the other, and areas are what that land is called.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from schemas.contracts.base import Extent, Shape
from services.places import shapes
from services.places.names import chosen, first_of_each, forms, normal, normals, prepared

KINDS: Final = ("lines", "areas", "transformers", "usage_points")
ELEMENTS: Final = ("lines", "transformers", "usage_points")
"""What is without power; areas and a shape say where that is."""


def names(extent: Extent, kind: str) -> tuple[str, ...]:
    """The names of one kind: lines, areas, transformers or usage_points, as they were written."""
    found: tuple[str, ...] = getattr(extent, kind)
    return found


def all_names(extent: Extent) -> tuple[str, ...]:
    """Every name in the extent, as it was written, lines first."""
    return tuple(name for kind in KINDS for name in names(extent, kind))


def says_nothing(extent: Extent) -> bool:
    """Whether no place is named: no shape, and lists empty, or of names that show nothing."""
    # Name by name: the first mostly says it.
    return extent.shape is None and names_nothing(extent)


def names_nothing(extent: Extent) -> bool:
    """The same of its names alone."""
    return not any(normal(name) for kind in KINDS for name in names(extent, kind))


def same(one: Extent, other: Extent) -> bool:
    """Whether both name the same places, however written; counts and voltage do not tell them apart."""
    named = all(normals(names(one, kind)) == normals(names(other, kind)) for kind in KINDS)
    return named and shapes.same(one.shape, other.shape)


def inside(part: Extent, whole: Extent) -> bool:
    """Whether `whole` has every place of `part`."""
    kinds: tuple[str, ...] = KINDS
    if part.shape is not None and whole.shape is not None:
        if not shapes.inside(part.shape, whole.shape):
            return False
        kinds = ELEMENTS
    elif part.shape is not None and not part.areas:
        # Of land alone nobody can say in which of the places it lies that are names.
        return False
    return all(normals(names(part, kind)) <= normals(names(whole, kind)) for kind in kinds)


def within(some: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Those of `some`, as written, that mean a place of `known`; blank ones are dropped."""
    return chosen(some, normals(known).__contains__)


def without(some: Iterable[str], gone: Iterable[str]) -> tuple[str, ...]:
    """Those of `some`, as written, that mean no place of `gone`; blank ones are dropped."""
    places = normals(gone)
    return chosen(some, lambda place: place not in places)


def minus(whole: Extent, part: Extent) -> Extent:
    """What of `whole` is not in `part`; the count of customers shrinks when both are known.

    A shape stays as long as a place is left that it is about. Areas of which `part` is only some land are left, too.
    """
    left = {kind: without(names(whole, kind), names(part, kind)) for kind in ELEMENTS}
    areas, shape = whole.areas, whole.shape
    if part.shape is None:
        areas = without(areas, part.areas)
    elif shape is not None:
        shape = shapes.minus(shape, part.shape)
        areas = areas if shape is not None else ()
    if shape is not None and not names_nothing(whole) and not (areas or any(left.values())):
        shape = None
    count = whole.customers_affected
    if count is not None and part.customers_affected is not None:
        count = max(0, count - part.customers_affected)
    return replace(whole, **left, areas=areas, shape=shape, customers_affected=count)


def common(one: Extent, other: Extent) -> Extent:
    """What lies in both, as `one` writes it; counts of customers are not guessed."""
    both = {kind: within(names(one, kind), names(other, kind)) for kind in ELEMENTS}
    if one.shape is not None and other.shape is not None:
        shape = shapes.common(one.shape, other.shape)
        areas = within(one.areas, other.areas) if shape is not None else ()
    else:
        areas = within(one.areas, other.areas)
        shape = (one.shape or other.shape) if areas or any(both.values()) else None
    return replace(one, **both, areas=areas, shape=shape, customers_affected=None)


def union(extents: Iterable[Extent]) -> Extent:
    """All places of all extents, sorted, so that the order in which they came does not show."""
    gathered: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    given = tuple(extents)
    for extent in given:
        for kind in KINDS:
            written = names(extent, kind)
            gathered[kind].update(zip(written, forms(written), strict=True))
    # Sorted first: of two ways to write one place it is always the same that stays.
    return replace(Extent(), **{kind: _once(found) for kind, found in gathered.items()}, shape=_shape_of_all(given))


def _shape_of_all(given: Iterable[Extent]) -> Shape | None:
    """The land of all extents; None where one of them is a place without it, which that of the others would cut out."""
    some = [extent for extent in given if not says_nothing(extent)]
    drawn = [extent.shape for extent in some if extent.shape is not None]
    if not drawn or (len(drawn) < len(some) and all(extent.areas for extent in some if extent.shape is not None)):
        return None
    return shapes.union(drawn)


def _once(forms_of: dict[str, str]) -> tuple[str, ...]:
    order = sorted(forms_of)
    return first_of_each(zip(map(forms_of.__getitem__, order), order, strict=True))


def follow(known: Extent, said: Extent) -> Extent:
    """The extent after a new word on it: the names are replaced as a whole, unless the word names nothing.

    A word that names nothing says nothing about where (schemas.contracts.base.Extent), but may carry a new count of customers.
    """
    if not says_nothing(said):
        return said
    return replace(
        known,
        customers_affected=known.customers_affected if said.customers_affected is None else said.customers_affected,
        nominal_voltage=known.nominal_voltage if said.nominal_voltage is None else said.nominal_voltage,
    )


def not_covered(claim: Extent, remaining: Extent) -> tuple[str, ...]:
    """The names still out that `claim` leaves aside, in those kinds that it names at all."""
    spoken = [kind for kind in KINDS if normals(names(claim, kind))]
    if claim.shape is not None and remaining.shape is not None:
        left_aside = not shapes.inside(remaining.shape, claim.shape)
        elements = [kind for kind in spoken if kind != "areas"]
        unnamed = tuple(name for kind in elements for name in without(names(remaining, kind), names(claim, kind)))
        return (*unnamed, *(remaining.areas if left_aside else ()))
    return tuple(name for kind in spoken for name in without(names(remaining, kind), names(claim, kind)))


def prepare(value: object) -> Iterator[None]:
    """Find the normal forms of all extents in a value of ours, in small steps: what is judged of them then costs little."""
    if isinstance(value, Extent):
        for kind in KINDS:
            yield from prepared(names(value, kind))
        return
    for part in _parts(value):
        if not isinstance(part, str):
            yield from prepare(part)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return chain(value, value.values())
    if isinstance(value, tuple | list | frozenset):
        return value
    fields = value.__struct_fields__ if isinstance(value, Struct) else getattr(type(value), "__dataclass_fields__", ())
    return (getattr(value, name) for name in fields)
