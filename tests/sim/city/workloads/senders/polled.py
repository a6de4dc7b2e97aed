"""Outages of a list that is polled: it lacks one that is off still, or is over; now and then nobody says more for hours."""

from collections.abc import Sequence
from random import Random
from typing import Final

from schemas.contracts import dispatch
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town

MINUTE: Final = 60.0
HOUR: Final = 3600.0
POLLS: Final = (5.0, 15.0)
"""Minutes between two lists."""
PROOF: Final = 30 * MINUTE
"""So long a list must lack an outage before the poller says that it is over."""
NEAR: Final = (-20.0, -5.0, -1.0, 5.0, 14.0, 16.0)
"""Minutes by which a list lacks it before or after the time that customers were told."""


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each is missing about the time at which power is expected: that is when the clock calls for a word."""
    teller = Teller(random)
    for _ in range(random.randint(*town.size.times)):
        mrid, line = teller.mrid("PL"), random.choice(town.lines)
        begins = random.uniform(0, 4)
        expected = begins + random.choice((1, 2)) * HOUR
        ert = at(expected) if random.random() < 2 / 3 else None
        teller.off(mrid, begins, town.whole(line), ert=ert)
        missing, poll = expected + random.choice(NEAR) * MINUTE, random.choice(POLLS) * MINUTE
        for _ in range(random.randint(0, 2)):
            _missed(teller, mrid, missing)
            listed = missing + poll * random.randint(1, 3)
            teller.say(listed, dispatch.OutageListedAgain(mrid=mrid, listed_at=at(listed)))
            missing = listed + poll
        _missed(teller, mrid, missing)
        if random.random() < 2 / 3:
            teller.back(mrid, missing, late=PROOF + random.uniform(0, 5))
            continue
        # The poller has ended. Somebody looks in the end, and power is back, or off still.
        looked = missing + random.choice((0.5, 1.5, 3)) * HOUR
        if random.random() < 1 / 2:
            teller.say(looked, dispatch.OutageListedAgain(mrid=mrid, listed_at=at(looked)))
        teller.back(mrid, looked + random.uniform(1, HOUR))
    return teller.told


def _missed(teller: Teller, mrid: str, at_seconds: float) -> None:
    teller.say(at_seconds, dispatch.SupplyPerhapsRestored(mrid=mrid, missing_at=at(at_seconds)))
