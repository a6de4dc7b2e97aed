"""Dispatch corrects what it said of an outage: it began sooner or later, has another cause, lies on the other side."""

from collections.abc import Sequence
from random import Random
from typing import Any, Final

from schemas.contracts import dispatch
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
AHEAD: Final = 11
"""Days from a request to the work: they leave the seven of the notice."""
CAUSES: Final = ("吊车碰线", "雷击", "树木触线")


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each is corrected once or twice before power is back; one in four is work that was said to have begun too early."""
    teller = Teller(random)
    for number in range(random.randint(*town.size.times)):
        mrid, line = teller.mrid("C"), random.choice(town.lines)
        if random.random() < 1 / 4:
            _work(teller, town, line, mrid, (AHEAD + 20 * number) * DAY + 50 * MINUTE)
        else:
            _fault(teller, town, line, mrid)
    return teller.told


def _fault(teller: Teller, town: Town, line: str, mrid: str) -> None:
    random, where = teller.random, town.whole(line)
    begins = random.uniform(0, 4)
    if random.random() < 1 / 2:
        side: Any = random.choice(("unknown", "utility", "customer"))
        report = dispatch.FaultReported(mrid=mrid, reported_at=at(begins), extent=where, fault_side=side)
        teller.say(begins, report)
    teller.off(mrid, begins, where, cause=random.choice((None, *CAUSES)))
    happens = begins
    for _ in range(random.randint(1, 2)):
        happens += random.uniform(1, 4)
        what: dict[str, Any] = random.choice(
            (
                {"started_at": at(begins - random.choice((2, 30, 90)) * MINUTE)},
                {"cause": random.choice(CAUSES)},
                {"fault_side": random.choice(("utility", "customer"))},
            )
        )
        teller.say(happens, dispatch.OutageCorrected(mrid=mrid, corrected_at=at(happens), **what))
    if random.random() < 2 / 3:
        # Whose fault it was decides whether that this crew was in time counts.
        happens += random.uniform(1, 3)
        teller.say(happens, dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=at(happens)))
    teller.back(mrid, happens + random.uniform(3, 30))


def _work(teller: Teller, town: Town, line: str, mrid: str, begins: float) -> None:
    """Noticed in time; said to have begun half an hour too early, and it had not."""
    asked = teller.random.uniform(0, 5)
    plan = teller.asks(mrid, town.noticed(line), asked, begins)
    teller.off(mrid, begins - 30 * MINUTE, plan.extent, outage_class="planned", ert=None)
    found = begins + 10 * MINUTE
    teller.say(found, dispatch.OutageCorrected(mrid=mrid, corrected_at=at(found), started_at=at(begins)))
    teller.back(mrid, begins + 5 * HOUR)
