"""Another system tells of faults: it spells places otherwise, writes instants in its own zone, and fields that we do not know."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.spelling import foreign
from tests.sim.city.plan.teller import Teller
from tests.sim.city.plan.town import Town


def draw(random: Random, town: Town) -> Iterator[Told]:
    """Faults on lines and on single points."""
    teller = Teller(random)
    for _ in range(random.randint(*town.size.times)):
        mrid, begins, line = teller.mrid("X"), random.uniform(0, 5), random.choice(town.lines)
        ends = begins + random.uniform(4, 12)
        teller.off(mrid, begins, random.choice((town.whole(line), town.some(line, random))))
        teller.steps(mrid, begins, ends)
        teller.back(mrid, ends)
    # What is sent twice is the same twice, or it would be another fact under the same id.
    bodies = {one.id: foreign(one.fact, random) for one in teller.told}
    return (replace(one, body=bodies[one.id]) for one in teller.told)
