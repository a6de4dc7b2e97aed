"""Planned works over weeks: announced, changed, called off, begun and done in time or not, too soon or too often for the rules."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Period
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
MORNING: Final = 50 * 60.0
"""Nine in the morning in Shanghai, so long after the story began."""
AHEAD: Final = (9, 12, 20, 40)
"""Days from the request to the work: each leaves the seven of the notice."""
NOTICE: Final = timedelta(days=7)
NEVER: Final = datetime.max.replace(tzinfo=UTC)
A_YEAR: Final = 3
SAME_MOMENT: Final = 30.0
"""Two facts of one work that are told within so many seconds may be heard in the other order."""
ACCEPTED, REFUSED = "plan.accepted.v1", "plan.rejected.v1"
FATES: Final = ("done", "done", "late", "changed", "changed", "cancelled", "too soon", "too often", "off again")


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each work has one fate; all are requested within seconds."""
    teller = Teller(random)
    for number in range(random.randint(*town.size.times)):
        line, fate = random.choice(town.lines), random.choice(FATES)
        begins = (random.choice(AHEAD) + number) * DAY + MORNING
        if fate == "too often":
            # Three a year are allowed at 10 kV: of four in a row one is refused.
            for week in range(4):
                _asked(teller, town, line, random.uniform(0, 6), begins + 7 * week * DAY)
        else:
            _one(teller, town, line, begins, fate)
    return teller.told


def _one(teller: Teller, town: Town, line: str, begins: float, fate: str) -> None:
    random, hours = teller.random, teller.random.randint(4, 8)
    if fate == "too soon":
        _asked(teller, town, line, random.uniform(0, 5), random.uniform(1, 6) * DAY)
        return
    asked = random.uniform(0, 5)
    work = _asked(teller, town, line, asked, begins, hours)
    ends = begins + hours * HOUR
    if fate == "changed":
        begins, ends = _changed(teller, work, asked + random.uniform(2, 5), begins, ends)
    elif fate == "cancelled":
        when = random.choice((asked + 4, begins - 2 * DAY))
        teller.say(when, dispatch.PlannedCancelled(mrid=work.mrid, revision_number=2, cancelled_at=at(when)))
        return
    teller.off(work.mrid, begins + random.uniform(0, 300), work.extent, outage_class="planned", ert=at(ends))
    over = ends + (random.uniform(1, 3) * HOUR if fate == "late" else -random.uniform(300, HOUR))
    teller.back(work.mrid, over)
    if fate == "off again":
        again = over + 600
        teller.say(again, dispatch.OutageReopened(mrid=work.mrid, reopened_at=at(again)))
        teller.back(work.mrid, again + 600)


def _asked(teller: Teller, town: Town, line: str, when: float, begins: float, hours: int = 6) -> dispatch.PlanBody:
    """Work on a line is asked for."""
    return _said(teller, dispatch.PlannedRequested, when, begins, hours, teller.mrid("W"), 1, town.noticed(line))


def _said(
    teller: Teller, kind: type[Any], when: float, begins: float, hours: float, mrid: str, revision: int, where: Extent
) -> dispatch.PlanBody:
    body: dispatch.PlanBody = kind(
        mrid=mrid,
        revision_number=revision,
        outage_class="planned",
        planned_period=Period(start=at(begins), end=at(begins) + timedelta(hours=hours)),
        extent=where,
        requested_at=at(when),
        reason="线路检修",
    )
    teller.say(when, body)
    return body


def _changed(teller: Teller, work: dispatch.PlanBody, when: float, begins: float, ends: float) -> tuple[float, float]:
    """Shorter, a day later, or an area more: the new times."""
    how, hours, where = teller.random.choice(("shorter", "later", "wider")), (ends - begins) / HOUR, work.extent
    if how == "shorter":
        hours -= 2
    elif how == "later":
        begins += DAY
    else:
        where = replace(where, areas=(*where.areas, "旧城"))
    _said(teller, dispatch.PlannedAmended, when, begins, hours, work.mrid, 2, where)
    return begins, begins + hours * HOUR


async def after(plan: Plan, stage: Stage) -> list[str]:
    """See `wrong`; works of other workloads have a place in the year, too."""
    acts = [act for act in plan.acts().values() if isinstance(act, Told)]
    rows = await stage.city.logs["planner"].fetch(
        "select type, data ->> 'mRID' as mrid from event where type like 'plan.%'"
    )
    told = await stage.city.logs["notifier"].fetch(
        "select data -> 'mrids' as mrids, decided_at from event where type = 'message.requested.v1' order by position desc"
    )
    spoken = {mrid: row["decided_at"] for row in told for mrid in json.loads(row["mrids"])}
    return wrong(
        [act.fact for act in acts], {(row["mrid"], row["type"]) for row in rows}, spoken, dropped_at_once(acts)
    )


def dropped_at_once(acts: Sequence[Told]) -> set[str]:
    """Works that were called off within moments of being asked for: the planner may hear of the end first."""
    asked = {act.fact.mrid: act.at for act in acts if isinstance(act.fact, dispatch.PlannedRequested)}
    dropped = {act.fact.mrid: act.at for act in acts if isinstance(act.fact, dispatch.PlannedCancelled)}
    return {mrid for mrid in asked.keys() & dropped.keys() if dropped[mrid] - asked[mrid] < SAME_MOMENT}


def wrong(
    facts: Sequence[dispatch.Fact],
    answers: Collection[tuple[str, str]],
    spoken: Mapping[str, datetime],
    dropped_at_once: Collection[str] = (),
) -> list[str]:
    """Every request has its verdict: refused what comes too soon or is the fourth in a year, and nobody told of it.

    Unless it is done all the same: from its start on customers hear of that. `answers`: mRIDs, each with a type of answer;
    `spoken`: when customers were told of an mRID first.
    """
    asked = {fact.mrid: fact for fact in facts if isinstance(fact, dispatch.PlannedRequested)}
    begun = {fact.mrid: fact.started_at for fact in facts if isinstance(fact, dispatch.OutageStarted)}
    freed = dispatch.PlannedCancelled | dispatch.PlannedAmended | dispatch.OutageWithdrawn
    changed = {fact.mrid for fact in facts if isinstance(fact, freed)}
    verdicts = {mrid: {type_ for about, type_ in answers if about == mrid} for mrid in asked}
    found = [f"{mrid} has no verdict" for mrid, types in verdicts.items() if not types]
    for mrid, body in asked.items():
        if not mrid.startswith("W-"):
            continue
        soon = body.planned_period.start - body.requested_at < NOTICE
        if soon and verdicts[mrid] != {REFUSED}:
            found.append(f"{mrid} comes too soon and was not refused: {sorted(verdicts[mrid])}")
        if verdicts[mrid] == {REFUSED} and mrid in spoken and not begun.get(mrid, NEVER) <= spoken[mrid]:
            found.append(f"{mrid} was refused, and customers were told of it")
        refused = ACCEPTED not in verdicts[mrid] and mrid not in dropped_at_once
        if not soon and refused and not _crowded(body, asked, verdicts):
            found.append(f"{mrid} is announced in time and was refused")
    for line in sorted({line for body in asked.values() for line in body.extent.lines}):
        for year in (2026, 2027):
            taken = [mrid for mrid, body in asked.items() if _is_of(body, line, year) and ACCEPTED in verdicts[mrid]]
            kept = [mrid for mrid in taken if mrid not in changed]
            if len(kept) > A_YEAR:
                found.append(f"{line} was to be off {len(kept)} times in {year}: {kept}")
    return found


def _crowded(
    body: dispatch.PlanBody, asked: Mapping[str, dispatch.PlanBody], verdicts: Mapping[str, Collection[str]]
) -> bool:
    """Whether three others on its line have been accepted in its year."""
    (line,), year = body.extent.lines, body.planned_period.start.year
    return sum(_is_of(one, line, year) and ACCEPTED in verdicts[mrid] for mrid, one in asked.items()) >= A_YEAR


def _is_of(body: dispatch.PlanBody, line: str, year: int) -> bool:
    return line in body.extent.lines and body.planned_period.start.year == year
