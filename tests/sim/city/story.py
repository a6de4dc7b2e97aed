"""Play one seed: a small city is told its outages while everything around it breaks, then left alone, then judged."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from connectors.registry.entry import RegistryEntry
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import dispatch
from schemas.contracts.all_types import TYPE_OF
from services.kernel.adapters.kafka import Produce
from tests.chaos.truth import KnownFact, Posted
from tests.chaos.workload import facts, line_of, registry, sendings
from tests.sim.city import judge
from tests.sim.city.attacks import Attack, Attacker, quiet, schedule
from tests.sim.city.system import SimSystem
from tests.sim.city.visitor import Outside

SOURCE: Final = "/dispatch/storm"
LINES: Final = 3
SECONDS: Final = 20.0
WRONG: Final = 0.1
"""Of what the provider does in the storm, so much goes wrong."""
READY_SECONDS: Final = 120.0
"""So long, in virtual time, everything may take to be whole again."""
LATER: Final = timedelta(days=1)
"""After the storm so much time passes, with every deadline in it."""


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

    def __init__(self, system: SimSystem, seed: int, *, attacks: bool = True) -> None:
        self.system, self.loop = system, system.loop
        self.outcome = Outcome(seed, attacks=schedule(seed, SECONDS) if attacks else [])
        self.planned = facts(seed, SECONDS, LINES)
        self.outcome.facts = len(self.planned)
        self.known: list[KnownFact] = []

    async def play(self) -> Outcome:
        """To its end."""
        self.system.start()
        await self._ready()
        async with Outside(self.system) as city:
            await city.introduce(_customers(city), city.vault)
            await city.settle()
            attacker = Attacker(self.system)
            self.system.carrier.wrong = WRONG if self.outcome.attacks else 0.0
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tell(city))
                group.create_task(attacker.run(self.outcome.attacks))
            quiet(self.loop)
            self.system.carrier.wrong = 0.0
            await self._ready()
            await city.settle()
            await city.until(city.clock.now() + timedelta(seconds=60))
            await self._judge(city)
        self.outcome.restarts = self.system.restarts
        self.outcome.seconds = self.loop.time()
        self.outcome.requests = self.loop.network.requests if self.loop.network else 0
        return self.outcome

    async def _ready(self) -> None:
        until = self.loop.time() + READY_SECONDS
        while not self.system.ready:
            if self.loop.time() > until:
                whys = {name: m.process.health.ready() for name, m in self.system.machines.items() if m.process}
                raise TimeoutError(f"not ready within {READY_SECONDS:.0f} s: {whys}, {self.system.exits[-3:]}")
            await asyncio.sleep(0.25)

    async def _tell(self, city: Outside) -> None:
        began, zero = city.clock.now(), self.loop.time()
        events = []
        for index, one in enumerate(self.planned):
            at = began + timedelta(seconds=one.happens)
            fact = one.make(at)
            events.append(
                CloudEvent(source=SOURCE, id=f"{one.mrid}/{index}", type=TYPE_OF[type(fact)], time=at, data=fact)
            )
        told: set[int] = set()
        async with asyncio.TaskGroup() as group:
            for at_second, index, _ in sendings(self.planned):
                await asyncio.sleep(max(0.0, zero + at_second - self.loop.time()))
                group.create_task(self._send(city, events[index], index, told))

    async def _send(self, city: Outside, event: CloudEvent, index: int, told: set[int]) -> None:
        sent = city.clock.now()
        message = to_kafka(event, dispatch.TOPIC)
        row = Produce(message.topic, message.key, message.value, message.headers, city.clock.now())
        while True:
            try:
                async with asyncio.timeout(15):
                    if all(await city.producer.send([row])):
                        break
            except (TimeoutError, OSError):
                pass
            await asyncio.sleep(0.5)
        if index not in told:
            told.add(index)
            fact: Any = event.data
            self.known.append(KnownFact(city.clock.now(), fact, sent))

    async def _judge(self, city: Outside) -> None:
        rows = await city.logs["notifier"].fetch("select data from event where type = 'message.requested.v1'")
        said = {one["messageId"]: one for one in (json.loads(row["data"]) for row in rows)}
        texts = []
        for made in self.system.carrier.made:
            one = said[made.message_id]
            number = int(one["customerId"].rpartition("-")[2])
            unstable = one["templateId"].endswith("/unstable")
            texts.append(Posted(made.at, made.message_id, number, one["trigger"], unstable))
        self.outcome.texts = len(texts)
        self.outcome.wrong += judge.words(self.known, texts, city)
        self.outcome.wrong += await judge.tables(city, len(self.planned))
        self.outcome.wrong += await judge.audit(city, None)


def _customers(city: Outside) -> list[RegistryEntry]:
    """Two on each line that has a story."""
    return [entry for number, entry in enumerate(registry(city.clock.now())) if line_of(number) < LINES]
