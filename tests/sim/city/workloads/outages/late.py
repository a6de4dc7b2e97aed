"""An outage of the last hours is told at last, in any order: its end before its start, a crew before both."""

from collections.abc import Sequence
from random import Random

from schemas.contracts import dispatch
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town

HOUR = 3600.0


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Reported, begun, mended and over at instants hours before; each fact is sent at any moment of a few seconds."""
    teller = Teller(random)
    for _ in range(random.randint(*town.size.times)):
        mrid, where = teller.mrid("O"), town.whole(random.choice(town.lines))
        began = -random.uniform(2, 30) * HOUR
        moments = sorted(random.uniform(began, -60) for _ in range(4))
        told = random.uniform(0, 4)

        def late(happens: float, told: float = told) -> float:
            return told + random.uniform(0, 8) - happens

        if random.random() < 1 / 2:
            report = dispatch.FaultReported(mrid=mrid, reported_at=at(began), extent=where)
            teller.say(began, report, late(began))
        teller.off(mrid, moments[0], where, late=late(moments[0]), ert=None)
        crew = dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=at(moments[1]))
        teller.say(moments[1], crew, late(moments[1]))
        cleared = dispatch.CauseCleared(mrid=mrid, cleared_at=at(moments[2]), cause="设备故障")
        teller.say(moments[2], cleared, late(moments[2]))
        if random.random() < 0.8:
            teller.back(mrid, moments[3], late=late(moments[3]))
    return teller.told
