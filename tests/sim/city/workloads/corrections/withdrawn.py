"""Outages that there were not: dispatch withdraws them, at once, before they are heard of, or after power was said to be back."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

import msgspec

from schemas.contracts import dispatch
from tests.chaos.truth import CLAIMS
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage
from tests.sim.judging.storms import short

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
AHEAD: Final = 12
"""Days from a request to the work: they leave the seven of the notice."""
FATES: Final = (
    "at once",
    "at once",
    "beside another",
    "unheard of",
    "after power was back",
    "off after all",
    "work",
    "work begun",
)
SAID: Final = """
select e.data, e.decided_at,
  exists (select from event a where a.type = 'message.accepted.v1' and a.data ->> 'messageId' = e.data ->> 'messageId') as taken
from event e where e.type = 'message.requested.v1' order by e.position
"""
CONFIRMED: Final = "select distinct data ->> 'mRID' as mrid from event where type = 'restoration.confirmed.v1'"


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each has one fate, on any line."""
    teller = Teller(random)
    for number in range(random.randint(*town.size.times)):
        _one(teller, town, random.choice(town.lines), random.choice(FATES), number)
    return teller.told


def _one(teller: Teller, town: Town, line: str, fate: str, number: int) -> None:
    random, mrid, where = teller.random, teller.mrid("NO"), town.whole(line)
    if fate.startswith("work"):
        _work(teller, town, line, mrid, begun=fate == "work begun", days=AHEAD + 20 * number)
        return
    begins = random.uniform(0, 5)
    ends = begins + random.uniform(2, 8)
    if fate == "unheard of":
        teller.off(mrid, begins, where, late=ends - begins + random.uniform(0.5, 4))
        _none(teller, mrid, ends, late=0)
        return
    if random.random() < 1 / 3:
        teller.say(begins, dispatch.FaultReported(mrid=mrid, reported_at=at(begins), extent=where))
    teller.off(mrid, begins, where)
    if fate == "after power was back":
        teller.back(mrid, ends)
        ends += random.uniform(2, 40)
    elif random.random() < 1 / 2:
        teller.steps(mrid, begins, ends)
    if fate == "beside another":
        other = teller.mrid("NX")
        teller.off(other, begins + random.uniform(0, ends - begins), where)
        teller.back(other, ends + random.uniform(3, 30))
    _none(teller, mrid, ends)
    if fate == "off after all":
        again = ends + random.uniform(1, 30)
        teller.say(again, dispatch.OutageReopened(mrid=mrid, reopened_at=at(again)))
        teller.back(mrid, again + random.uniform(3, 30))


def _work(teller: Teller, town: Town, line: str, mrid: str, *, begun: bool, days: int) -> None:
    """Work that was noticed: withdrawn before its day, or on it, when somebody had said that it began."""
    asked, begins = teller.random.uniform(0, 5), days * DAY + 50 * 60
    plan = teller.asks(mrid, town.noticed(line), asked, begins)
    if begun:
        teller.off(mrid, begins + 60, plan.extent, outage_class="planned", ert=None)
    _none(teller, mrid, begins + 600 if begun else begins - 2 * DAY)


def _none(teller: Teller, mrid: str, happens: float, late: float | None = None) -> None:
    teller.say(happens, dispatch.OutageWithdrawn(mrid=mrid, withdrawn_at=at(happens), reason="调度台误录"), late)


async def after(plan: Plan, stage: Stage) -> list[str]:
    """See `wrong`."""
    facts = [act.fact for act in plan.acts().values() if isinstance(act, Told)]
    texts = [
        (msgspec.json.decode(row["data"]), row["taken"], short(row["decided_at"]))
        for row in await stage.city.logs["notifier"].fetch(SAID)
    ]
    confirmed = {row["mrid"] for row in await stage.city.logs["restorer"].fetch(CONFIRMED)}
    return wrong(facts, texts, confirmed)


def wrong(
    facts: Sequence[dispatch.Fact], texts: Sequence[tuple[Mapping[str, Any], bool, str]], confirmed: set[str]
) -> list[str]:
    """A correction goes to nobody who was not told since that power is off; and no restoration stands of what was never back.

    `texts`: each as it was asked for, whether a provider took it, and when; `confirmed`: outages said to be restored.
    """
    back = {fact.mrid for fact in facts if isinstance(fact, dispatch.SupplyRestored)}
    gone = {fact.mrid for fact in facts if isinstance(fact, dispatch.OutageWithdrawn)}
    found = [
        f"{mrid} was withdrawn, never restored, and confirmed as restored" for mrid in sorted(gone & confirmed - back)
    ]
    dark: dict[str, bool] = {}
    for text, taken, when in texts:
        customer, claim = text["customerId"], CLAIMS.get(text["trigger"])
        if taken and text["templateId"].endswith("/withdrawn") and not dark.get(customer):
            found.append(f"{customer} was told at {when} that there was no outage, and had been told of none")
        if taken and claim is not None:
            dark[customer] = claim == "dark"
    return found
