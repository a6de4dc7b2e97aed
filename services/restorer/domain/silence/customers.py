"""What the watch knows of a customer, importance and places and nothing else; and which outages take power from them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted, Importance, Supply
from services.concerned.matching import FIELDS, Kind, match
from services.concerned.supplies import several, ways
from services.policy.duty import Rank, rank_of

_UNDATED: Final = datetime(2000, 1, 1, tzinfo=UTC)
AREAS: Final = "areas"


class WatchedCustomer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A customer of the registry, without name, address, position, contacts and device."""

    customer_id: str
    importance: Importance
    life_support: bool = False
    supplies: tuple[Supply, ...] = ()
    usage_points: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    transformers: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()

    @property
    def rank(self) -> Rank:
        """Whom they come before."""
        return rank_of(self.importance, life_support=self.life_support)

    def as_registered(self) -> CustomerUpserted:
        """As services/concerned asks for them: what the watch does not know is left out."""
        return CustomerUpserted(
            customer_id=self.customer_id,
            name=self.customer_id,
            importance=self.importance,
            life_support=self.life_support,
            supplies=self.supplies,
            usage_points=self.usage_points,
            lines=self.lines,
            transformers=self.transformers,
            areas=self.areas,
            updated_at=_UNDATED,
        )


def watched(word: CustomerUpserted) -> WatchedCustomer:
    """What the watch keeps of a word of the registry; their own plant is never off for us."""
    return WatchedCustomer(
        customer_id=word.customer_id,
        importance=word.importance,
        life_support=word.life_support,
        supplies=word.supplies,
        usage_points=word.usage_points,
        lines=word.lines,
        transformers=word.transformers,
        areas=word.areas,
    )


Found = Literal["named", "fed"]
"""Whether an outage names a place of a customer itself, or, by the network model, what feeds it and nothing else does."""


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """A place of a customer that an outage is about. `back`: power is back there, under that outage."""

    mrid: str
    kind: Kind
    value: str
    how: Found
    back: bool = False


@dataclass(frozen=True, slots=True)
class OffOutage:
    """An outage that is off: the lists of its extent that name anything, and whether a shape says where."""

    mrid: str
    began: datetime
    lists: frozenset[str] = frozenset()
    is_drawn: bool = False


@dataclass(frozen=True, slots=True)
class WatchedPlaces:
    """What was found of one customer's places. `in_model`: those that the network model has."""

    found: tuple[PlaceFound, ...] = ()
    in_model: frozenset[tuple[Kind, str]] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class HeldCustomer:
    """The outages that take power from a customer, the one that began first first; whether a supply of several is left to them."""

    outages: tuple[OffOutage, ...] = ()
    is_partly: bool = False


def held(customer: WatchedCustomer, places: WatchedPlaces, outages: Mapping[str, OffOutage]) -> HeldCustomer:
    """Which outages take power from a customer, by services/concerned.

    The watch never takes somebody for dark of whom that is not certain: where a shape says where power is off, areas say nothing
    (where premises lie is not known here); and what feeds a place says nothing once something nearer, or beside, is back.
    """
    by_outage: dict[str, list[PlaceFound]] = defaultdict(list)
    for one in places.found:
        by_outage[one.mrid].append(one)
    registered = customer.as_registered()
    holders: list[OffOutage] = []
    lost: set[str] = set()
    for mrid, found in by_outage.items():
        outage = outages.get(mrid)
        if outage is None:
            continue
        about = _about(found, outage)
        extent = replace(Extent(), **{FIELDS[kind]: tuple(sorted(values)) for kind, values in about.named.items()})
        kinds = [kind for kind, words in FIELDS.items() if words in outage.lists and words != AREAS]
        meant = about.fed - about.back
        if match(extent, [registered], meant=meant, back=about.back, spent=kinds, known=places.in_model):
            holders.append(outage)
            hits = {(kind, value) for kind, values in about.named.items() for value in values} | meant
            lost |= {way.id for way in ways(registered) if way.is_hit(hits, kinds, about.back - hits)}
    holders.sort(key=lambda one: (one.began, one.mrid))
    left = several(registered) and any(way.id not in lost for way in ways(registered))
    return HeldCustomer(tuple(holders), is_partly=bool(holders) and left)


@dataclass(slots=True)
class _About:
    """What one outage says of a customer's places: named as off, fed through what is off alone, and back."""

    named: dict[Kind, set[str]] = field(default_factory=lambda: defaultdict(set))
    fed: set[tuple[Kind, str]] = field(default_factory=set)
    back: set[tuple[Kind, str]] = field(default_factory=set)


def _about(found: Iterable[PlaceFound], outage: OffOutage) -> _About:
    about = _About()
    for one in found:
        if one.back:
            about.back.add((one.kind, one.value))
        elif one.how == "fed":
            about.fed.add((one.kind, one.value))
        elif not (one.kind == "area" and outage.is_drawn):
            about.named[one.kind].add(one.value)
    return about
