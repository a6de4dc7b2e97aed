"""Dispatch draws where power is off: of five who live in one area it is known of four where they are."""

from collections.abc import Sequence
from random import Random

from msgspec.structs import replace

from connectors.registry.entry import RegistryEntry
from schemas.contracts.base import Extent, Polygon, Position
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.registering import Registered
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town, customer

OFTEN = 0.5
DRAWN = 80
"""Customers of this workload have numbers from here on."""
WEST, SOUTH, SIDE = 114.4, 23.0, 0.01
SPOTS = ((0.5, 0.5), (1.5, 0.5), None, (2.5, 0.5), (0.5, 1.5))
"""Where they live, in sides of a square from the corner of the town."""


def draw(random: Random, town: Town) -> Sequence[Act]:
    """They come first; then outages that each have the area's name and some squares, one beside the other, one over the other."""
    teller, line = Teller(random), random.choice(town.lines)
    acts = [_home(number, spot, line, town, random) for number, spot in enumerate(SPOTS)]
    for _ in range(random.randint(1, 2) * town.size.times[1]):
        mrid, begins = teller.mrid("DR"), random.uniform(2, 8)
        across, up = random.choice(((1, 1), (2, 1), (1, 2), (3, 1)))
        teller.off(mrid, begins, Extent(areas=(town.area(line),), shape=square(random.randint(0, 1), across, up)))
        teller.back(mrid, begins + random.uniform(3, 10))
    return [*acts, *teller.told]


def square(x: int, across: int, up: int) -> Polygon:
    """So many squares from the x-th on."""
    west, east, north = WEST + x * SIDE, WEST + (x + across) * SIDE, SOUTH + up * SIDE
    ring = ((west, SOUTH), (east, SOUTH), (east, north), (west, north), (west, SOUTH))
    return Polygon(coordinates=(ring,))


def _home(number: int, spot: tuple[float, float] | None, line: str, town: Town, random: Random) -> Registered:
    """Somebody of whom only the area is known, and perhaps where in it."""
    happens = 0.1 + number / 10
    entry = customer(DRAWN + number, line, random)
    where = None if spot is None else Position(longitude=WEST + spot[0] * SIDE, latitude=SOUTH + spot[1] * SIDE)
    one = replace(
        entry.customer, lines=(), usage_points=(), areas=(town.area(line),), position=where, updated_at=at(happens)
    )
    return Registered(happens, RegistryEntry(one, entry.numbers), "lives where an outage may be drawn")
