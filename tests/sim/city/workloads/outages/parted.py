"""Several points are off under one outage; they have power again one after the other."""

from collections.abc import Sequence
from random import Random

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each on any line with more than one point, the others whole."""
    teller = Teller(random)
    for _ in range(random.randint(*town.size.times)):
        mrid, begins = teller.mrid("P"), random.uniform(0, 5)
        points = town.points(random.choice(town.lines))[:3]
        teller.off(mrid, begins, Extent(usage_points=tuple(points)))
        now = begins
        for point in points[:-1]:
            now += random.uniform(2, 5)
            part = dispatch.SupplyRestored(
                mrid=mrid, restored_at=at(now), scope="part", extent=Extent(usage_points=(point,)), evidence="crew"
            )
            teller.say(now, part)
        teller.back(mrid, now + random.uniform(3, 8))
    return teller.told
