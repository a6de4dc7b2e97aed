"""A line is off, a crew comes, and mostly power is back within the minute."""

from collections.abc import Sequence
from random import Random

from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller
from tests.sim.city.plan.town import Town

OFTEN = 2.0


def draw(random: Random, town: Town) -> Sequence[Told]:
    """One after the other, each on any line."""
    teller, now = Teller(random), random.uniform(0, 4)
    for _ in range(random.randint(*town.size.times)):
        mrid, ends = teller.mrid("F"), now + random.uniform(4, 12)
        teller.off(mrid, now, town.whole(random.choice(town.lines)))
        teller.steps(mrid, now, ends)
        if random.random() < 0.8:
            teller.back(mrid, ends)
        now = ends + random.uniform(-3, 6)
    return teller.told
