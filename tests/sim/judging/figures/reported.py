"""Ask for what an operator would: the report of the months of a story, of some outages alone."""

import asyncio
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Final

from operations.reports.making import report_of
from operations.reports.reading import read_facts
from services.policy import load_policy, policy_path
from services.reliability.periods import period_of
from tests.sim.city.plan.asking import tables_of
from tests.sim.city.stage import Stage
from tests.sim.city.visitor import LOOK_SECONDS
from tests.sim.judging.figures.supply import Supply
from tests.sim.judging.promises.owed import ZONE

END: Final = "select coalesce(max(position), 0) from event"
LOOKED: Final = "select position from overlaps_looked"
PATIENCE: Final = 120.0
MONTHS: Final = ("2026-02", "2026-03", "2026-04")
"""In which outages of stories may begin."""


def told_of(stage: Stage, kind: str) -> list[Any]:
    """What dispatch told of the outages of one kind, each fact once."""
    return [one.fact for one in stage.known if getattr(one.fact, "mrid", "").startswith(f"{kind}-")]


async def _looked_through(stage: Stage) -> None:
    """Outages at one place look at each other every half minute: until they have, of all that there is now."""
    log, clock = stage.city.logs["restorer"], stage.city.clock
    end, until = await log.fetchval(END), clock.monotonic() + PATIENCE
    while await log.fetchval(LOOKED) < end and clock.monotonic() < until:
        await asyncio.sleep(LOOK_SECONDS)


async def reported(stage: Stage, mrids: AbstractSet[str]) -> Supply:
    """What the report says of these outages."""
    await _looked_through(stage)
    found = Supply()
    policy, now = load_policy(policy_path("cn-service-standard")), stage.city.clock.now()
    async with tables_of(stage, "restorer") as tables:
        for month in MONTHS:
            whole = await read_facts(tables, period_of(month, ZONE), str(ZONE), now, policy)
            mine = replace(whole, groups=[one for one in whole.groups if one.mrid in mrids])
            made = report_of(mine).whole.indices
            found += Supply(
                made.customers_interrupted, made.customer_minutes, made.momentary_interruptions, made.not_known
            )
    return found
