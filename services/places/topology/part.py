"""Hold the part of a network that some names mean, as it was when they were named; and say what they mean by it.

It is small enough to be kept beside an outage: what is switched or drawn anew since does not change what was meant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec
from msgspec.structs import replace

from schemas.contracts.base import Extent, Position, Shape
from schemas.contracts.network import ElementKind, ModelRef
from services.places.extents import KINDS, names
from services.places.names import forms
from services.places.shapes import covered
from services.places.topology.walks import above, below, without_power

POINT: Final = "usagePoint"
TRANSFORMERS: Final[frozenset[ElementKind]] = frozenset({"transformer", "substation"})
CUTS: Final = ("lines", "transformers", "usage_points")
"""What is without power; an area beside them says where that is."""


class PartElement(msgspec.Struct, frozen=True, array_like=True):
    """One element: from where power can come to it by closed switches, and whether it does come that way."""

    kind: ElementKind
    served: int | None
    ways: tuple[tuple[str, bool], ...] = ()


class KeptPart(msgspec.Struct, frozen=True):
    """A part as it is kept. `called`: `lines:10kv城东线` and the like, by the list of an extent and the normal name."""

    models: tuple[ModelRef, ...] = ()
    called: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    lying: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """What lies in the areas that are named."""
    elements: dict[str, PartElement] = msgspec.field(default_factory=dict)
    at: dict[str, tuple[float, float]] = msgspec.field(default_factory=dict)
    """Where transformers and usage points are, longitude and latitude, as far as the model says."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an extent means.

    `ends`: what stands for customers, usage points and transformers on which the model has none; of what has neither below it,
    what is named itself. `strangers`: what it names and the model does not have, places that are names and no more.
    """

    ends: frozenset[str]
    strangers: Extent


class NetworkPart:
    """A part of a network as wiring: what some names mean, all that hangs on it, and from where else power comes to that."""

    def __init__(self, kept: KeptPart) -> None:
        self.kept = kept
        self._below: dict[tuple[str, str], frozenset[str]] = {}

    @cached_property
    def _onward(self) -> Mapping[str, Mapping[str, bool]]:
        found: dict[str, dict[str, bool]] = defaultdict(dict)
        for one, element in self.kept.elements.items():
            for source, comes in element.ways:
                found[source][one] = comes or found[source].get(one, False)
        return found

    def sources(self, element_id: str) -> Iterable[str]:
        """See WiredElements."""
        element = self.kept.elements.get(element_id)
        return [source for source, comes in element.ways if comes] if element is not None else ()

    def neighbours(self, element_id: str) -> Iterable[str]:
        """See WiredElements."""
        element = self.kept.elements.get(element_id)
        return [source for source, _ in element.ways] if element is not None else ()

    def fed(self, element_id: str) -> Iterable[str]:
        """See WiredElements."""
        return [one for one, comes in self._onward.get(element_id, {}).items() if comes]

    def reaches(self, element_id: str) -> Iterable[str]:
        """See WiredElements."""
        return self._onward.get(element_id, ())

    @cached_property
    def ringed(self) -> bool:
        """Whether power can come to any of it in more than one way."""
        return any(len({source for source, _ in one.ways}) > 1 for one in self.kept.elements.values())

    def called(self, words: str, form: str) -> tuple[str, ...]:
        """The elements that a normal name means in one list of an extent."""
        return self.kept.called.get(f"{words}:{form}", ())

    def meaning(self, extent: Extent) -> Meaning:
        """What `extent` means: all that has no power without what it names. An area alone means what lies in it."""
        ids: dict[str, set[str]] = {}
        unknown: dict[str, tuple[str, ...]] = {}
        for kind in KINDS:
            ids[kind], strange = set(), []
            for name, form in zip(names(extent, kind), forms(names(extent, kind)), strict=True):
                meant = self.called(kind, form)
                ids[kind].update(meant)
                if form and not meant:
                    strange.append(name)
            unknown[kind] = tuple(strange)
        cut = set[str]().union(*(ids[kind] for kind in CUTS))
        if cut:
            # Where the cut is known, its areas only say where it is.
            unknown["areas"] = ()
            ends = self.ends(without_power(self, cut), cut)
        elif any(names(extent, kind) for kind in CUTS):
            # What is cut nobody knows; what of its areas is, neither.
            return Meaning(frozenset(), replace(extent, customers_affected=None, nominal_voltage=None))
        else:
            ends = self.ends(self._lying(ids["areas"], extent.shape))
            if extent.shape is not None and ends:
                # What the land means is known; its areas only say what it is called.
                unknown["areas"] = ()
        return Meaning(ends, replace(Extent(), **unknown))

    def _lying(self, areas: Iterable[str], shape: Shape | None) -> frozenset[str]:
        """What lies in areas; with a shape what is in it, and of the areas what the model says of no place of."""
        found = {one for area in areas for one in self.kept.lying.get(area, ())}
        return frozenset(found) if shape is None else self.inside(shape) | (found - self.kept.at.keys())

    def inside(self, shape: Shape) -> frozenset[str]:
        """The transformers and usage points in a shape; a point of which nothing is said is where its transformer is."""
        found = covered(shape, {one: Position(longitude=x, latitude=y) for one, (x, y) in self.kept.at.items()})
        fed = {point for one in found for point in self.fed(one) if point not in self.kept.at}
        return found | {point for point in fed if self.kept.elements[point].kind == POINT}

    def under(self, words: str, form: str) -> frozenset[str]:
        """One name's elements, and all to which power comes through them, other ways or none; of an area what lies in it."""
        key = (words, form)
        found = self._below.get(key)
        if found is None:
            ids = self.called(words, form)
            if words == "areas":
                ids = tuple({one for area in ids for one in self.kept.lying.get(area, ())})
            found = self._below[key] = below(self, ids)
        return found

    def lit(self, extent: Extent) -> frozenset[str]:
        """All to which power comes through what `extent` names; in a shape, and not in all of the areas that it is in."""
        kinds = KINDS if extent.shape is None else CUTS
        given = ((kind, form) for kind in kinds for form in forms(names(extent, kind)))
        found = frozenset[str]().union(*(self.under(kind, form) for kind, form in given))
        return found if extent.shape is None else found | self.inside(extent.shape)

    def ends_under(self, words: str, form: str) -> frozenset[str]:
        """Those of them that stand for customers."""
        return self.ends(self.under(words, form), self.called(words, form))

    def ends(self, elements: Collection[str], named: Collection[str] = ()) -> frozenset[str]:
        """Those of some elements that stand for customers; of those `named`, whatever has none below it stands for itself."""
        alone = (one for one in named if one in self.kept.elements and one not in self._over_ends)
        return self._ends.intersection(elements).union(alone)

    @cached_property
    def _ends(self) -> frozenset[str]:
        """Usage points, and transformers on which the model has none."""
        known = self.kept.elements
        points = {one for one, element in known.items() if element.kind == POINT}
        carriers = above(self, points)
        lone = {one for one, element in known.items() if element.kind in TRANSFORMERS and one not in carriers}
        return frozenset(points | lone)

    @cached_property
    def _over_ends(self) -> frozenset[str]:
        """Those, and all through which power comes to them."""
        return above(self, self._ends)

    def customers(self, ends: Iterable[str]) -> int | None:
        """How many customers these serve; a usage point of which nothing is said serves one. None where nobody can say."""
        total = 0
        for one in ends:
            element = self.kept.elements.get(one)
            if element is None or (element.served is None and element.kind != POINT):
                return None
            total += 1 if element.served is None else element.served
        return total

    def with_more(self, other: KeptPart) -> NetworkPart:
        """This part and what another has beyond it. What both have stays as it is here."""
        mine = self.kept
        models = mine.models + tuple(one for one in other.models if one not in mine.models)
        kept = KeptPart(
            models=models if other.elements else mine.models,
            called={**other.called, **mine.called},
            lying={**other.lying, **mine.lying},
            elements={**other.elements, **mine.elements},
            at={**other.at, **mine.at},
        )
        return NetworkPart(kept)


NO_PART: Final = KeptPart()
