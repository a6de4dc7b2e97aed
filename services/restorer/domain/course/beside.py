"""Know what lies beside an outage: the network about it, and other outages that hold its places. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from schemas.contracts.base import Extent
from schemas.contracts.network import ModelRef
from schemas.contracts.restorations import PointsByModel, StaysOut
from services.places import extents
from services.places.extents import KINDS, names, says_nothing
from services.places.topology import NetworkPart
from services.restorer.domain.course.places import NOWHERE, JudgedClaim
from services.restorer.domain.events import ClaimByModel, SupplyByModel, TerritoryByModel
from services.restorer.domain.evidence.readings import PointReading
from services.restorer.domain.figures.sizes import sizes_of
from services.restorer.domain.lifecycle import Course, course_by
from services.restorer.domain.merging.judging import Survivors
from services.restorer.domain.state import SupplyState

NAMES_SHOWN: Final = 50
NAME_LENGTH: Final = 200  # schemas.contracts.base.Name


@dataclass(frozen=True, slots=True)
class OtherOutage:
    """Where another outage is off: the places it names, what of them has power, from when and until when."""

    mrid: str
    off: Extent
    but: Extent
    began: datetime | None
    ended: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it was off at an instant."""
        return (self.began is None or self.began <= at) and (self.ended is None or self.ended > at)


@dataclass(frozen=True, slots=True)
class LackedPlaces:
    """Lines and transformers that are named and no element goes by, in these editions, though they have others of that kind."""

    extent: Extent = NOWHERE
    models: tuple[ModelRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """What is read beside an outage's own facts. `gone`: places that it names and the network has no more."""

    network: NetworkPart | None = None
    gone: tuple[str, ...] = ()
    others: tuple[OtherOutage, ...] = ()
    readings: tuple[PointReading, ...] | None = None
    """What its meters said since it began; None where nobody has looked."""
    territory: TerritoryByModel | None = None
    """Where the network puts the places that a fact makes the first; None where it was not asked."""
    survivors: Survivors = field(default_factory=dict)
    """Outages as which this one may go on, where dispatch says that it does."""
    lacked: LackedPlaces | None = None
    """What the network does not have of the places named; None where it was not asked."""
    neighbours: Mapping[str, SupplyState] = field(default_factory=dict)
    """Other outages that lay at its places in its time, as they are now; only for one that looks at them again."""


NOTHING_BESIDE: Final = Beside()


@dataclass(frozen=True, slots=True)
class Held:
    """What of a restored part stays out under other outages: which, how many points of ours, and customers."""

    outages: tuple[StaysOut, ...] = ()
    points: frozenset[str] = frozenset()


def by_network(state: SupplyState, beside: Beside) -> tuple[Course, SupplyByModel | None]:
    """The course by the network, and what it says that was not known before; None where that is nothing."""
    network = beside.network
    course = course_by(state, network)
    if network is None:
        return course, None
    claims = [one.word for name, one in course.judged.items() if state.by_model.get(name) != one.word]
    claims += [ClaimByModel(claim=name, outcome="names") for name in state.by_model if name not in course.judged]
    ends = network.meaning(course.extent).ends
    word = SupplyByModel(
        mrid=state.mrid,
        network_models=network.kept.models,
        points=len(ends),
        customers=network.customers(ends) if ends else None,
        gone=tuple(name[:NAME_LENGTH] for name in beside.gone[:NAMES_SHOWN]),
    )
    said = tuple(sizes_of(state, course, network))
    silent = state.network is None and not ends
    if not claims and not said and (silent or word == state.network):
        return course, None
    return course, replace(word, claims=tuple(claims), extents=said)


def held_by_others(restored: Extent, judged: JudgedClaim | None, at: datetime, beside: Beside) -> Held:
    """What of places that got power at an instant another outage holds: by the network where it was asked, else by names."""
    found: list[StaysOut] = []
    points: frozenset[str] = frozenset()
    for other in beside.others:
        if not other.holds(at):
            continue
        if judged is not None and beside.network is not None:
            held = judged.fresh & (beside.network.meaning(other.off).ends - beside.network.lit(other.but))
            if held:
                points |= held
                served = beside.network.customers(held)
                found.append(StaysOut(mrid=other.mrid, extent=few(other.off), points=len(held), customers=served))
        elif not says_nothing(common := extents.common(restored, other.off)):
            found.append(StaysOut(mrid=other.mrid, extent=few(common)))
    return Held(tuple(found), points)


def few(extent: Extent) -> Extent:
    """Some of its names, for examples."""
    return replace(
        extent,
        customers_affected=None,
        nominal_voltage=None,
        **{kind: names(extent, kind)[:NAMES_SHOWN] for kind in KINDS},
    )


def figures(
    state: SupplyState, word: ClaimByModel | None, held: Held, network: NetworkPart | None
) -> PointsByModel | None:
    """How many points got power by a step, without those that stay out."""
    if word is None or state.network is None:
        return None
    customers = word.customers_restored
    if held.points and network is not None and customers is not None:
        staying = network.customers(held.points)
        customers = None if staying is None else customers - staying
    return PointsByModel(
        network_models=state.network.network_models,
        restored=word.restored - len(held.points),
        remaining=word.remaining,
        customers_restored=customers,
        customers_remaining=word.customers_remaining,
    )


def off_now(course: Course) -> OtherOutage | None:
    """How others see this outage; None where it holds nobody: not confirmed, closed, or nobody knows where it is."""
    episode = course.now
    began = episode.began or course.began
    since = began.at if began is not None else None
    if course.status in ("confirmed", "partiallyRestored"):
        found = OtherOutage("", course.remaining, course.but, since)
    elif course.status == "restored" and episode.ended is not None:
        found = OtherOutage("", *episode.last, since, episode.ended.at)
    else:
        return None
    return None if says_nothing(found.off) else found
