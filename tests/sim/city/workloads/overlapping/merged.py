"""Two outages turn out to be one: before or after the other is heard of, in a row, in a ring, into two others, of noticed work."""

from collections.abc import Sequence
from random import Random
from typing import Final

from msgspec.structs import replace

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
AHEAD: Final = 13
"""Days from a request to the work: they leave the seven of the notice."""
APART: Final = 15.0
"""So far from each other are words of which the first counts: whatever is late comes within that."""
FATES: Final = ("two", "two", "in part", "spoken of", "unheard of", "in a row", "ring", "twice", "work")
CONFIRMED: Final = "select distinct data ->> 'mRID' as mrid from event where type = 'restoration.confirmed.v1'"
MERGED: Final = "select data ->> 'mRID' as mrid, data ->> 'into' as into from event where type = 'merge.confirmed.v1'"


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each has one fate, on any two lines, which may be the same."""
    teller = Teller(random)
    for number in range(random.randint(*town.size.times)):
        _one(teller, town, random.choice(FATES), number)
    return teller.told


def _one(teller: Teller, town: Town, fate: str, number: int) -> None:
    random = teller.random
    if fate == "work":
        _work(teller, town, number)
        return
    lines = [random.choice(town.lines) for _ in range(2)]
    one, other, begins = teller.mrid("MA"), teller.mrid("MB"), random.uniform(0, 4)
    for mrid, line in ((one, lines[0]), (other, lines[1])):
        where = town.whole(line)
        if fate == "in part":  # a claim of nothing but places that were never named is asked about, and nobody is told
            where = replace(where, usage_points=tuple(town.points(line)))
        happens = begins + random.uniform(0, 2)
        if random.random() < 1 / 2:
            report = dispatch.FaultReported(mrid=mrid, reported_at=at(happens), extent=where)
            teller.say(happens, report)
        late = random.uniform(4, 9) if fate == "unheard of" and mrid == other else None
        teller.off(mrid, happens, where, late=late)
    happens = begins + 2 + random.uniform(1, 4)
    if fate == "in part":
        points = Extent(usage_points=tuple(town.points(lines[0])[:1]))
        back = dispatch.SupplyRestored(mrid=one, restored_at=at(happens), scope="part", extent=points)
        teller.say(happens, back)
        happens += random.uniform(0.5, 2)
    _same(teller, one, other, happens)
    last = other
    if fate in ("in a row", "twice", "ring"):
        happens, last = _again(teller, town, fate, one, other, happens)
    ends = happens + random.uniform(4, 30)
    spoken = one if fate == "spoken of" else last
    if random.random() < 2 / 3:
        teller.steps(spoken, happens, ends)
    teller.back(spoken, ends)


def _again(teller: Teller, town: Town, fate: str, one: str, other: str, happens: float) -> tuple[float, str]:
    """A second merge, and the outage that goes on then."""
    later = happens + APART
    if fate == "ring":
        _same(teller, other, one, later)
        return later, other
    third, line = teller.mrid("MC"), teller.random.choice(town.lines)
    teller.off(third, happens, town.whole(line))
    _same(teller, other if fate == "in a row" else one, third, later)
    if fate == "in a row":
        return later, third
    teller.back(third, later + teller.random.uniform(4, 30))
    return later, other


def _work(teller: Teller, town: Town, number: int) -> None:
    """Noticed work is no fault: both go on as they were, and dispatch is asked."""
    line, begins = teller.random.choice(town.lines), (AHEAD + 20 * number) * DAY + 50 * 60
    work, fault = teller.mrid("MP"), teller.mrid("MF")
    plan = teller.asks(work, town.noticed(line), teller.random.uniform(0, 5), begins)
    teller.off(work, begins, plan.extent, outage_class="planned", ert=None)
    teller.off(fault, begins + 60, town.whole(line))
    first, into = (work, fault) if teller.random.random() < 1 / 2 else (fault, work)
    _same(teller, first, into, begins + 90)
    teller.back(fault, begins + HOUR)
    teller.back(work, begins + 5 * HOUR)


def _same(teller: Teller, mrid: str, into: str, happens: float) -> None:
    teller.say(happens, dispatch.OutageMerged(mrid=mrid, into=into, merged_at=at(happens), reason="同一故障"))


async def after(plan: Plan, stage: Stage) -> list[str]:
    """See `wrong`."""
    facts = [act.fact for act in plan.acts().values() if isinstance(act, Told)]
    log = stage.city.logs["restorer"]
    merged = [(row["mrid"], row["into"]) for row in await log.fetch(MERGED)]
    return wrong(facts, merged, {row["mrid"] for row in await log.fetch(CONFIRMED)})


def wrong(facts: Sequence[dispatch.Fact], merged: Sequence[tuple[str, str]], confirmed: set[str]) -> list[str]:
    """An outage is merged once, never in a ring, never work; and of one that was never back itself no restoration stands."""
    names = [mrid for mrid, _ in merged]
    found = [f"{mrid} was merged {names.count(mrid)} times" for mrid in sorted(set(names)) if names.count(mrid) > 1]
    work = {fact.mrid for fact in facts if isinstance(fact, dispatch.PlanBody)}
    found += [f"{mrid} is work, and was merged into {into}" for mrid, into in merged if {mrid, into} & work]
    goes_on = dict(merged)
    for mrid in sorted(goes_on):
        way = [mrid]
        while way[-1] in goes_on and len(way) <= len(goes_on):
            way.append(goes_on[way[-1]])
        if len(way) > len(goes_on) + 1 or way[-1] in goes_on:
            found.append(f"{mrid} is merged in a ring: {' → '.join(way)}")
    back = {fact.mrid for fact in facts if isinstance(fact, dispatch.SupplyRestored) and fact.scope == "all"}
    return [
        *found,
        *(
            f"{mrid} was merged, never said to be back, and confirmed"
            for mrid in sorted(confirmed & goes_on.keys() - back)
        ),
    ]
