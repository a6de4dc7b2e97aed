"""Facts that cannot be so: each is held, told to nobody, and asked about; what else is said of the outage counts."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Final

from msgspec import structs

from schemas.contracts import dispatch
from schemas.contracts.base import encode
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
NEVER: Final = datetime(2099, 12, 31, tzinfo=UTC)
KINDS: Final = ("to come", "long ago", "back before it was off", "crew before it was off", "back in 2099")


def draw(random: Random, town: Town) -> Sequence[Told]:
    """One thing that cannot be so for each outage."""
    told: list[Told] = []
    for number in range(random.randint(1, 2) * town.size.times[1]):
        told += _one(Teller(random), town, f"I-{number + 1}", random.choice(KINDS))
    return told


def _one(teller: Teller, town: Town, mrid: str, kind: str) -> list[Told]:
    random, where = teller.random, town.whole(teller.random.choice(town.lines))
    begins = random.uniform(0, 5)
    if kind in ("to come", "long ago"):
        happens = begins + (2 * DAY if kind == "to come" else -30 * DAY)
        teller.off(mrid, happens, where, late=begins - happens, ert=None)
        return [replace(one, believed=False) for one in teller.told]
    teller.off(mrid, begins, where, ert=None)
    if kind == "back in 2099":
        for number, one in enumerate(teller.told):
            teller.told[number] = replace(one, body=encode(structs.replace(one.fact, ert=NEVER)))
    sound, when = len(teller.told), begins - random.uniform(1, 3) * HOUR
    if kind == "back before it was off":
        teller.back(mrid, when, late=begins + random.uniform(0, 4) - when)
    elif kind == "crew before it was off":
        crew = dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=at(when))
        teller.say(when, crew, begins + random.uniform(0, 4) - when)
    teller.told[sound:] = [replace(one, believed=False) for one in teller.told[sound:]]
    teller.back(mrid, begins + random.uniform(6, 12))
    return teller.told


async def after(plan: Plan, stage: Stage) -> list[str]:
    """Dispatch was asked about each, and nobody was told of an outage of which only such a thing was said."""
    told = [act for act in plan.acts().values() if isinstance(act, Told) and act.about.startswith("I-")]
    rows = await stage.city.logs["restorer"].fetch(
        "select data ->> 'mRID' as mrid from event where type = 'fact.questioned.v1'"
    )
    asked = {row["mrid"] for row in rows}
    known = {one.about for one in told if one.believed}
    wrong = []
    # Of an outage that never began it is not known what comes before it.
    for one in told:
        begun = isinstance(one.fact, dispatch.OutageStarted) or one.about in known
        if begun and (not one.believed or one.body) and one.about not in asked:
            wrong.append(f"nobody was asked about {one.about}")
    texts = await stage.city.logs["notifier"].fetch(
        "select data -> 'mrids' as mrids from event where type = 'message.requested.v1'"
    )
    spoken = {mrid for row in texts for mrid in json.loads(row["mrids"])}
    return wrong + [
        f"customers were told of {mrid}" for mrid in sorted({one.about for one in told} - known) if mrid in spoken
    ]
