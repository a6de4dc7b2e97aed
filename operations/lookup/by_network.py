"""Find outages at places that they do not name, and on what these hang: by a shape, or by the network as it was looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from operations.lookup.named import SQL, Place
from operations.lookup.result import TouchingOutage
from operations.system.database import Connection, enter
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted
from services.concerned.matching import FIELDS, NEARNESS
from services.concerned.supplies import INSIDE, several
from services.network import asking
from services.notifier.tables.candidates.fed_elsewhere import fed_elsewhere
from services.places import normal
from services.places.extents import KINDS, names, says_nothing

MOST_PLACES = 20
"""Of so many places is asked on what they hang: a customer has fewer."""
HOW_NEAR: Mapping[str, int] = {str(kind): nearness for kind, nearness in NEARNESS.items()} | {INSIDE[0]: 0}


@dataclass(slots=True)
class MeantPlaces:
    """Of the places that are asked for those that hang on what an outage names, and those where a step gave power back."""

    off: set[Place] = field(default_factory=set)
    back: set[Place] = field(default_factory=set)

    def are_back(self, off: frozenset[Place], whom: Sequence[CustomerUpserted]) -> bool:
        """Whether power is back for whom is asked: nearer to them than what is `off`. Of several supplies each is judged apart."""
        nearest = max((HOW_NEAR[kind] for kind, _ in off), default=-1)
        return any(HOW_NEAR[kind] > nearest for kind, _ in self.back) and not any(several(one) for one in whom)


NOT_MEANT = MeantPlaces()


async def meant(connection: Connection, services: Sequence[str], places: frozenset[Place]) -> Mapping[str, MeantPlaces]:
    """By the mRID of each outage that is not over; nothing where the notifier's tables are not to be seen."""
    found: dict[str, MeantPlaces] = {}
    if "notifier" not in services or not places:
        return found
    await enter(connection, "notifier")
    for row in await connection.fetch(SQL["by_model"], [kind for kind, _ in places], [value for _, value in places]):
        one = found.setdefault(row["mrid"], MeantPlaces())
        (one.back if row["back"] else one.off).add((row["kind"], row["value"]))
    return found


async def find_through(connection: Connection, services: Sequence[str], hits: Sequence[TouchingOutage]) -> None:
    """Of the places that hang on what an outage names: on which of its names, as switches now stand."""
    if "notifier" not in services or not any(hit.by_network for hit in hits):
        return
    await enter(connection, "notifier")
    above: dict[Place, set[tuple[str, str]]] = {}
    for hit in hits:
        written = _written(hit)
        through: dict[str, tuple[str, ...]] = {}
        for said in hit.by_network[:MOST_PLACES] if written else ():
            kind, _, name = said.partition(":")
            if (place := (kind, name)) not in above:
                above[place] = await _above(connection, FIELDS[kind], name)  # type: ignore[index]
            through[said] = tuple(sorted(written[one] for one in above[place] & written.keys()))
        hit.through = {said: names for said, names in through.items() if names}


async def find_fed_elsewhere(
    connection: Connection, services: Sequence[str], hits: Sequence[TouchingOutage], whom: Sequence[CustomerUpserted]
) -> None:
    """Of the one who is asked for, with several supplies: the places to which power comes through nothing that an outage names."""
    if "notifier" not in services or len(whom) != 1 or not several(whom[0]):
        return
    await enter(connection, "notifier")
    if not await asking.editions(connection):
        return
    customer = whom[0].customer_id
    for hit in hits:
        if (extent := _off(hit)) is not None:
            hit.fed_elsewhere = (await fed_elsewhere(connection, hit.mrid, extent, [customer])).get(customer, ())


def _off(hit: TouchingOutage) -> Extent | None:
    """What an outage names still."""
    left = hit.view.remaining
    extent = left if left is not None and not says_nothing(left) else hit.view.extent
    if (extent is None or says_nothing(extent)) and hit.notice is not None:
        return hit.notice.extent
    return extent


def _written(hit: TouchingOutage) -> Mapping[tuple[str, str], str]:
    """What an outage names still: by list and normal name, as it was written."""
    extent = _off(hit)
    if extent is None:
        return {}
    return {(kind, normal(name)): name for kind in KINDS for name in names(extent, kind) if kind != "areas"}


async def _above(connection: Connection, words: str, form: str) -> set[tuple[str, str]]:
    """What all may be called through which power comes to what is called so."""
    ids = (await asking.meanings(connection, [(words, form)])).get((words, form), set())
    return await asking.names_of(connection, await asking.above(connection, ids)) if ids else set()


async def near(connection: Connection, services: Sequence[str], whom: Sequence[CustomerUpserted]) -> list[str]:
    """The outages of whose shape a rectangle holds one of these customers; whether the shape does is for who has it."""
    placed = [one.customer_id for one in whom if one.position is not None]
    if "notifier" not in services or not placed:
        return []
    await enter(connection, "notifier")
    return [row["mrid"] for row in await connection.fetch(SQL["by_shape"], placed)]
