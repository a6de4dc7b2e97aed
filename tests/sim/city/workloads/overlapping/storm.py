"""A storm: lines and single points go off within two seconds, all over the city, and come back one after the other."""

from collections.abc import Sequence
from random import Random

from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller
from tests.sim.city.plan.town import Town

OFTEN = 0.5


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each outage has its start and mostly its end, and nothing between."""
    teller, breaks = Teller(random), random.uniform(0, 3)
    for _ in range(random.randint(4, 6) * town.size.times[1]):
        mrid, begins, line = teller.mrid("B"), breaks + random.uniform(0, 2), random.choice(town.lines)
        teller.off(mrid, begins, random.choice((town.whole(line), town.some(line, random))))
        if random.random() < 0.8:
            teller.back(mrid, begins + random.uniform(2, 12))
    return teller.told
