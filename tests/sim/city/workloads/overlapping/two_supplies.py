"""A customer with two supplies loses one, then the other too, or one as the other comes back; sometimes both in one outage."""

from collections.abc import Sequence
from random import Random

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller
from tests.sim.city.plan.town import Town

COURSES = ("one", "one after the other", "in the other's place", "both in one")


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each for one of them; where nobody has two, a line is off as ever."""
    teller, works = Teller(random), [one.customer for one in town.customers if len(_lines(one.customer)) > 1]
    for _ in range(random.randint(*town.size.times)):
        begins = random.uniform(0, 4)
        if works:
            _course(teller, random.choice(COURSES), random.sample(_lines(random.choice(works)), 2), begins)
        else:
            mrid = teller.mrid("U")
            teller.off(mrid, begins, town.whole(random.choice(town.lines)))
            teller.back(mrid, begins + random.uniform(4, 8))
    return teller.told


def _course(teller: Teller, course: str, lines: Sequence[str], begins: float) -> None:
    random, (first, second) = teller.random, lines
    one, other = teller.mrid("U"), teller.mrid("U")
    ends = begins + random.uniform(4, 8)
    if course == "both in one":
        teller.off(one, begins, Extent(lines=(first, second)))
        teller.back(one, ends)
        return
    teller.off(one, begins, Extent(lines=(first,)))
    teller.back(one, ends)
    if course == "one":
        return
    comes = random.uniform(begins + 0.5, ends) if course == "one after the other" else ends + random.uniform(-0.2, 1)
    teller.off(other, comes, Extent(lines=(second,)))
    teller.back(other, max(comes, ends) + random.uniform(2, 8))


def _lines(one: CustomerUpserted) -> list[str]:
    return list(dict.fromkeys(one.own_lines)) if one.supplies else []
