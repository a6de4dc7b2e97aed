"""The expected time is moved again and again while a line is off: later, sooner, past, not known any more; then power is back."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Final

from schemas.contracts import dispatch
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town

OFTEN: Final = 0.4
MINUTES: Final = (5, 30, 60, 150, 400, None)
"""How long after it is said power is expected back; None: that is not known any more."""


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each on any line: more changes than are told one by one, within seconds."""
    teller = Teller(random)
    for _ in range(random.randint(*town.size.times)):
        mrid, now = teller.mrid("MT"), random.uniform(0, 4)
        teller.off(mrid, now, town.whole(random.choice(town.lines)))
        for _ in range(random.randint(4, 7)):
            now += random.uniform(0.3, 2)
            minutes = random.choice(MINUTES)
            ert = None if minutes is None else at(now) + timedelta(minutes=minutes)
            teller.say(now, dispatch.ErtChanged(mrid=mrid, changed_at=at(now), ert=ert))
        if random.random() < 0.7:
            teller.back(mrid, now + random.uniform(1, 6))
    return teller.told
