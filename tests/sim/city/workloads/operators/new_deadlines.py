"""Rules that put open deadlines elsewhere, earlier or later, some of them just as these come: a day off, another figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from schemas.contracts import dispatch
from schemas.contracts.base import Period
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage
from tests.sim.city.workloads.operators.rules import take_up
from tests.sim.judging.promises.figures import STANDARD, Figures

OFTEN = 0.5
HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
MORNING: Final = 50 * 60.0
"""Nine in the morning in Shanghai, so long after the story began."""
TODAY, TOMORROW = date(2026, 3, 5), date(2026, 3, 6)
"""A Thursday and a Friday."""
CLOSED: Final = ((), (TODAY,), (TOMORROW,), (TODAY, TOMORROW))
CREW_MINUTES: Final = (30, 45, 60)
FAULT_HOURS: Final = (20, 24, 30)
KEY_DAYS: Final = (3, 7)
"""No longer than the public is told before, or plans would be refused that others take for timely."""
FATES: Final = ("country", "crew", "cleared", "off again", "tomorrow", "work")
MOVES: Final = 0.8
"""So many of the outages are of a kind whose deadline the new rules put elsewhere."""


@dataclass(frozen=True, slots=True)
class NewDeadlines:
    """The rules have other figures from now on; services begin again, one every two seconds, then all streams are reviewed."""

    at: float
    figures: Figures

    @property
    def about(self) -> str:
        """The rules."""
        return "deadlines"

    async def do(self, stage: Stage) -> None:
        """See Act."""
        await take_up(stage, self.figures)

    def __str__(self) -> str:
        """For a person."""
        new = self.figures
        days = ", ".join(f"{day:%d %B}" for day in sorted(new.closures)) or "none"
        return (
            f"new rules: own days off {days}, a crew within {new.crew_minutes} minutes, a fault done within {new.fault_hours} "
            f"hours, key customers told {new.key_days} days before; services begin again, and all streams are reviewed"
        )


def draw(random: Random, town: Town) -> Sequence[Act]:
    """Outages whose deadlines come about now, tomorrow, or in days; the rules change in the midst of it."""
    teller, changes, new = Teller(random), random.uniform(2, 9), _figures(random)
    for _ in range(1 + random.randint(*town.size.times)):
        fates = _moved_by(new) if random.random() < MOVES else FATES
        _one(teller, town, random.choice(town.lines), random.choice(fates))
    return [*teller.told, NewDeadlines(changes, new)]


def _figures(random: Random) -> Figures:
    """Days off alone, under the policy of before, or a policy in which at least something is another."""
    if random.random() < 0.4:
        return Figures(closures=frozenset(random.choice(CLOSED[1:])))
    while True:
        closed, crew = random.choice(CLOSED), random.choice(CREW_MINUTES)
        new = Figures("3", frozenset(closed), crew, random.choice(FAULT_HOURS), random.choice(KEY_DAYS))
        if new != Figures("3"):
            return new


def _moved_by(new: Figures) -> Sequence[str]:
    """Where a deadline may lie elsewhere than by the figures of before."""
    other = {
        "country": new.fault_hours != STANDARD.fault_hours,
        "crew": new.crew_minutes != STANDARD.crew_minutes,
        "cleared": TODAY in new.closures,
        "off again": TODAY in new.closures,
        "tomorrow": TOMORROW in new.closures,
        "work": new.key_days != STANDARD.key_days,
    }
    return [fate for fate in FATES if other[fate]]


def _one(teller: Teller, town: Town, line: str, fate: str) -> None:
    random, told = teller.random, teller.random.uniform(0, 1.5)
    mrid = teller.mrid("ND")
    if fate == "work":
        begins, ends = 12 * DAY + MORNING, 12 * DAY + MORNING + 6 * HOUR
        period, where = Period(start=at(begins), end=at(ends)), town.noticed(line)
        asked = dispatch.PlannedRequested(
            mrid=mrid, revision_number=1, outage_class="planned", planned_period=period, extent=where,
            requested_at=at(told), reason="线路检修",
        )  # fmt: skip
        teller.say(told, asked)
        teller.off(mrid, begins + 60, where, outage_class="planned", ert=at(ends))
        teller.back(mrid, ends + random.choice((-HOUR, HOUR)))
        return
    # What was broken before is to be known when power goes off again; of all else some is open when all is reviewed.
    due = random.uniform(3, 14 if fate == "off again" else 40)
    if fate == "tomorrow":
        teller.off(mrid, told, town.whole(line))
        teller.say(told + 1, dispatch.CauseCleared(mrid=mrid, cleared_at=at(told + 1)))
        return
    since = due - (45 * 60 if fate == "crew" else DAY)
    teller.off(mrid, since - 60, town.whole(line), late=told - since + 60)
    if fate in ("crew", "country"):
        territory = "urban" if fate == "crew" else "rural"
        report = dispatch.FaultReported(
            mrid=mrid, reported_at=at(since), territory=territory, extent=town.whole(line)
        )  # fmt: skip
        teller.say(since, report, told + random.uniform(0, 1) - since)
    else:
        cleared = dispatch.CauseCleared(mrid=mrid, cleared_at=at(since))
        teller.say(since, cleared, told + random.uniform(0, 1) - since)
    done = due + random.choice((-1.0, 1.0, 4.0, 12.0))
    if fate == "crew":
        teller.say(done, dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=at(done)))
        teller.back(mrid, done + random.uniform(2, 6))
    elif fate == "off again":
        # It is off again within a day: what was said to be done was not. What was broken before stays so.
        teller.back(mrid, due + 2)
        again = due + random.uniform(4, 14)
        teller.say(again, dispatch.OutageReopened(mrid=mrid, reopened_at=at(again)))
        teller.back(mrid, again + random.uniform(2, 6))
    elif random.random() < 0.6:
        teller.back(mrid, done)
