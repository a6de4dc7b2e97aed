"""Dispatch finds that a fault was work, or work a fault: of a plan or of none, there and back, unheard of, after power was back."""

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
AHEAD: Final = 13
"""Days from a request to the work: they leave the seven of the notice."""
FATES: Final = (
    "was work",
    "was temporary",
    "there and back",
    "unheard of",
    "after power was back",
    "was noticed work",
    "was a fault",
    "was a fault",
)


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each has one fate, on any line."""
    teller = Teller(random)
    for number in range(random.randint(*town.size.times)):
        line, fate = random.choice(town.lines), random.choice(FATES)
        begins = (AHEAD + 20 * number) * DAY + 50 * MINUTE
        if fate == "was noticed work":
            _noticed(teller, town, line, begins)
        elif fate == "was a fault":
            _work(teller, town, line, begins)
        else:
            _fault(teller, town, line, fate)
    return teller.told


def _fault(teller: Teller, town: Town, line: str, fate: str) -> None:
    """Said to be a fault; power is back long after it is known what it was, so that all is told by then."""
    random, mrid, where = teller.random, teller.mrid("RC"), town.whole(line)
    begins = random.uniform(0, 4)
    found = begins + random.uniform(2, 6)
    if random.random() < 1 / 2:
        report = dispatch.FaultReported(mrid=mrid, reported_at=at(begins), extent=where)
        teller.say(begins, report)
    late = found - begins + random.uniform(0.5, 4) if fate == "unheard of" else None
    teller.off(mrid, begins, where, late=late)
    if fate == "after power was back":
        teller.back(mrid, found)
        _is(teller, mrid, found + 2 * HOUR, "planned")
        return
    kind = "temporary" if fate == "was temporary" else "planned"
    _is(teller, mrid, found, kind, late=0 if fate == "unheard of" else None)
    if fate == "there and back":
        found += random.choice((2.0, 20 * MINUTE))
        _is(teller, mrid, found, "fault")
    if random.random() < 1 / 2:
        teller.say(found + 1, dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=at(found + 1)))
    teller.back(mrid, found + 40 * MINUTE)


def _noticed(teller: Teller, town: Town, line: str, begins: float) -> None:
    """Noticed in time under one name, and reported as a fault under another."""
    where, plan, mrid = town.noticed(line), teller.mrid("RCP"), teller.mrid("RC")
    teller.asks(plan, where, teller.random.uniform(0, 5), begins)
    teller.off(mrid, begins + 60, where, ert=None)
    _is(teller, mrid, begins + 10 * MINUTE, "planned", plan_mrid=plan)
    teller.back(mrid, begins + 5 * HOUR)


def _work(teller: Teller, town: Town, line: str, begins: float) -> None:
    """Noticed in time and begun, as it seemed: it was a fault, and a crew came to it in time or not."""
    random, mrid = teller.random, teller.mrid("RC")
    plan = teller.asks(mrid, town.noticed(line), random.uniform(0, 5), begins)
    teller.off(mrid, begins + 60, plan.extent, outage_class="planned", ert=None)
    found = begins + 10 * MINUTE
    _is(teller, mrid, found, "fault", territory=random.choice((None, "rural")))
    came = begins + random.choice((30, 70)) * MINUTE
    teller.say(came, dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=at(came)))
    teller.back(mrid, begins + random.choice((2, 26)) * HOUR)


def _is(teller: Teller, mrid: str, happens: float, kind: Any, *, late: float | None = None, **more: Any) -> None:
    word = dispatch.OutageReclassified(mrid=mrid, reclassified_at=at(happens), outage_class=kind, **more)
    teller.say(happens, word, late)
