"""Operators stop the sending of texts in some lanes for a while, and let it go on: what is still true then goes out, once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Final

import msgspec

from services.kernel.operating import OperatorDone
from services.notifier.sending.gates.brake import LANES
from services.notifier.sending.gates.brake_requests import RESUME, STOP, Lanes
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.asking import ask
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.teller import Teller
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage

OFTEN = 0.4
_CLAIMED: Final = "select n.message_id, n.lane, a.started_at from notification n join attempt a using (message_id)"
UNDER_WAY: Final = timedelta(seconds=10)
"""A text that was claimed before the brake was put on may still go for so long."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Lanes stand still for so many seconds, counted from the notifier's answer."""

    at: float
    lanes: tuple[str, ...]
    lasts: float

    @property
    def about(self) -> str:
        """The brake."""
        return "brake"

    async def do(self, stage: Stage) -> None:
        """See Act. What the notifier answers, and what the provider was asked for meanwhile, must fit."""
        lanes = msgspec.convert({"lanes": self.lanes}, Lanes)
        answer = await ask(stage, "notifier", STOP, lanes, "a wrong word in the texts")
        stage.wrong += _not(answer, "stopped", self.lanes)
        since = stage.system.now()
        mine = [(lane, since, since + timedelta(seconds=self.lasts)) for lane in self.lanes]
        stage.stopped += mine
        await asyncio.sleep(self.lasts)
        if not set(mine) <= set(stage.stopped):
            return  # The database went back meanwhile, and the operators let go what stood still by it.
        answer = await ask(stage, "notifier", RESUME, lanes, "the word is mended")
        stage.wrong += _not(answer, "resumed", self.lanes)

    def __str__(self) -> str:
        """For a person."""
        return f"operators stop the sending of {', '.join(self.lanes)} texts for {self.lasts:.1f} s"


def _not(answer: Any, what: str, lanes: Sequence[str]) -> list[str]:
    """What is wrong with the notifier's answer to a request that concerns these lanes."""
    done = [one if isinstance(one, str) else one["lane"] for one in getattr(answer, "result", {}).get(what, ())]
    if isinstance(answer, OperatorDone) and sorted(done) == sorted(lanes):
        return []
    return [f"{', '.join(lanes)} were to be {what}, and the notifier said {answer}"]


def draw(random: Random, town: Town) -> Sequence[Act]:
    """Outages before, during and after; most are over while the brake is on."""
    teller = Teller(random)
    for _ in range(2 * random.randint(*town.size.times)):
        mrid, begins = teller.mrid("H"), random.uniform(0, 8)
        teller.off(mrid, begins, town.whole(random.choice(town.lines)))
        teller.steps(mrid, begins, begins + 6)
        if random.random() < 0.8:
            teller.back(mrid, begins + random.uniform(4, 10))
    lanes = random.choice((("critical",), ("key",), ("critical", "key"), LANES))
    return [*teller.told, Stopped(random.uniform(0, 6), lanes, random.uniform(3, 15))]


async def after(plan: Plan, stage: Stage) -> list[str]:
    """While a lane stood still none of its texts was claimed, and none that had been went long after."""
    del plan
    if stage.lost is not None:
        return []  # The brake goes back with the database.
    rows = await stage.city.logs["notifier"].fetch(_CLAIMED)
    lanes = {row["message_id"]: row["lane"] for row in rows}
    clocks = [clock for clock in stage.clocks if clock.service == "notifier"]
    claimed = [
        f"a {row['lane']} text was claimed at {row['started_at']:%H:%M:%S}, and the lane was stopped since {since:%H:%M:%S}"
        for row in rows
        for lane, since, until in stage.stopped
        if row["lane"] == lane and since < row["started_at"] < until
        if not any(clock.may_have_dated(row["started_at"]) for clock in clocks)
    ]
    return claimed + [
        f"a {lane} text went at {made.written:%H:%M:%S}, and the lane was stopped from {since:%H:%M:%S} to {until:%H:%M:%S}"
        for made in stage.system.provider.created()
        for lane, since, until in stage.stopped
        if lanes[made.message_id] == lane and since + UNDER_WAY < made.written < until
    ]
