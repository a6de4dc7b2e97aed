"""Outages of a line of the network: a part of it is restored by transformer, and another outage lies within; told, and judged."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Final

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageStarted, SupplyRestored
from schemas.contracts.network import NetworkElement
from tests.kits.network.models import element
from tests.sim.city.plan.acts import Act, Told
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.stage import Stage

LINE: Final = "G-Z"
TRANSFORMERS: Final = ("G-Z1", "G-Z2", "G-Z3")
POINTS: Final = 2
"""On each of them."""
HOUR: Final = 3600.0
LARGER, SMALLER = "G", "GS"
MINUTE: Final = timedelta(minutes=1)


def line() -> Iterator[NetworkElement]:
    """A line on which the network says the same in every edition, and that is never switched."""
    yield element(LINE, "line", "G-SS")
    for name in TRANSFORMERS:
        yield element(name, "transformer", LINE)
        yield from (element(f"{name}-P{n}", "usagePoint", name) for n in range(POINTS))


def outages(random: Random, begins: float) -> Sequence[Act]:
    """A larger one and a smaller one within it, in either order; both are over hours later, when the network was read for long."""
    teller = Teller(random)
    larger, smaller = teller.mrid(LARGER), teller.mrid(SMALLER)
    nested = random.random() < 0.5
    teller.off(larger, begins if nested else begins + 2, Extent(lines=(LINE,)))
    teller.off(smaller, begins + 2 if nested else begins, Extent(transformers=TRANSFORMERS[1:2]))
    first = begins + random.uniform(3, 6)
    back = Extent(transformers=TRANSFORMERS[:1])
    teller.say(first, SupplyRestored(mrid=larger, restored_at=at(first), scope="part", extent=back))
    teller.back(larger, begins + (2 if nested else 3) * HOUR)
    teller.back(smaller, begins + (3 if nested else 2) * HOUR)
    return teller.told


@dataclass(frozen=True, slots=True)
class Followed:
    """An outage as the restorer shows it, and its last confirmation."""

    view: Mapping[str, Any]
    confirmed: Mapping[str, Any]


async def judged(plan: Plan, stage: Stage) -> list[str]:
    """What the restorer says of them and is not so. Told in part, because parts of the story are left out, they are not judged."""
    told = {act.id: act for act in plan.acts().values() if isinstance(act, Told) and act.about.startswith(LARGER)}
    facts = [act.fact for act in told.values() if act.about in (f"{LARGER}-1", f"{SMALLER}-2")]
    if len(facts) != 5:
        return []
    mrids = {fact.mrid.partition("-")[0]: fact.mrid for fact in facts}
    log, found = stage.city.logs["restorer"], dict[str, Followed]()
    for mrid in mrids.values():
        stream = f"outage/{mrid}"
        view = await log.fetchval("select view from live where stream_id = $1", stream)
        confirmed = await log.fetchval(
            "select data from event where stream_id = $1 and type = 'restoration.confirmed.v1' order by version desc limit 1",
            stream,
        )
        found[mrid] = Followed(json.loads(view or "{}"), json.loads(confirmed or "{}"))
    return wrong(facts, found, mrids[LARGER], mrids[SMALLER])


def wrong(facts: Sequence[Any], found: Mapping[str, Followed], larger: str, smaller: str) -> list[str]:
    """What differs from what the facts and the line say."""
    began = {fact.mrid: fact.started_at for fact in facts if isinstance(fact, OutageStarted)}
    ended = {fact.mrid: fact.restored_at for fact in facts if isinstance(fact, SupplyRestored) and fact.scope == "all"}
    (part,) = (fact.restored_at for fact in facts if isinstance(fact, SupplyRestored) and fact.scope == "part")
    nested = ended[larger] < ended[smaller]
    all_of_it = POINTS * len(TRANSFORMERS)
    lasted = POINTS * (part - began[larger]) + (all_of_it - POINTS) * (ended[larger] - began[larger])
    expected: dict[str, dict[str, object]] = {
        larger: {
            "points": all_of_it,
            "steps": [(POINTS, all_of_it - POINTS)],
            "minutes": int(lasted / MINUTE),
            "back": all_of_it - 2 * POINTS if nested else all_of_it - POINTS,
            "stay out": [(smaller, POINTS)] if nested else [],
        },
        smaller: {
            "points": POINTS,
            "steps": [],
            "minutes": int(POINTS * (ended[smaller] - began[smaller]) / MINUTE),
            "back": POINTS if nested else 0,
            "stay out": [] if nested else [(larger, POINTS)],
        },
    }
    return [
        f"{mrid} by the network: {said}, and the restorer says {seen}"
        for mrid, said in expected.items()
        if (seen := _seen(found[mrid])) != said
    ]


def _seen(one: Followed) -> dict[str, object]:
    view, confirmed = one.view, one.confirmed
    return {
        "points": view.get("points"),
        "steps": [(step.get("pointsRestored"), step.get("pointsRemaining")) for step in view.get("steps", ())],
        "minutes": view.get("pointMinutes"),
        "back": confirmed.get("points", {}).get("restored"),
        "stay out": [(other["mRID"], other.get("points")) for other in confirmed.get("stayOut", ())],
    }
