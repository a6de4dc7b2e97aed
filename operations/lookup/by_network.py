"""Find the outages at places that they do not name: by the network model, as the notifier has looked it up and goes by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from operations.lookup.named import SQL, Place
from operations.system.database import Connection, enter
from schemas.contracts.customers import CustomerUpserted
from services.notifier.domain.matching import NEARNESS
from services.notifier.domain.supplies import several

HOW_NEAR: Mapping[str, int] = {str(kind): nearness for kind, nearness in NEARNESS.items()}


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
