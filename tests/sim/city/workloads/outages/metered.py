"""Meters are read while power is off and back: late, twice, in disorder, by clocks that run ahead; one denies, all prove."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageStarted, SupplyRestored
from schemas.contracts.evidence import meters
from schemas.contracts.evidence.meters import MeterReading
from schemas.contracts.restorations import RestorationChecked
from services.places import normal
from services.plausibility import FIGURES, METER_SAYS_OFF
from tests.sim.city.plan.acts import Act, Told
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.teller import LATE, TWICE, Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import ZERO, Stage

KIND: Final = "ME"
AFTER: Final = 180.0
"""Readings so long after power is back are taken for no word of the time before."""
FATES: Final = ("denied", "denied and back", "proven", "proven", "one of several")
SAID: Final = "select data from event where type = $1 and data ->> 'mRID' = $2 order by position"


@dataclass(frozen=True, slots=True)
class Read:
    """One reading on outage.meters; nobody lives at its point."""

    at: float
    name: str
    reading: MeterReading

    @property
    def about(self) -> str:
        """Its point."""
        return self.reading.usage_point

    async def do(self, stage: Stage) -> None:
        """See Act."""
        event = CloudEvent(source="/metering/sim", id=self.name, type="meter.reading.v1", time=ZERO, data=self.reading)
        await stage.hand_over(to_kafka(event, meters.TOPIC))

    def __str__(self) -> str:
        """For a person."""
        return f"the meter of {self.about} is read, {'with' if self.reading.energised else 'without'} power"


def draw(random: Random, town: Town) -> Sequence[Act]:
    """Outages of points at which nobody lives: whoever does is told as ever, by other workloads."""
    teller = Teller(random)
    read: list[Read] = []
    for number in range(random.randint(*town.size.times)):
        read += _one(teller, random.choice(FATES), number)
    return [*teller.told, *read]


def _one(teller: Teller, fate: str, number: int) -> Iterator[Read]:
    random, mrid = teller.random, teller.mrid(KIND)
    points = [f"{KIND}-{number}-{n}" for n in range(random.randint(2, 5))]
    begins = random.uniform(0, 4)
    ends = begins + random.uniform(3, 8)
    teller.off(mrid, begins, Extent(usage_points=tuple(points)))
    teller.back(mrid, ends)
    for point in points:
        yield from _said(random, point, random.uniform(begins, ends), on=False)
    if fate == "one of several":
        yield from _said(random, points[0], ends + AFTER, on=True)
    elif fate.startswith("denied"):
        yield from _said(random, points[0], ends + AFTER, on=False)
        for point in points[1:]:
            yield from _said(random, point, ends + AFTER, on=True)
        if fate == "denied and back":
            yield from _said(random, points[0], ends + 2 * AFTER, on=True)
    else:
        for point in points:
            yield from _said(random, point, ends + AFTER + random.uniform(0, 2), on=True)
    # A clock that runs ahead by hours: it counts for nothing.
    yield Read(ends + AFTER + 5, f"{points[-1]}/ahead", _reading(points[-1], ends + 8 * 3_600, on=False))


def _said(random: Random, point: str, happens: float, *, on: bool) -> Iterator[Read]:
    sent, name = happens + random.choice(LATE), f"{point}/{happens:.3f}"
    yield Read(sent, name, _reading(point, happens, on=on))
    if random.random() < TWICE:
        yield Read(sent + random.choice((0.3, 2.0)), name, _reading(point, happens, on=on))


def _reading(point: str, happens: float, *, on: bool) -> MeterReading:
    return MeterReading(usage_point=point, read_at=at(happens), energised=on)


async def after(plan: Plan, stage: Stage) -> list[str]:
    """Every denial was heard and asked about once, every proof was seen, and nothing else was."""
    acts = list(plan.acts().values())
    facts = [act.fact for act in acts if isinstance(act, Told) and act.fact.mrid.startswith(f"{KIND}-")]
    readings = [act.reading for act in acts if isinstance(act, Read)]
    log, wrong = stage.city.logs["restorer"], list[str]()
    for start in {fact for fact in facts if isinstance(fact, OutageStarted)}:
        back = [fact.restored_at for fact in facts if isinstance(fact, SupplyRestored) and fact.mrid == start.mrid]
        words = [
            msgspec.json.decode(row["data"], type=RestorationChecked)
            for row in await log.fetch(SAID, "restoration.checked.v1", start.mrid)
        ]
        asked = [msgspec.json.decode(row["data"]) for row in await log.fetch(SAID, "fact.questioned.v1", start.mrid)]
        names = {one["questionId"] for one in asked if one["reason"] == METER_SAYS_OFF}
        wrong += judged(start, back, readings, words, len(names))
    return wrong


def judged(
    start: OutageStarted,
    back: Sequence[datetime],
    readings: Sequence[MeterReading],
    words: Sequence[RestorationChecked],
    questions: int,
) -> list[str]:
    """What is wrong with what was said of one outage. `back`: when dispatch said that power is back; `words`: what was said."""
    if not back:
        return []
    points = {normal(point): point for point in start.extent.usage_points}
    mine = [one for one in readings if normal(one.usage_point) in points and one.read_at < back[0] + timedelta(hours=4)]
    newest = {normal(one.usage_point): one for one in sorted(mine, key=lambda one: (one.read_at, not one.energised))}
    proven = len(newest) == len(points) and all(one.energised and one.read_at >= back[0] for one in newest.values())
    ever = {normal(one.usage_point) for one in mine if not one.energised and one.read_at > back[0] + FIGURES.ahead}
    left = {form for form in ever if not newest[form].energised}
    denied = {normal(point) for word in words for point in word.denied.usage_points}
    wrong = []
    if not left <= denied <= ever:
        wrong.append(f"{start.mrid} is denied at {sorted(ever)}, and it was said of {sorted(denied)}")
    if proven and not any(word.proven for word in words):
        wrong.append(f"{start.mrid} has power at every point, and nobody said that this proves it")
    if not proven and words and words[-1].proven:
        wrong.append(f"{start.mrid} was said to be proven, and is not")
    if questions > 1 or (left and not questions) or (questions and not ever):
        wrong.append(f"{start.mrid} is denied at {sorted(left)}, and dispatch was asked {questions} times")
    return wrong
