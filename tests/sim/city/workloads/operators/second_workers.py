"""A second worker of a service begins beside the first, in the middle of everything: it takes half of the partitions."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from devstack.system import SERVICES
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.teller import Teller
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage

OFTEN = 0.5


@dataclass(frozen=True, slots=True)
class Second:
    """Another worker of a service; nothing befalls it but what befalls everybody."""

    at: float
    service: str

    @property
    def about(self) -> str:
        """The worker."""
        return f"{self.service}-1"

    async def do(self, stage: Stage) -> None:
        """See Act."""
        stage.system.second(self.service)

    def __str__(self) -> str:
        """For a person."""
        return f"a second {self.service} begins"


def draw(random: Random, town: Town) -> Sequence[Act]:
    """One or more services, and outages meanwhile."""
    teller = Teller(random)
    for _ in range(random.randint(*town.size.times)):
        mrid, begins = teller.mrid("V"), random.uniform(0, 6)
        teller.off(mrid, begins, town.whole(random.choice(town.lines)))
        teller.back(mrid, begins + random.uniform(3, 8))
    whom = random.sample(SERVICES, random.randint(1, len(SERVICES)))
    return [*teller.told, *(Second(random.uniform(0, 10), name) for name in whom)]
