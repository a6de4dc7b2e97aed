"""Say which supplies of the customers who are asked for an outage takes: an area counts only where nothing better is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from operations.lookup.named import NamedThing, Place
from operations.lookup.result import LookupResult, TouchingOutage
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted, Supply
from services.concerned.matching import pairs
from services.concerned.supplies import INSIDE, WHERE, Plight, is_touched, named_kinds, plight, several, ways
from services.places import shapes

NOWHERE = Extent()


class SupplyHeld(NamedTuple):
    """An outage that takes a supply. `through`: the names in it on which that hangs; none where it names the supply itself."""

    mrid: str
    through: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SupplyStanding:
    """How one supply stands. Counted-off: nobody can say, and it counts as off with the main one."""

    supply: Supply
    state: Literal["on", "off", "counted-off", "own-plant"]
    held: tuple[SupplyHeld, ...] = ()


def standings(found: LookupResult) -> Sequence[SupplyStanding]:
    """The supplies of the one customer who is asked for, where they have several; in their order."""
    customer = _customer(found.known)
    if found.plight is None or customer is None:
        return ()
    places = {way.id: way.places for way in ways(customer)}
    hits = {hit.mrid: hit for hit in found.off}

    def held(one: Supply, mrid: str) -> SupplyHeld:
        through = hits[mrid].through
        own = (f"{kind}:{name}" for kind, name in sorted(places[one.id]))
        return SupplyHeld(mrid, tuple(dict.fromkeys(name for place in own for name in through.get(place, ()))))

    made = []
    for one in customer.supplies:
        if one.role == "own-generation":
            made.append(SupplyStanding(one, "own-plant"))
        elif words := found.plight.lost.get(one.id):
            made.append(SupplyStanding(one, "off", tuple(held(one, word.mrid) for word in words)))
        else:
            made.append(SupplyStanding(one, "counted-off" if found.plight.off else "on"))
    return made


def people(known: Sequence[NamedThing]) -> tuple[CustomerUpserted, ...]:
    """The customers who are asked for; nobody where a place is asked for itself."""
    return tuple(one for thing in known for one in thing.people) if all(thing.people for thing in known) else ()


def counted(places: frozenset[Place], extent: Extent, asked: Sequence[CustomerUpserted]) -> frozenset[Place]:
    """Of the places by which an outage there is found those that count for whom is asked; INSIDE, where its shape holds them."""
    named = named_kinds(extent)
    theirs = [(_by_shape(places & set(pairs(one)), extent, one), one) for one in asked]
    return frozenset(place for hits, one in theirs if is_touched(one, hits, named) for place in hits)


def _by_shape(hits: frozenset[Place], extent: Extent, one: CustomerUpserted) -> frozenset[Place]:
    """Of whom it is known where they are a shape says whether it touches them, and no area does."""
    if extent.shape is None or one.position is None:
        return hits
    elements = frozenset(place for place in hits if place[0] not in WHERE)
    return elements | {INSIDE} if shapes.covers(extent.shape, one.position) else elements


def plight_of(known: Sequence[NamedThing], off: Sequence[TouchingOutage], now: datetime) -> Plight | None:
    """How the supplies of the one customer stand who is asked for; None where that is not one with several."""
    one = _customer(known)
    if one is None or not several(one) or len(people(known)) < len(known):
        return None
    return plight(one, [_word(one, hit, now) for hit in off])


def _customer(known: Sequence[NamedThing]) -> CustomerUpserted | None:
    """The one who is asked for by name or text; None where that is nobody, or several."""
    asked = {one.customer_id: one for thing in known if thing.kind in ("customer", "text") for one in thing.people}
    return next(iter(asked.values())) if len(asked) == 1 else None


def _word(one: CustomerUpserted, hit: TouchingOutage, now: datetime) -> CustomerTouched:
    where = hit.view.extent or (hit.notice.extent if hit.notice else NOWHERE)
    left = hit.view.remaining or NOWHERE
    held = set(pairs(where if left.is_empty() else left))
    by = tuple(said for said in hit.by if said in hit.by_network or tuple(said.split(":", 1)) in held)
    return CustomerTouched(
        customer_id=one.customer_id,
        mrid=hit.mrid,
        outage_version=1,
        touched=True,
        matched_by=by,
        back_at=hit.back_by_network,
        fed_elsewhere=hit.fed_elsewhere,
        named_kinds=tuple(sorted(named_kinds(where))),
        outage_class=hit.view.outage_class or "fault",
        status="out",
        trigger="asked for",
        started_at=hit.view.since,
        at=now,
    )
