"""A whole line is off, and one point of it by an outage of its own, which stays off when the line is back."""

from collections.abc import Sequence
from random import Random

from schemas.contracts.base import Extent
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller
from tests.sim.city.plan.town import Town


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each on any line."""
    teller = Teller(random)
    for _ in range(random.randint(*town.size.times)):
        outer, inner, line = teller.mrid("N"), teller.mrid("NP"), random.choice(town.lines)
        begins = random.uniform(0, 5)
        ends = begins + random.uniform(4, 8)
        teller.off(outer, begins, town.whole(line))
        teller.off(inner, random.uniform(begins, ends), Extent(usage_points=(random.choice(town.points(line)),)))
        teller.back(outer, ends)
        teller.back(inner, ends + random.uniform(2, 10))
    return teller.told
