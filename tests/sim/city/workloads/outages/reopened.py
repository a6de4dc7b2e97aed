"""Power comes back, goes off again under the same outage, and comes back for good."""

from collections.abc import Sequence
from random import Random

from schemas.contracts import dispatch
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each on any line."""
    teller = Teller(random)
    for _ in range(random.randint(*town.size.times)):
        mrid, begins = teller.mrid("R"), random.uniform(0, 5)
        ends = begins + random.uniform(3, 6)
        again = ends + random.uniform(1, 6)
        teller.off(mrid, begins, town.whole(random.choice(town.lines)))
        teller.back(mrid, ends)
        teller.say(again, dispatch.OutageReopened(mrid=mrid, reopened_at=at(again)))
        teller.back(mrid, again + random.uniform(3, 8))
    return teller.told
