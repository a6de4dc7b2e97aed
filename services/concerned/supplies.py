"""Tell which of a customer's supplies an outage takes, and whether the customer is off. Pure.

Off is who has lost every supply that is known and not their own plant; a supply of which nobody can say how it stands counts
as lost with the main one. Where the network model has power come to it through nothing that the outage names, that says it. Of
whom no supplies are known all places are one: whatever of it is off, they are off.

The most specific element that is known decides: an area says nothing of a supply whose line, transformer or usage point is
known, where the outage names elements of that kind. Nor does a shape that the customer is inside of, which else stands for an area.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted, Supply
from services.places import normal, normals

Place = tuple[str, str]
"""Kind and normal name."""
INSIDE: Final[Place] = ("shape", "inside")
"""Among the places by which an outage touches: the customer's coordinates lie in its shape."""
WHERE: Final = ("area", "shape")
"""What says where power is off, and not what is."""
WIDEST_FIRST: Final = ("line", "transformer", "usagePoint")
"""Kinds of element, each wider than those behind it, and less near to the customer; an area is none."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way by which a customer takes power from the grid. `supply`: None where it is all that is known of them."""

    supply: Supply | None
    places: frozenset[Place]
    is_main: bool = True

    @property
    def id(self) -> str:
        """Its name among the customer's."""
        return self.supply.id if self.supply is not None else ""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of element by which it is known."""
        return frozenset(kind for kind, _ in self.places)

    def by_area(self, named: Collection[str]) -> bool:
        """Whether an area says how it stands, in an outage that names elements of these kinds."""
        return (self.is_main or bool(self.places)) and self.kinds.isdisjoint(named)

    def is_hit(self, hits: Collection[Place], named: Collection[str], lit: Collection[Place] = ()) -> bool:
        """Whether an outage takes it that names these of the customer's places, and gave power back at those of `lit`.

        Where power is back what is less near to the customer says nothing any more: not the line of their transformer.
        """
        back = max((WIDEST_FIRST.index(kind) for kind, name in self.places if (kind, name) in lit), default=-1)
        if any(WIDEST_FIRST.index(kind) >= back for kind, name in self.places if (kind, name) in hits):
            return True
        return back < 0 and any(kind in WHERE for kind, _ in hits) and self.by_area(named)

    def is_unsure(self, named: Collection[str]) -> bool:
        """Whether an outage that names elements of these kinds, and not this one, may take it all the same.

        It may where it names something wider than all by which this supply is known: of a transformer it is not known on
        which line it hangs. What is narrower and somewhere else leaves a line as it is.
        """
        if not self.places:
            return True
        if not self.kinds.isdisjoint(named):
            return False
        widest = next((kind for kind in WIDEST_FIRST if kind in named), None)
        own = next(kind for kind in WIDEST_FIRST if kind in self.kinds)
        return widest is not None and WIDEST_FIRST.index(widest) < WIDEST_FIRST.index(own)


@dataclass(frozen=True, slots=True)
class Plight:
    """How a customer's supplies stand. `lost`: by supply, the outages that hold it; empty where none is lost."""

    off: bool
    lost: Mapping[str, tuple[CustomerTouched, ...]] = field(default_factory=dict)
    claimed: frozenset[str] = frozenset()
    """Of those that are lost: said to be back by every outage that holds it, and not proven."""
    unsure: frozenset[str] = frozenset()
    """The same, or the list of the outage lacks it: nobody can say just now whether it is off."""

    @property
    def ids(self) -> frozenset[str]:
        """The supplies that are lost."""
        return frozenset(self.lost)

    @property
    def is_partly(self) -> bool:
        """Whether something is lost and the customer has power."""
        return bool(self.lost) and not self.off


def named_kinds(extent: Extent) -> frozenset[str]:
    """The kinds of which an extent names elements; areas are no element."""
    given = {"line": extent.lines, "transformer": extent.transformers, "usagePoint": extent.usage_points}
    return frozenset(kind for kind, names in given.items() if any(map(normal, names)))


def _may_take(word: CustomerTouched, way: Way) -> bool:
    """Whether nobody can say that an outage leaves it: dispatch does, where power is back at a place of it; or the network."""
    return way.is_unsure(_named(word)) and way.places.isdisjoint(_places((*word.back_at, *word.fed_elsewhere)))


@lru_cache(maxsize=4_096)
def _of_supply(supply: Supply) -> Way:
    given = (("line", supply.line), ("transformer", supply.transformer), ("usagePoint", supply.usage_point))
    places = frozenset((kind, name) for kind, written in given if written and (name := normal(written)))
    return Way(supply, places, supply.role == "main")


def ways(customer: CustomerUpserted) -> tuple[Way, ...]:
    """The ways by which a customer takes power from the grid, in their order."""
    if customer.supplies:
        return tuple(_of_supply(one) for one in customer.supplies if one.role != "own-generation")
    given = (("line", customer.lines), ("transformer", customer.transformers), ("usagePoint", customer.usage_points))
    return (Way(None, frozenset((kind, name) for kind, names in given for name in normals(names))),)


def is_touched(customer: CustomerUpserted, hits: Collection[Place], named: Collection[str]) -> bool:
    """Whether an outage takes any supply of a customer; `hits`: of their places those that it names."""
    return bool(hits) and any(way.is_hit(hits, named) for way in ways(customer))


def several(customer: CustomerUpserted | None) -> bool:
    """Whether a customer has more than one way, so that one may be lost and they have power."""
    return customer is not None and len(customer.supplies) > 1 and len(ways(customer)) > 1


def supply_rows(customer: CustomerUpserted) -> Mapping[str, tuple[str, ...]]:
    """Table customer_supply: of whoever has several, those of which an area may say how they stand, with their kinds."""
    if not several(customer):
        return {}
    return {way.id: tuple(sorted(way.kinds)) for way in ways(customer) if way.by_area(())}


def hit_by(customer: CustomerUpserted, word: CustomerTouched) -> frozenset[str]:
    """The supplies that one outage takes, or will; of a customer with one way that one."""
    if not several(customer):
        return frozenset(way.id for way in ways(customer))
    return frozenset(way.id for way in ways(customer) if _takes(word, way))


def plight(customer: CustomerUpserted | None, holding: Iterable[CustomerTouched]) -> Plight:
    """How the supplies stand while these outages hold the customer."""
    words = tuple(holding)
    if customer is None or not several(customer):
        if not words:
            return Plight(off=False)
        claimed = all(word.proof_pending for word in words)
        unsure = all(word.proof_pending or word.perhaps_restored == "held" for word in words)
        one = frozenset({""})
        return Plight(True, {"": words}, one if claimed else frozenset(), one if unsure else frozenset())
    lost: dict[str, tuple[CustomerTouched, ...]] = {}
    for way in ways(customer):
        theirs = tuple(word for word in words if _takes(word, way))
        if theirs:
            lost[way.id] = theirs
    mains = [way.id for way in ways(customer) if way.is_main]
    main_lost = all(one in lost for one in mains)
    of_main = [word for one in mains for word in lost.get(one, ())]
    uncertain = {
        way.id
        for way in ways(customer)
        if way.id not in lost and main_lost and any(_may_take(word, way) for word in of_main)
    }
    return Plight(
        bool(lost) and all(way.id in lost or way.id in uncertain for way in ways(customer)),
        lost,
        claimed=frozenset(
            way.id for way in ways(customer) if way.id in lost and all(_is_claimed(one, way) for one in lost[way.id])
        ),
        unsure=frozenset(
            way.id
            for way in ways(customer)
            if way.id in lost and all(_is_claimed(one, way) or one.perhaps_restored == "held" for one in lost[way.id])
        ),
    )


def is_said_back(customer: CustomerUpserted | None, word: CustomerTouched) -> bool:
    """Whether of every supply that one outage takes power is said to be back under it, and not proven."""
    if word.proof_pending or customer is None or not several(customer):
        return word.proof_pending
    taken = [way for way in ways(customer) if _takes(word, way)]
    return bool(taken) and all(_is_claimed(word, way) for way in taken)


def _is_claimed(word: CustomerTouched, way: Way) -> bool:
    """Whether the outage would take it no more, were what is said to be back proven."""
    if word.proof_pending or not word.said_back_at:
        return word.proof_pending
    claimed = _places(word.said_back_at)
    left, back = _places(word.matched_by) - claimed, claimed | _places(word.back_at)
    return not way.is_hit(left, _named(word), back)


def _takes(word: CustomerTouched, way: Way) -> bool:
    return way.is_hit(_places(word.matched_by), _named(word), _places(word.back_at))


@lru_cache(maxsize=4_096)
def _places(matched_by: tuple[str, ...]) -> frozenset[Place]:
    parted = (by.partition(":") for by in matched_by)
    # Words of a version before compared names in another form.
    return frozenset((kind, normal(name)) for kind, _, name in parted)


def _named(word: CustomerTouched) -> frozenset[str]:
    """The kinds of which the outage names elements; a word of before says no more than what of them concerns the customer."""
    return frozenset(word.named_kinds) if word.named_kinds else named_kinds(word.extent)
