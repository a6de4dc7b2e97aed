"""Sums with extents: what of one lies in another, what is left. Each kind of name is a set of its own."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from schemas.base import Extent

KINDS = ("lines", "areas", "transformers", "usage_points")


def names(extent: Extent, kind: str) -> tuple[str, ...]:
    """The names of one kind: lines, areas, transformers or usage_points."""
    found: tuple[str, ...] = getattr(extent, kind)
    return found


def all_names(extent: Extent) -> tuple[str, ...]:
    """Every name in the extent, lines first."""
    return tuple(name for kind in KINDS for name in names(extent, kind))


def _within(some: tuple[str, ...], known: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in some if name in known)


def _without(some: tuple[str, ...], gone: tuple[str, ...]) -> tuple[str, ...]:
    known = frozenset(gone)
    return tuple(name for name in some if name not in known)


def minus(whole: Extent, part: Extent) -> Extent:
    """What of `whole` is not in `part`; the count of customers shrinks when both are known."""
    left = {kind: _without(names(whole, kind), names(part, kind)) for kind in KINDS}
    count = whole.customers_affected
    if count is not None and part.customers_affected is not None:
        count = max(0, count - part.customers_affected)
    return replace(whole, **left, customers_affected=count)


def common(one: Extent, other: Extent) -> Extent:
    """What lies in both; counts of customers are not guessed."""
    both = {kind: _within(names(one, kind), frozenset(names(other, kind))) for kind in KINDS}
    return replace(one, **both, customers_affected=None)


def union(extents: Iterable[Extent]) -> Extent:
    """All names of all extents, sorted, so that the order in which they came does not show."""
    gathered: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for extent in extents:
        if extent.is_empty():
            continue
        for kind in KINDS:
            gathered[kind].update(names(extent, kind))
    return replace(Extent(), **{kind: tuple(sorted(found)) for kind, found in gathered.items()})


def follow(known: Extent, said: Extent) -> Extent:
    """The extent after a new word on it: the names are replaced as a whole, unless the word names nothing.

    A word that names nothing says nothing about where (schemas.base.Extent), but may carry a new count of customers.
    """
    if not said.is_empty():
        return said
    return replace(
        known,
        customers_affected=known.customers_affected if said.customers_affected is None else said.customers_affected,
        nominal_voltage=known.nominal_voltage if said.nominal_voltage is None else said.nominal_voltage,
    )


def not_covered(claim: Extent, remaining: Extent) -> tuple[str, ...]:
    """The names still out that `claim` leaves aside, in those kinds that it names at all."""
    spoken = [kind for kind in KINDS if names(claim, kind)]
    return tuple(n for kind in spoken for n in _without(names(remaining, kind), names(claim, kind)))
