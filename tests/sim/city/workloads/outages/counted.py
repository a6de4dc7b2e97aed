"""Outages of which dispatch says how many customers they cut: they grow, come back in parts and again, are short, or were none.

Nobody lives there, so nobody is told. All of it is hours old when it is told, out of order; the report of the month is held to it.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage
from tests.sim.judging.figures.reported import reported, told_of
from tests.sim.judging.figures.supply import by_number, differs

OFTEN: Final = 0.4
KIND: Final = "CT"
MINUTE: Final = 60.0
HOUR: Final = 3600.0
SPREAD: Final = 8.0
"""In so many seconds all of it is told."""
FATES: Final = ("long", "long", "long", "again", "short", "none", "unknown")


def draw(random: Random, town: Town) -> Sequence[Told]:
    """A few of them."""
    teller = Teller(random)
    for _ in range(1 + random.randint(*town.size.times)):
        mrid = teller.mrid(KIND)
        for happens, fact in _facts(random, mrid, random.choice(FATES)):
            teller.say(happens, fact, random.uniform(0, SPREAD) - happens)
    return teller.told


def _facts(random: Random, mrid: str, fate: str) -> Iterator[tuple[float, Any]]:
    """What happened, each with its instant, in its order."""
    places = tuple(f"{mrid}-nobody-{one}" for one in "abc")
    number = None if fate == "unknown" or random.random() < 0.2 else random.randint(1, 300)
    now = -random.uniform(8, 20) * HOUR
    yield now, _off(mrid, now, Extent(usage_points=places, customers_affected=number))
    if fate == "none":
        now += HOUR
        yield now, dispatch.OutageWithdrawn(mrid=mrid, withdrawn_at=at(now))
        return
    if fate == "short":
        now += random.uniform(1, 4) * MINUTE
        yield now, dispatch.SupplyRestored(mrid=mrid, restored_at=at(now))
        return
    back = list(places[:2])
    for _ in range(random.randint(0, 4)):
        now += random.uniform(12, 90) * MINUTE
        if fate != "unknown" and random.random() < 1 / 2:
            back = list(places[:2])
            grown = Extent(usage_points=places, customers_affected=random.randint(1, 400))
            yield now, dispatch.ExtentChanged(mrid=mrid, changed_at=at(now), extent=grown)
        elif back:
            some = None if random.random() < 1 / 4 else random.randint(1, 80)
            part = Extent(usage_points=(back.pop(0),), customers_affected=some)
            yield now, dispatch.SupplyRestored(mrid=mrid, restored_at=at(now), scope="part", extent=part)
    now += random.uniform(12, 60) * MINUTE
    yield now, dispatch.SupplyRestored(mrid=mrid, restored_at=at(now))
    if fate == "again":
        now += random.uniform(12, 60) * MINUTE
        yield now, dispatch.OutageReopened(mrid=mrid, reopened_at=at(now))
        now += random.uniform(12, 60) * MINUTE
        yield now, dispatch.SupplyRestored(mrid=mrid, restored_at=at(now))


def _off(mrid: str, happens: float, where: Extent) -> dispatch.OutageStarted:
    return dispatch.OutageStarted(mrid=mrid, outage_class="fault", started_at=at(happens), extent=where)


async def after(plan: Plan, stage: Stage) -> list[str]:
    """Figures of supply that are not what the facts of these outages come to; told in part they are not judged."""
    del plan
    facts = told_of(stage, KIND)
    theirs = await reported(stage, {fact.mrid for fact in facts})
    return [*differs("outages with numbers", by_number(facts), theirs)]
