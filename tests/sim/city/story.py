"""Play one story: a small city is told of its outages while everything around it breaks, then left alone, then judged."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from schemas.contracts import dispatch
from tests.chaos.truth import KnownFact, Posted
from tests.sim.city import judge
from tests.sim.city.breaking.attacks import Attack, Attacker, quiet
from tests.sim.city.breaking.restored import drop_what_was_said_again, reconciled
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.draw import afterwards, needs
from tests.sim.city.plan.plan import Chapter, Plan
from tests.sim.city.said import posted
from tests.sim.city.second_provider import BothProviders
from tests.sim.city.stage import ZERO, Stage
from tests.sim.city.system import SimSystem
from tests.sim.city.visitor import Outside
from tests.sim.judging.promises.owed import still_off
from tests.sim.judging.queues import Queues
from tests.sim.judging.storms import with_clocks

READY_SECONDS: Final = 120.0
"""So long, in virtual time, everything may take to be whole again."""
OVERDUE: Final = timedelta(hours=26)
"""So long after the story what is still off stays off: longer than any promise of power being back."""
LATER: Final = timedelta(days=13)
"""So much time passes then, with every deadline of a notice in it."""
CARRIED: Final = "select message_id from notification where carried_by = any($1::text[])"
"""Texts for which one of these spoke, too."""


@dataclass
class Outcome:
    """What a seed came to: `wrong` is empty where nothing was lost, doubled, forgotten, stale or false."""

    plan: Plan
    texts: int = 0
    by_gateway: int = 0
    """Of them, and of those that were not delivered, by the second provider."""
    restarts: int = 0
    loops: int = 0
    """Tasks of a notifier that has nothing left to do (queues.py)."""
    requests: int = 0
    seconds: float = 0.0
    """Of virtual time."""
    wrong: list[str] = field(default_factory=list)
    read: list[tuple[float, str]] = field(default_factory=list)
    """What customers read, and when, in seconds after the story began."""

    @property
    def seed(self) -> int:
        """Whose story it was."""
        return self.plan.seed

    @property
    def facts(self) -> int:
        """How much was told and done."""
        return len(self.plan.acts())

    @property
    def attacks(self) -> list[Attack]:
        """What befell the system."""
        return list(self.plan.blows().values())

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
        self.outcome = Outcome(plan)
        system.needs = needs(plan.workloads())
        self.storms: list[tuple[datetime, datetime]] = []
        """From when until when something may have been broken."""
        self.queues = Queues(len(plan.acts()), 2 if isinstance(system.provider, BothProviders) else 1)

    async def play(self) -> Outcome:
        """To its end."""
        self.system.start()
        await self._ready()
        async with Outside(self.system) as city:
            stage = await self._introduce(city)
            await self._tell(self.plan.chapters(), stage)
            await self._end(stage)
        return self.outcome

    async def _introduce(self, city: Outside) -> Stage:
        stage = Stage(self.system, city, storms=self.storms)
        await city.introduce(self.plan.people(), city.vault)
        stage.homes += [KnownFact(city.clock.now(), one.customer) for one in self.plan.people()]
        for one in self.plan.people():
            stage.note_numbers(one)
        await city.settle()
        return stage

    async def _tell(self, chapters: Iterable[Chapter], stage: Stage) -> None:
        city = stage.city
        for chapter in chapters:
            begins = ZERO + timedelta(seconds=chapter.begins)
            if city.clock.now() + OVERDUE < begins:
                await self._mend(stage)
            await city.until(begins)
            await self._chapter(chapter, stage)
            await city.settle()

    async def _end(self, stage: Stage) -> None:
        city = stage.city
        # What a clock that was ahead has put off waits for so much longer.
        ahead = max((one.steps for one in self.plan.blows().values() if one.kind == "clock-wrong"), default=0)
        await city.until(city.clock.now() + timedelta(seconds=60 + max(0, ahead)))
        await self._hear(await posted(stage), stage)
        await self._go_on(stage)
        if stage.lost is not None:
            await reconciled(stage)
            await drop_what_was_said_again(stage)
            self.storms.append((stage.lost.back_to, stage.lost.at))
        await self._judge(stage)
        self.outcome.restarts = self.system.restarts
        self.outcome.seconds = self.loop.time()
        self.outcome.requests = self.loop.network.requests if self.loop.network else 0

    async def _chapter(self, chapter: Chapter, stage: Stage) -> None:
        """All of it at its times, until everything is whole again."""
        zero, attacker, began = self.loop.time() - chapter.begins, Attacker(stage), self.system.now()
        self.system.provider.goes_wrong(self.plan.wrong)
        watched = self.queues.watched(self.system.postgres, self.loop.nodes)
        async with watched, asyncio.TaskGroup() as group:
            group.create_task(attacker.run(chapter.attacks, zero))
            for act in chapter.acts:
                await asyncio.sleep(max(0.0, zero + act.at - self.loop.time()))
                group.create_task(act.do(stage))
        quiet(self.loop)
        self.system.provider.goes_wrong(0.0)
        await self._ready()
        if stage.lost is not None:
            await reconciled(stage)
        while self.system.provider.busy:
            await asyncio.sleep(0.25)
        stage.clocks += self.system.wrong_clocks
        self.system.wrong_clocks.clear()
        self.storms.append(with_clocks((began, self.system.now()), stage.clocks))

    async def _ready(self) -> None:
        until = self.loop.time() + READY_SECONDS
        while whys := self.system.unready:
            if self.loop.time() > until:
                raise TimeoutError(f"not ready within {READY_SECONDS:.0f} s: {whys}, {self.system.exits[-3:]}")
            await asyncio.sleep(0.25)

    async def _go_on(self, stage: Stage) -> None:
        """Deadlines pass; then what is still off is mended, late, and the rest of what was promised falls due."""
        await self._mend(stage)
        await stage.city.until(max(stage.city.clock.now(), ZERO + timedelta(seconds=self.plan.until)) + LATER)

    async def _mend(self, stage: Stage) -> None:
        city = stage.city
        await city.until(city.clock.now() + OVERDUE)
        for mrid in still_off(one.fact for one in stage.known):
            now = city.clock.now()
            seconds = (now - ZERO).total_seconds()
            await Told(seconds, seconds, f"{mrid}/late", dispatch.SupplyRestored(mrid=mrid, restored_at=now)).do(stage)
        await city.settle()

    async def _hear(self, texts: Sequence[Posted], stage: Stage) -> None:
        self.outcome.texts, self.outcome.by_gateway = len(texts), self.system.provider.by_gateway
        self.outcome.read = [((one.at - ZERO).total_seconds(), _read(one)) for one in texts]
        known, failed = [*stage.homes, *stage.known], self.system.provider.failed()
        carried = await stage.city.logs["notifier"].fetch(CARRIED, sorted(failed))
        failed |= {row["message_id"] for row in carried}
        wrong = await judge.words(known, texts, failed, stage.city)
        self.outcome.wrong += [
            one for one in wrong if one not in self.outcome.wrong
        ]  # heard twice: on the way, and in the end

    async def _judge(self, stage: Stage) -> None:
        notifiers = [one for one in self.loop.nodes if one.alive and one.name.startswith("notifier")]
        self.outcome.loops = max((one.tasks for one in notifiers), default=0)
        texts = await posted(stage)
        await self._hear(texts, stage)
        self.outcome.wrong += await judge.promises(stage, texts, self.storms)
        self.outcome.wrong += await judge.sending(stage, self.storms)
        self.outcome.wrong += await judge.absences(stage, self.storms)
        self.outcome.wrong += judge.nights(stage, texts)
        self.outcome.wrong += self.queues.too_long(stage.published_again)
        self.outcome.wrong += await judge.tables(stage)
        self.outcome.wrong += await judge.audit(stage, self.system.provider.phones())
        self.outcome.wrong += stage.wrong
        for name in self.plan.workloads():
            self.outcome.wrong += await afterwards(name, self.plan, stage)


def _read(text: Posted) -> str:
    return f"customer {text.customer} reads: {' / '.join(text.body.splitlines())}"
