"""Planned works that dispatch changes too late: the change is refused, and of the notice only what both mean may stand."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any, Final

from schemas.contracts import dispatch
from schemas.contracts.base import Period
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town

OFTEN = 0.5
HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
MORNING: Final = 50 * 60.0
"""Nine in the morning in Shanghai, so long after the story began."""


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Asked for twelve days ahead; then it is to be sooner, two hours later, or shorter by an hour and then sooner.

    Or asked for seven days ahead: the seven whole days of the notice are then six.
    """
    teller = Teller(random)
    for number in range(random.randint(*town.size.times)):
        mrid, line, begins = teller.mrid("RW"), random.choice(town.lines), (12 + number) * DAY + MORNING
        hours, asked = random.randint(4, 8), random.uniform(0, 4)
        how = random.choice(("sooner", "later", "shorter, then sooner", "a day short"))

        def say(
            kind: type[Any], when: float, begins: float, hours: float, revision: int, mrid: str = mrid, line: str = line
        ) -> None:
            body = kind(
                mrid=mrid, revision_number=revision, outage_class="planned", extent=town.noticed(line), requested_at=at(when),
                planned_period=Period(start=at(begins), end=at(begins) + timedelta(hours=hours)), reason="线路检修",
            )  # fmt: skip
            teller.say(when, body)

        if how == "a day short":
            say(dispatch.PlannedRequested, asked, 7 * DAY + MORNING, hours, 1)
            continue
        say(dispatch.PlannedRequested, asked, begins, hours, 1)
        if how == "later":
            say(dispatch.PlannedAmended, begins - 3 * DAY, begins + 2 * HOUR, hours, 2)
            teller.off(
                mrid, begins + 2 * HOUR + 60, town.noticed(line), outage_class="planned", ert=at(begins + hours * HOUR)
            )
            teller.back(mrid, begins + hours * HOUR - 600)
            continue
        asked += random.uniform(1, 4)
        if how != "sooner":
            say(dispatch.PlannedAmended, asked, begins, hours - 1, 2)
            asked += random.uniform(1, 4)
        say(dispatch.PlannedAmended, asked, 3 * DAY + MORNING, hours, 2 if how == "sooner" else 3)
    return teller.told
