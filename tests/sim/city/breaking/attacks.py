"""Draw what befalls a simulated system from a seed, and do it: kills at any step, pauses, cuts, servers that are away."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from devstack.player import INPUTS
from devstack.system import SERVICES
from tests.sim.broker import Send
from tests.sim.city.breaking.http import HTTP_KINDS, HTTP_SUFFERS, HttpKind, break_http, http_told
from tests.sim.city.breaking.topics import LOSABLE, TopicLoss, lose, put_right, replace_unseen
from tests.sim.city.provider import GATEWAY, TWILIO
from tests.sim.city.stage import Stage
from tests.sim.city.system import PARTS, SimSystem
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import Node

NodeKind = Literal[
    "kill", "kill-soon", "pause", "cut", "freeze", "lose-commit", "database-away", "broker-away", "broker-frozen",
    "link-cut", "send-unanswered", "redeliver", "rebalance", "clock-wrong",
    "retention", "topic-gone", "topic-replaced",
]  # fmt: skip
Kind = NodeKind | HttpKind
KINDS: tuple[Kind, ...] = (
    "kill", "kill-soon", "kill-soon", "pause", "cut", "freeze", "lose-commit", "database-away", "broker-away",
    "broker-frozen", "link-cut", "send-unanswered", "redeliver", "rebalance",
)  # fmt: skip
LASTING: frozenset[Kind] = frozenset((
    "pause", "freeze", "database-away", "broker-away", "broker-frozen", "link-cut", "way-cut", "way-frozen", "way-slow",
    "provider", "clock-wrong",
))  # fmt: skip
SERVICES_SUFFER: Final[Sequence[tuple[Kind, Sequence[str]]]] = [(kind, SERVICES) for kind in KINDS]
TEXTS_SUFFER: Final[Sequence[tuple[Kind, Sequence[str]]]] = [
    ("kill", (GATEWAY, TWILIO)), ("kill-soon", (GATEWAY, TWILIO)), ("pause", (GATEWAY, TWILIO)), ("link-cut", (GATEWAY,)),
    ("cut", (GATEWAY,)), ("freeze", (GATEWAY,)), ("lose-commit", (GATEWAY,)), *HTTP_SUFFERS,
]  # fmt: skip
"""What may befall whom, as often as it stands here."""
WRONG_CLOCKS: Final = 1 / 6
"""In so many stories the clock of one machine is wrong for a while."""
RETENTION: Final = 1 / 4
"""In so many stories Kafka deletes on the way what everybody has read."""
ANEW: Final = 1 / 10
"""In so many stories a topic is deleted and made anew."""
LONGEST_GONE: Final = 20.0
"""Seconds; in half of those stories it is there again at once."""
MOST_AHEAD: Final = {"planner": 600, "restorer": 600, "notifier": 45, GATEWAY: 600}
"""Seconds. The notifier's clock may be ahead of the provider's by less than a minute (docs/operations.md, "Clocks")."""
MOST_BEHIND: Final = 600
MOST_STEPS = 400
"""A node that is to die soon does so at one of so many steps."""
SHORTEST = 5.0
"""What is told within less is attacked for so long."""


TOLD: Final[Mapping[Kind, str]] = {
    "kill": "{who} is killed",
    "kill-soon": "{who} is killed {steps} steps later",
    "pause": "{who} stands still",
    "cut": "connections of {who} to PostgreSQL are cut",
    "freeze": "no answer of PostgreSQL comes to {who}",
    "lose-commit": "the answer to the next COMMIT of {who} is lost",
    "database-away": "PostgreSQL is away",
    "broker-away": "Kafka is away",
    "broker-frozen": "Kafka answers nobody",
    "link-cut": "{who} has no way to Kafka",
    "send-unanswered": "Kafka's answer to the next batch that anybody sends is lost",
    "redeliver": "Kafka hands {who} everything again",
    "rebalance": "Kafka shares the partitions of {who} out anew",
    "retention": "Kafka deletes what everybody has read",
}
"""For a person, of what no other words are found for."""


@dataclass(frozen=True, slots=True)
class Attack:
    """`at`: seconds after the story began; `lasts`: seconds until what was broken is whole again.

    `steps`: after so many a node dies; of what is lost on its way, after so many bytes; by so many seconds a clock is ahead,
    or, below 0, behind. Of a topic that is made anew: whether its readers are started again once they may read on.
    """

    at: float
    kind: Kind
    target: str
    lasts: float
    steps: int

    def __str__(self) -> str:
        """For a person."""
        if self.kind == "clock-wrong":
            how = f"{abs(self.steps)} s {'ahead' if self.steps > 0 else 'behind'}"
            return f"the clock of the {self.target} is {how} for {self.lasts:.1f} s"
        if self.kind in ("topic-gone", "topic-replaced"):
            how = (
                f"{self.lasts:.1f} s later"
                if self.kind == "topic-gone"
                else "while its readers are stopped, and filled"
            )
            return f"{self.target} is deleted, and made anew {how}" + ("; they are started again" if self.steps else "")
        if self.kind in HTTP_KINDS:
            what = http_told(self.kind, self.target, self.steps)
        else:
            who = "Twilio" if self.target == TWILIO else f"the {self.target}"
            what = TOLD[self.kind].format(who=who, steps=self.steps)
        return what + (f" for {self.lasts:.1f} s" if self.kind in LASTING else "")


def schedule(draw: Random, spans: Sequence[tuple[float, float]], count: tuple[int, int]) -> list[Attack]:
    """What befalls the system while anything is told (`spans`): its services so many times at least and at most.

    Besides, up to half as often, whatever carries texts and receipts.
    """
    times = sorted(_within(*draw.choice(spans), draw) for _ in range(draw.randint(*count)))
    services = [_attack(at, draw, SERVICES_SUFFER) for at in times]
    times = [_within(*draw.choice(spans), draw) for _ in range(draw.randint(0, count[1] // 2))]
    return sorted([*services, *(_attack(at, draw, TEXTS_SUFFER) for at in times)], key=lambda attack: attack.at)


def wrong_clocks(draw: Random, spans: Sequence[tuple[float, float]]) -> list[Attack]:
    """In some stories: the clock of one machine is set wrong while anything is told, and right again, as a step of NTP does it."""
    if draw.random() >= WRONG_CLOCKS:
        return []
    target = draw.choice(tuple(MOST_AHEAD))
    seconds = draw.choice((draw.randint(2, MOST_AHEAD[target]), -draw.randint(2, MOST_BEHIND)))
    return [Attack(_within(*draw.choice(spans), draw), "clock-wrong", target, draw.uniform(1, 12), seconds)]


def retention(draw: Random, spans: Sequence[tuple[float, float]]) -> list[Attack]:
    """In some stories: old records are deleted once or twice while anything is told."""
    if draw.random() >= RETENTION:
        return []
    times = sorted(_within(*draw.choice(spans), draw) for _ in range(draw.randint(1, 2)))
    return [Attack(at, "retention", "kafka", 0.0, 0) for at in times]


def topics_anew(draw: Random, spans: Sequence[tuple[float, float]]) -> list[Attack]:
    """In a few stories: a topic is lost, and made anew under its readers' hands or while they are stopped."""
    if draw.random() >= ANEW:
        return []
    kind: Kind = draw.choice(("topic-gone", "topic-replaced"))
    gone = draw.choice((0.0, draw.uniform(0.0, LONGEST_GONE)))
    again = int(draw.random() < 3 / 4)
    return [Attack(_within(*draw.choice(spans), draw), kind, draw.choice(LOSABLE), gone, again)]


def _attack(at: float, draw: Random, what: Sequence[tuple[Kind, Sequence[str]]]) -> Attack:
    kind, targets = draw.choice(what)
    return Attack(at, kind, draw.choice(targets), draw.uniform(0.3, 12), draw.randrange(1, MOST_STEPS))


def _within(begins: float, ends: float, draw: Random) -> float:
    return draw.uniform(begins, max(ends, begins + SHORTEST))


class Attacker:
    """Does it, and has nodes die at their step."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.system, self.loop = stage, stage.system, stage.system.loop
        self._doomed: dict[Node, int] = {}
        self._losses: list[tuple[TopicLoss, bool]] = []
        self.loop.before_step = self._before

    async def run(self, attacks: Iterable[Attack], zero: float) -> None:
        """Each at its time, counted from the loop's time `zero`; returns when all are over.

        Then operators look at what they have to put right: a topic that is not the one that was read.
        """
        async with asyncio.TaskGroup() as group:
            for attack in attacks:
                await asyncio.sleep(max(0.0, zero + attack.at - self.loop.time()))
                group.create_task(self._do(attack))
        for loss, again in self._losses:
            await put_right(self.stage, loss, again=again)

    async def _do(self, attack: Attack) -> None:
        if attack.kind == "clock-wrong":
            mend: Callable[[], None] | None = self.system.wrong_clock(attack.target, attack.steps)
        elif attack.kind == "retention":
            self.system.broker.expire({f"outage-{name}": topics for name, topics in INPUTS.items()})
            return
        elif attack.kind == "topic-gone":
            self._losses.append((await lose(self.stage, attack.target, attack.lasts), bool(attack.steps)))
            return
        elif attack.kind == "topic-replaced":
            self._losses.append((await replace_unseen(self.stage, attack.target), bool(attack.steps)))
            return
        elif attack.kind in HTTP_KINDS:
            mend = break_http(self.system, attack.kind, attack.target, attack.steps)
        else:
            mend = self._break(attack)
        if mend is not None:
            await asyncio.sleep(attack.lasts)
            mend()

    def _break(self, attack: Attack) -> Callable[[], None] | None:
        system, node, broker = self.system, self.system.node(attack.target), self.system.broker
        network, link = self.loop.network, self.system.machines[attack.target].link
        assert network is not None
        match attack.kind:
            case "kill":
                self.loop.kill(node)
            case "kill-soon":
                self._doomed[node] = node.steps + attack.steps
            case "pause":
                self.loop.pause(node)
                return lambda: self.loop.resume(node)
            case "cut":
                network.cut(network.connections(node))
            case "freeze":
                network.freeze(node)
                return lambda: network.thaw(node)
            case "lose-commit":
                network.lose_next_commit(node)
            case "database-away":
                network.away = True
                network.cut([one for one in network.connections() if one.node.name in PARTS])
                return lambda: setattr(network, "away", False)
            case "broker-away":
                broker.stop()
                return broker.start
            case "broker-frozen":
                broker.freeze()
                return broker.start
            case "link-cut":
                link.cut()
                return link.heal
            case "send-unanswered":
                broker.faults.sends.append(Send.UNANSWERED)
            case "redeliver":
                for place in list(_read(system, attack.target)):
                    broker.redeliver(f"outage-{attack.target}", place, 0)
            case "rebalance":
                broker.group(f"outage-{attack.target}").rebalance()
        return None

    def _before(self, handle: asyncio.Handle, node: Node) -> None:
        del handle
        if node in self._doomed and node.steps >= self._doomed[node]:
            del self._doomed[node]
            self.loop.kill(node)


def _read(system: SimSystem, name: str) -> Iterator[tuple[str, int]]:
    process = system.machines[name].process
    yield from sorted(process.input.places if process is not None else ())


def quiet(loop: SimLoop) -> None:
    """No attack stands any more."""
    loop.before_step = None
