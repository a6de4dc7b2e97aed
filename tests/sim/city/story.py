"""Play one story: a small city is told of its outages while everything around it breaks, then left alone, then judged."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from tests.chaos.truth import KnownFact, Posted, number_of
from tests.sim.city import judge
from tests.sim.city.attacks import Attack, Attacker, quiet
from tests.sim.city.plan.plan import Chapter, Plan
from tests.sim.city.stage import ZERO, Stage
from tests.sim.city.system import SimSystem
from tests.sim.city.visitor import Outside

READY_SECONDS: Final = 120.0
"""So long, in virtual time, everything may take to be whole again."""


@dataclass
class Outcome:
    """What a seed came to: `wrong` is empty where nothing was lost, doubled, forgotten, stale or false."""

    seed: int
    facts: int = 0
    texts: int = 0
    restarts: int = 0
    requests: int = 0
    seconds: float = 0.0
    """Of virtual time."""
    workloads: list[str] = field(default_factory=list)
    attacks: list[Attack] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        """One line for a table."""
        verdict = "ok" if not self.wrong else "WRONG " + "; ".join(self.wrong[:3])
        return (
            f"seed {self.seed:>5}  facts {self.facts:>3}  attacks {len(self.attacks):>2}  starts again {self.restarts:>2}"
            f"  texts {self.texts:>3}  {verdict}"
        )


class Story:
    """One run, in the world around the nodes."""

    def __init__(self, system: SimSystem, plan: Plan) -> None:
        self.system, self.loop, self.plan = system, system.loop, plan
        self.outcome = Outcome(
            plan.seed, len(plan.acts()), workloads=plan.workloads(), attacks=list(plan.blows().values())
        )

    async def play(self) -> Outcome:
        """To its end."""
        self.system.start()
        await self._ready()
        async with Outside(self.system) as city:
            stage = Stage(self.system, city)
            await city.introduce(self.plan.people(), city.vault)
            stage.homes += [KnownFact(city.clock.now(), one.customer) for one in self.plan.people()]
            await city.settle()
            for chapter in self.plan.chapters():
                await city.until(ZERO + timedelta(seconds=chapter.begins))
                await self._chapter(chapter, stage)
                await city.settle()
            await city.until(city.clock.now() + timedelta(seconds=60))
            await self._judge(stage)
        self.outcome.restarts = self.system.restarts
        self.outcome.seconds = self.loop.time()
        self.outcome.requests = self.loop.network.requests if self.loop.network else 0
        return self.outcome

    async def _chapter(self, chapter: Chapter, stage: Stage) -> None:
        """All of it at its times, until everything is whole again."""
        zero, attacker = self.loop.time() - chapter.begins, Attacker(self.system)
        self.system.carrier.wrong = self.plan.wrong
        async with asyncio.TaskGroup() as group:
            group.create_task(attacker.run(chapter.attacks, zero))
            for act in chapter.acts:
                await asyncio.sleep(max(0.0, zero + act.at - self.loop.time()))
                group.create_task(act.do(stage))
        quiet(self.loop)
        self.system.carrier.wrong = 0.0
        await self._ready()

    async def _ready(self) -> None:
        until = self.loop.time() + READY_SECONDS
        while not self.system.ready:
            if self.loop.time() > until:
                whys = {name: m.process.health.ready() for name, m in self.system.machines.items() if m.process}
                raise TimeoutError(f"not ready within {READY_SECONDS:.0f} s: {whys}, {self.system.exits[-3:]}")
            await asyncio.sleep(0.25)

    async def _judge(self, stage: Stage) -> None:
        city = stage.city
        rows = await city.logs["notifier"].fetch("select data from event where type = 'message.requested.v1'")
        said = {one["messageId"]: one for one in (json.loads(row["data"]) for row in rows)}
        texts = []
        for made in self.system.carrier.made:
            one = said[made.message_id]
            number = number_of(one["customerId"])
            unstable = one["templateId"].endswith("/unstable")
            texts.append(Posted(made.at, made.message_id, number, one["trigger"], unstable))
        self.outcome.texts = len(texts)
        self.outcome.wrong += judge.words([*stage.homes, *stage.known], texts, city)
        self.outcome.wrong += await judge.tables(city, len(stage.taken))
        self.outcome.wrong += await judge.audit(city, None)
