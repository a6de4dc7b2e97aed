"""A new version of the policy and of the calendar while outages are under way: each service begins again, then all is reviewed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from random import Random
from typing import Final

import asyncpg

from devstack.system import SERVICES
from services.kernel.adapters.away import AWAY
from services.kernel.model import Renewing
from services.kernel.upkeep.review import Reviewed, Reviewer
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.teller import Teller
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage
from tests.sim.judging.promises.figures import Figures

OFTEN = 0.5
SAME: Final = Figures("2", closures=frozenset({date(2026, 8, 3)}))
"""A day off that no deadline of a story meets: none moves."""
WHY = "new rules"
PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class NewRules:
    """The same figures under another version, and a calendar with a day off that no deadline meets."""

    at: float

    @property
    def about(self) -> str:
        """The rules."""
        return "rules"

    async def do(self, stage: Stage) -> None:
        """See Act."""
        await take_up(stage, SAME)

    def __str__(self) -> str:
        """For a person."""
        return "the policy and the calendar have a new version; services begin again, and all streams are reviewed"


async def take_up(stage: Stage, figures: Figures) -> None:
    """Put other rules in force: services take them up as they are started again, one every two seconds; then all is reviewed.

    Where a database goes back to some time before, it is reviewed once more.
    """
    system = stage.system
    async with stage.changing:
        system.change_rules(figures)
        for name in SERVICES:
            others = [node for node in system.workers(name) if node is not system.node(name)]
            for node in (system.node(name), *others):
                system.loop.kill(node)
            for _ in others:
                system.second(name)
            await asyncio.sleep(PAUSE_SECONDS)
        stage.again.append(partial(review, stage))
        await review(stage)


async def review(stage: Stage) -> None:
    """Ask every service for a review until it has come through."""
    rules = stage.system.rules.newest
    for name in SERVICES:
        while not await reviewed(stage, name):
            await asyncio.sleep(PAUSE_SECONDS)
        rules.through[name] = stage.system.now()


async def reviewed(stage: Stage, name: str) -> bool:
    """Whether a review of all streams came through, as `outagectl rearm` asks it; no view is left of the rules of before.

    Where it names a stream that the code cannot judge for a while, operators ask again once the code is mended.
    """
    unjudged = set(stage.unjudged)
    try:
        async with _pool(stage, name) as pool:
            service = stage.system.service_of(name)
            reviewer, done = Reviewer(service, pool, stage.city.clock, WHY), Reviewed()
            async for part in reviewer.run():
                done += part
            if isinstance(service, Renewing):
                async with pool.acquire() as connection:
                    await service.renew(connection)
            behind = await reviewer.behind()
    except AWAY:
        return False
    unjudged |= stage.unjudged
    if any((name, stream) in unjudged for stream in (*done.failed, *done.parked)):
        return False
    stage.wrong += [f"{stream} of {name} cannot be reviewed: {why}" for stream, why in done.failed.items()]
    stage.wrong += [f"{behind} views of {name} stand under rules that are no more"] if behind else []
    return True


def draw(random: Random, town: Town) -> Sequence[Act]:
    """Outages before, during and after."""
    teller = Teller(random)
    for _ in range(2 * random.randint(*town.size.times)):
        mrid, begins = teller.mrid("Y"), random.uniform(0, 10)
        teller.off(mrid, begins, town.whole(random.choice(town.lines)))
        teller.steps(mrid, begins, begins + 6)
        if random.random() < 0.8:
            teller.back(mrid, begins + random.uniform(6, 10))
    return [*teller.told, NewRules(random.uniform(2, 9))]


def _pool(stage: Stage, name: str) -> asyncpg.Pool:
    words = {"search_path": name, "application_name": "outagectl"}
    return asyncpg.create_pool(stage.system.postgres, min_size=1, max_size=2, server_settings=words)
