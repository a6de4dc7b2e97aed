"""Planned works that are asked for, moved or called off at night: of what begins later nobody is woken."""

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
HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
MORNING: Final = 50 * 60.0
"""Nine in the morning in Shanghai, so long after the story began."""
NIGHT: Final = MORNING + 12.5 * HOUR
"""Half past nine in the evening."""
FATES: Final = ("done", "never begun", "off at once", "off the night before", "moved nights before")


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each is asked for in the first night, nine days ahead and more."""
    teller = Teller(random)
    for number in range(random.randint(*town.size.times)):
        mrid, line, fate = teller.mrid("WN"), random.choice(town.lines), random.choice(FATES)
        asked = NIGHT + number * 90.0 + random.uniform(0, 8 * HOUR)
        begins, hours = (11 + number) * DAY + MORNING, random.randint(3, 7)
        where = town.noticed(line)

        def plan(
            kind: type[dispatch.PlanBody],
            when: float,
            begins: float,
            revision: int,
            mrid: str = mrid,
            hours: int = hours,
            line: str = line,
        ) -> dispatch.PlanBody:
            return kind(
                mrid=mrid, revision_number=revision, outage_class="planned", extent=town.noticed(line), requested_at=at(when),
                planned_period=Period(start=at(begins), end=at(begins) + timedelta(hours=hours)), reason="线路检修",
            )  # fmt: skip

        teller.say(asked, plan(dispatch.PlannedRequested, asked, begins, 1))
        if fate == "done":
            teller.off(mrid, begins + random.uniform(0, 600), where, outage_class="planned")
            teller.back(mrid, begins + hours * HOUR - random.uniform(60, 600))
        elif fate == "moved nights before":
            moved = asked + DAY
            teller.say(moved, plan(dispatch.PlannedAmended, moved, begins + DAY, 2))
        elif fate.startswith("off"):
            off = asked + HOUR if fate == "off at once" else begins - DAY + 12.5 * HOUR + random.uniform(0, HOUR)
            teller.say(off, dispatch.PlannedCancelled(mrid=mrid, revision_number=2, cancelled_at=at(off)))
    return teller.told
