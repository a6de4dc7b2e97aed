"""Planned works that begin within seconds of their noticed end, before it or after: late work, or work that nobody was told of."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Final

from schemas.contracts import dispatch
from schemas.contracts.base import Period
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town

OFTEN: Final = 0.3
DAY: Final = 86_400.0
MORNING: Final = 50 * 60.0
"""Nine in the morning in Shanghai, so long after the story began."""
HOURS: Final = 6
BEGINS: Final = (-5.0, -1.0, 0.5, 2.0, 8.0)
"""When power goes off, before the noticed end or after it: what is told late is heard of when that has been judged."""


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each on any line, nine days ahead and more; power is back within seconds."""
    teller = Teller(random)
    for number in range(random.randint(*town.size.times)):
        mrid, where, asked = teller.mrid("LS"), town.noticed(random.choice(town.lines)), random.uniform(0, 4)
        begins = (9 + number) * DAY + MORNING
        period = Period(start=at(begins), end=at(begins) + timedelta(hours=HOURS))
        plan = dispatch.PlannedRequested(
            mrid=mrid, revision_number=1, outage_class="planned", extent=where, requested_at=at(asked),
            planned_period=period, reason="线路检修",
        )  # fmt: skip
        teller.say(asked, plan)
        off = begins + HOURS * 3600 + random.choice(BEGINS)
        teller.off(mrid, off, where, outage_class="planned")
        teller.back(mrid, off + random.uniform(3, 12))
    return teller.told
