"""Outages of a line and of transformers on it, hours old, told in any order: one may be heard of when the other is long over.

Whoever lives there has one customer's hours in the dark, under however many outages; the report of the month is held to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageStarted, SupplyRestored
from schemas.contracts.network import NetworkElement
from tests.kits.network.models import element
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.stage import Stage
from tests.sim.judging.figures.reported import reported, told_of
from tests.sim.judging.figures.supply import by_home, differs

LINE: Final = "G-Y"
TRANSFORMERS: Final = ("G-Y1", "G-Y2", "G-Y3")
POINTS: Final = 2
"""On each of them."""
OF_TRANSFORMER: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(f"{name}-P{n}" for n in range(POINTS)) for name in TRANSFORMERS
}
HOMES: Final[Mapping[str, tuple[str, ...]]] = {
    LINE: tuple(home for found in OF_TRANSFORMER.values() for home in found),
    **OF_TRANSFORMER,
}
KIND: Final = "GY"
HOUR: Final = 3600.0
LATER: Final = (2 * HOUR, 3 * HOUR)
"""So long after the network was told the last of each outage is: it was read by then."""


def line() -> Iterator[NetworkElement]:
    """A line on which the network says the same in every edition."""
    yield element(LINE, "line", "G-SS")
    for name, homes in OF_TRANSFORMER.items():
        yield element(name, "transformer", LINE)
        yield from (element(home, "usagePoint", name) for home in homes)


def outages(random: Random, begins: float) -> Sequence[Told]:
    """One of the line, and one or two of a transformer each; they may touch each other or not."""
    teller = Teller(random)
    named = [(LINE,), *((one,) for one in random.sample(TRANSFORMERS, random.randint(1, 2)))]
    moments = sorted(-random.uniform(1, 12) * HOUR for _ in range(3 * len(named)))
    random.shuffle(moments)
    for number, names in enumerate(named):
        mrid = teller.mrid(KIND)
        since, middle, until = sorted(moments[3 * number : 3 * number + 3])
        where = Extent(lines=names) if names == (LINE,) else Extent(transformers=names)
        facts: list[tuple[float, Any]] = [
            (since, OutageStarted(mrid=mrid, outage_class="fault", started_at=at(since), extent=where)),
            (until, SupplyRestored(mrid=mrid, restored_at=at(until))),
        ]
        if names == (LINE,) and random.random() < 1 / 2:
            part = Extent(transformers=(random.choice(TRANSFORMERS),))
            facts.append(
                (middle, SupplyRestored(mrid=mrid, restored_at=at(middle), scope="part", extent=part)),
            )
        random.shuffle(facts)
        for fact, (happens, said) in enumerate(facts):
            told = begins + random.uniform(0, 6) + random.choice(LATER if not fact else (0.0, *LATER))
            teller.say(happens, said, told - happens)
    return teller.told


async def judged(stage: Stage) -> list[str]:
    """What the report says of them and is not so."""
    facts = told_of(stage, KIND)
    theirs = await reported(stage, {fact.mrid for fact in facts})
    return [*differs("outages that share customers", by_home(facts, HOMES), theirs)]
