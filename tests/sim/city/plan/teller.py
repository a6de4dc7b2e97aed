"""Tell facts as a dispatch system does: some late, some twice, and so out of order."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Period
from tests.chaos.workload import Door
from tests.sim.city.plan.acts import Told
from tests.sim.city.stage import ZERO

LATE = (0.0, 0.0, 0.1, 0.5, 2.0, 4.0)
TWICE = 0.15
LATER = (0.0, 0.3, 6.0)
BY_HTTP = 0.3
WORK_SECONDS = 6 * 3_600.0


def at(seconds: float) -> datetime:
    """The instant so long after the story began."""
    return ZERO + timedelta(seconds=seconds)


class Teller:
    """What one workload tells. `told`: its acts so far; times are seconds after the story began.

    Of one outage the facts' own instants ascend, so that what they mean does not depend on the order in which they come.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.told: list[Told] = []
        self._outages = 0

    def mrid(self, kind: str) -> str:
        """A new outage; outages of one kind in different workloads must not share a kind."""
        self._outages += 1
        return f"{kind}-{self._outages}"

    def say(self, happens: float, fact: dispatch.Fact, late: float | None = None) -> None:
        """A fact of the instant `happens`, sent so late (drawn, where not given), now and then twice."""
        sent = happens + (self.random.choice(LATE) if late is None else late)
        name = f"{fact.mrid}/{sum(one.about == fact.mrid for one in self.told) + 1}"
        self.told.append(Told(sent, happens, name, fact, door=_door(name, sent)))
        if self.random.random() < TWICE:
            again = sent + self.random.choice(LATER)
            self.told.append(Told(again, happens, name, fact, door=_door(f"{name} again", again)))

    def asks(self, mrid: str, where: Extent, asked: float, begins: float) -> dispatch.PlannedRequested:
        """Six hours of planned work are asked for; returns the plan."""
        plan = dispatch.PlannedRequested(
            mrid=mrid,
            revision_number=1,
            outage_class="planned",
            planned_period=Period(start=at(begins), end=at(begins + WORK_SECONDS)),
            extent=where,
            requested_at=at(asked),
            reason="线路检修",
        )
        self.say(asked, plan)
        return plan

    def off(self, mrid: str, happens: float, where: Extent, *, late: float | None = None, **more: Any) -> None:
        """Power is off there."""
        known = self.random.random() < 0.7
        ert = at(happens) + timedelta(hours=self.random.choice((1, 2, 4))) if known else None
        given = {"outage_class": "fault", "ert": ert} | more
        self.say(happens, dispatch.OutageStarted(mrid=mrid, started_at=at(happens), extent=where, **given), late)

    def back(self, mrid: str, happens: float, *, late: float | None = None) -> None:
        """Power is back everywhere."""
        self.say(happens, dispatch.SupplyRestored(mrid=mrid, restored_at=at(happens)), late)

    def steps(self, mrid: str, begins: float, ends: float) -> None:
        """One to three things that happen while the crew is at work."""
        hours = timedelta(hours=self.random.choice((1, 3, 5)))
        middle = [
            lambda t: dispatch.CrewStatus(mrid=mrid, crew_status="assigned", at=t),
            lambda t: dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=t),
            lambda t: dispatch.ErtChanged(mrid=mrid, changed_at=t, ert=t + hours),
            lambda t: dispatch.CauseCleared(mrid=mrid, cleared_at=t, cause="树枝压断导线"),
        ]
        chosen = sorted(self.random.sample(range(len(middle)), self.random.randint(1, 3)))
        for number, step in enumerate(chosen, 1):
            happens = begins + (ends - begins) * number / (len(chosen) + 1)
            self.say(happens, middle[step](at(happens)))


def _door(name: str, sent: float) -> Door:
    """By which door a fact comes in, whatever else is drawn."""
    return "http" if Random(f"{name}/{sent}").random() < BY_HTTP else "kafka"
