"""Outages of yesterday and of an hour ago, whose deadlines come while everything breaks; some are met just before or after."""

from collections.abc import Sequence
from random import Random
from typing import Final

from schemas.contracts import dispatch
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town

DAY: Final = 86_400.0
CREW: Final = 2_700.0
"""So long a crew may take in the city."""
DONE: Final = (-4.0, -1.0, -0.2, 1.0, 4.0)
"""When the thing is done, before or after it is due."""
TOLD: Final = (None, 3.0, 6.0)
"""How long after it dispatch says so, in seconds; None: as any fact."""


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each on any line. What is not done is done late, when the story is over; what is done may be told after the deadline."""
    teller = Teller(random)
    for _ in range(random.randint(*town.size.times)):
        due, line = random.uniform(4, 10), random.choice(town.lines)
        mrid, told = teller.mrid("D"), random.uniform(0, 1.5)
        if random.random() < 1 / 4:
            # Due tomorrow, long after anything is broken: it is warned of, and judged, at its instants.
            teller.off(mrid, told, town.whole(line))
            teller.say(told + 1, dispatch.CauseCleared(mrid=mrid, cleared_at=at(told + 1)))
            continue
        done = due + random.choice(DONE) if random.random() < 0.75 else None
        late = random.choice(TOLD)
        since = due - (CREW if random.random() < 0.4 else DAY)
        teller.off(mrid, since - 60, town.whole(line), late=told - since + 60)
        if since == due - DAY:
            cleared = dispatch.CauseCleared(mrid=mrid, cleared_at=at(since))
            teller.say(since, cleared, told + random.uniform(0, 1) - since)
            if done is not None:
                teller.back(mrid, done, late=late)
            continue
        report = dispatch.FaultReported(
            mrid=mrid, reported_at=at(since), reporting_kind="call", extent=town.whole(line)
        )
        teller.say(since, report, told + random.uniform(0, 1) - since)
        if done is not None:
            teller.say(done, dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=at(done)), late)
        teller.back(mrid, due + random.uniform(5, 12))
    return teller.told
