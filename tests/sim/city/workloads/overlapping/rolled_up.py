"""Small outages become one larger: it is said first, then they are said to be over, in one breath."""

from collections.abc import Sequence
from random import Random

from schemas.contracts.base import Extent
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller
from tests.sim.city.plan.town import Town


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each on any line; a small one is one point."""
    teller = Teller(random)
    for _ in range(random.randint(*town.size.times)):
        line, begins = random.choice(town.lines), random.uniform(0, 5)
        small = [(teller.mrid("S"), point) for point in town.points(line)[:2]]
        for number, (mrid, point) in enumerate(small):
            teller.off(mrid, begins + 0.2 * number, Extent(usage_points=(point,)))
        when, large = begins + random.uniform(4, 8), teller.mrid("L")
        teller.off(large, when, town.whole(line), late=0.0)
        for mrid, _ in small:
            teller.back(mrid, when + 0.01, late=0.0)
        teller.back(large, when + random.uniform(4, 10))
    return teller.told
