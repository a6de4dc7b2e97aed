"""A story told in two halves by two processes: an older release plays the first, then its services stop and this code goes on.

Two versions of a package do not fit into one process. So the first half is a command that sees the older release's packages first
on its path (first_half.py); at a quiet moment it writes down what is outside the database, and the second half begins from
that. The database, and the provider's journals, stay where they are.
"""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from devstack.system import SERVICES
from services.kernel.reading.projections import SQL
from services.kernel.reading.rebuild import Rebuild
from services.readmodels import READ_MODELS
from tests.sim.broker.log import Topic
from tests.sim.city.databases import bring_up
from tests.sim.city.plan.asking import tables_of
from tests.sim.city.plan.draw import draw
from tests.sim.city.plan.plan import Chapter, Plan
from tests.sim.city.play import LOOK_SECONDS
from tests.sim.city.provider import TWILIO
from tests.sim.city.stage import Stage
from tests.sim.city.story import Outcome, Story
from tests.sim.city.system import PARTS, SimSystem
from tests.sim.city.visitor import Outside
from tests.sim.city.workloads.operators.rules import SAME, NewRules, review
from tests.sim.engine.databases import make_ready
from tests.sim.engine.lock_waits import LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import within
from tests.sim.engine.run import run
from tests.sim.engine.trace import Untraced
from tests.sim.judging.promises.ruled import History
from tests.sim.world import rarer_looks

ENDING_SECONDS: Final = 5.0
"""So long a process may take to end in order."""
OTHER_CHANCE: Final = 1_000_000
"""Added to the seed of the second half: a process that begins anew draws other numbers."""
CARRIED: Final = (
    "known", "homes", "taken", "facts", "said", "meant", "refused", "wrong", "first_sent", "clocks", "stopped",
    "unjudged", "imported", "numbers_of", "approvals", "answers", "complaints", "read",
)  # fmt: skip
"""Of a Stage, what the second half must know. A release that is kept carries what it knew to carry; the rest is empty."""
LEFT: Final = (
    "system", "city", "numbers", "changing", "again", "backup", "lost", "taken_over", "storms", "published_again",
)  # fmt: skip
"""What it has anew: the world around it, locks, what of restores no story with an upgrade has. Storms go by themselves."""


@dataclass(frozen=True)
class Half:
    """What is outside the database when the first half is over. `rest`: what is still to be told; `stage`: by name, CARRIED."""

    plan: Plan
    rest: list[Chapter]
    at: datetime
    topics: dict[str, Topic]
    offsets: dict[str, dict[tuple[str, int], int]]
    written: dict[tuple[str, int], datetime]
    storms: list[tuple[datetime, datetime]]
    stage: dict[str, Any]


def halves(plan: Plan) -> tuple[list[Chapter], list[Chapter]]:
    """The chapters of a story, cut in the middle of one: what is off then is off while the release is replaced."""
    draw_, chapters = Random(f"{plan.seed}/halves"), plan.chapters()
    number = draw_.randrange(len(chapters))
    whole = chapters[number]
    cut = draw_.choice(whole.acts or whole.attacks).at
    first = Chapter(
        whole.begins, *(tuple(one for one in part if one.at <= cut) for part in (whole.acts, whole.attacks))
    )
    then = Chapter(cut, *(tuple(one for one in part if one.at > cut) for part in (whole.acts, whole.attacks)))
    return [*chapters[:number], first], [then, *chapters[number + 1 :]]


class FirstHalf(Story):
    """Played by whatever release is on the path."""

    async def leave(self) -> Half:
        """Tell it, then stop every process, in order or not."""
        self.system.start()
        await self._ready()
        async with Outside(self.system) as city:
            stage = await self._introduce(city)
            first, rest = halves(self.plan)
            await self._tell(first, stage)
        await self._stop()
        broker = self.system.broker
        offsets = {name: dict(group.offsets) for name, group in broker.groups.items()}
        carried = {name: getattr(stage, name) for name in CARRIED}
        written = self.system.provider.written
        return Half(self.plan, rest, self.system.now(), broker.topics, offsets, written, self.storms, carried)

    async def _stop(self) -> None:
        in_order = Random(f"{self.plan.seed}/stop").random() < 1 / 2
        self.system.held.update((*PARTS, TWILIO))
        workers = [node for name in SERVICES for node in self.system.workers(name)]
        if in_order:
            for name in SERVICES:
                machine = self.system.machines[name]
                with within(machine.node):
                    assert machine.stop is not None
                    machine.stop()
            await asyncio.sleep(ENDING_SECONDS)
        for node in (*workers, *(self.system.node(name) for name in (TWILIO, *PARTS))):
            self.loop.kill(node)


class SecondHalf(Story):
    """Played by this code, on what the first half left."""

    async def go_on(self, half: Half, policy: str) -> Outcome:
        """To its end: what operators do after an upgrade (docs/operations.md), then the rest of the story.

        `policy`: the version of the policy that the release brought along.
        """
        self.system.start()
        # Before anybody's first step.
        self._put_back(half)
        promised_by(policy, self.system.rules, half.at)
        await self._ready()
        self.storms += [*half.storms, (half.at, self.system.now())]
        async with Outside(self.system) as city:
            stage = Stage(self.system, city, **half.stage)
            await city.settle()
            await review(stage)
            await _rebuild(stage)
            stage.taken_over = self.system.now()
            await self._tell(half.rest, stage)
            await self._end(stage)
        return self.outcome

    def _put_back(self, half: Half) -> None:
        system = self.system
        left = [act for chapter in half.rest for act in chapter.acts]
        if any(isinstance(act, NewRules) and act not in left for act in half.plan.acts().values()):
            # The rules that came into force before the upgrade stay so.
            system.rules.began += [(name, f"{name} before", system.now(), system.rules.newest) for name in SERVICES]
            system.change_rules(SAME)
        system.jump(half.at - system.now())
        system.provider.written.update(half.written)
        for topic in half.topics.values():
            for partition in topic.partitions:
                # This loop's time has begun anew; producers, too.
                partition.records = [replace(stored, at=0.0) for stored in partition.records]
                partition.sequences = {}
            system.broker.topics[topic.name] = topic
        for name, offsets in half.offsets.items():
            system.broker.group(name).offsets.update(offsets)


async def _rebuild(stage: Stage) -> None:
    """Have read models whose tables have another form now made again."""
    for service in SERVICES:
        async with tables_of(stage, service) as writer, tables_of(stage, service) as reader:
            for model in READ_MODELS[service]:
                standing = await writer.fetchrow(SQL["standing"], model.name)
                if standing is not None and standing["version"] != model.version:
                    await Rebuild(service, model, stage.city.clock).run(writer, reader)


def promised_by(policy: str, rules: History, upgraded: datetime) -> None:
    """Tell the referee that what was promised before the upgrade cites the release's policy, and since then today's.

    Their figures are the same.
    """
    today = rules.versions[0].policy
    if policy != today:
        before = [replace(one, policy=one.policy.replace(today, policy), through={}) for one in rules.versions]
        rules.began = [(name, f"{name} by {one.policy}", before[0].since, one) for name in SERVICES for one in before]
        rules.versions = [*before, *(replace(one, since=upgraded) for one in rules.versions)]


def play_first(seed: int, address: str, folder: Path) -> Half:
    """The first half on an empty database; `folder` takes the provider's journals."""

    async def scenario(loop: SimLoop) -> Half:
        return await FirstHalf(SimSystem(loop, address, folder), draw(seed)).leave()

    return _play(seed, scenario, address)


def play_second(address: str, folder: Path, half: Half, policy: str) -> Outcome:
    """The second half on that database; `policy`: see `SecondHalf.go_on`."""

    async def scenario(loop: SimLoop) -> Outcome:
        return await SecondHalf(SimSystem(loop, address, folder), half.plan).go_on(half, policy)

    return _play(half.plan.seed + OTHER_CHANCE, scenario, address)


def _play(seed: int, scenario: Any, address: str) -> Any:
    asyncio.run(bring_up(address))
    asyncio.run(make_ready(address))
    with contextlib.closing(LockTable(address)) as locks, rarer_looks(LOOK_SECONDS):
        return run(seed, scenario, locks=locks, trace=Untraced())
