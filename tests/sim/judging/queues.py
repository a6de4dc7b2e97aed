"""Watch what a system has in hand while a story goes on: the highest count of each queue, against what it may be at most."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Final

import asyncpg

from devstack.system import SERVICES
from services.kernel.adapters.away import AWAY
from tests.sim.engine.nodes import Node

LOOK_SECONDS: Final = 1.0
LOOPS, TEXTS_UNDER_WAY = 56, 8
"""Of a notifier, which has most: loops that run all the time (54 today), and texts that it posts at once, each with two tasks.

That one with nothing to do has no more is held by stories of tests/sim/city/tests/test_city.py: whoever adds a loop counts it.
"""
LOOPS_EACH: Final = 18
"""Of them, those that each further provider of texts needs anew (16 today)."""
AT_MOST: Final[Mapping[str, int]] = {"tasks": LOOPS + 2 * TEXTS_UNDER_WAY, "outbox": 60, "texts in hand": 20}
"""Tasks of one process; rows of one service that Kafka has not; texts that senders have claimed and of which no answer is known.

A text that is looked up since nobody knows of a lost time's attempts was claimed by no sender: that attempt is nobody's (owner 0).
Nor has a sender in hand what waits with the provider for its time.
"""
OUTBOX: Final = "outbox of "
NOTHING: Final[Mapping[str, int]] = {}
_IN_HAND = """
select count(*) from notifier.notification n join notifier.attempt a on a.message_id = n.message_id and a.n = n.attempts
where n.state in ('sending', 'unknown') and a.owner <> 0 and a.outcome <> 'prepared'
"""
_COUNTS = "select " + ", ".join(
    [
        *(f'(select count(*) from {name}.outbox) as "{OUTBOX}{name}"' for name in SERVICES),
        f'({_IN_HAND}) as "texts in hand"',
    ]
)


class Queues:
    """The highest counts so far, by queue, of a story that tells so many facts: four rows for each may wait for Kafka.

    Where a topic was made anew, what a service publishes again stands there besides, for it is put there at once.
    Each further provider has its sender, with texts of its own under way. Of the gateway each may be a request that waits for
    Kafka, with the record that it waits for; no more are asked of it.
    """

    def __init__(self, facts: int = 0, providers: int = 1) -> None:
        self.highest: dict[str, int] = {}
        self._at_most = {
            **AT_MOST,
            "outbox": max(AT_MOST["outbox"], 4 * facts),
            "texts in hand": AT_MOST["texts in hand"] * providers,
            "tasks of notifier": AT_MOST["tasks"] + (providers - 1) * (LOOPS_EACH + 2 * TEXTS_UNDER_WAY),
            "tasks of gateway": max(AT_MOST["tasks"], LOOPS + 2 * facts),
        }

    def see(self, name: str, count: int) -> None:
        """One count of a queue."""
        self.highest[name] = max(count, self.highest.get(name, 0))

    def see_tasks(self, nodes: Iterable[Node]) -> None:
        """What each process has under way; the world around them has a task for each thing that it is about to tell."""
        for node in nodes:
            if node.alive and node.name != "world":
                self.see(f"tasks of {node.name}", node.tasks)

    @contextlib.asynccontextmanager
    async def watched(self, postgres: str, nodes: Sequence[Node]) -> AsyncIterator[None]:
        """Look once a second of virtual time while the block lasts."""
        over = asyncio.Event()
        watching = asyncio.create_task(self._watch(postgres, nodes, over))
        try:
            yield
        finally:
            over.set()
            await watching

    async def _watch(self, postgres: str, nodes: Sequence[Node], over: asyncio.Event) -> None:
        log: asyncpg.Connection | None = None
        while not over.is_set():
            self.see_tasks(nodes)
            try:
                log = log or await asyncpg.connect(postgres)
                for name, count in (await log.fetchrow(_COUNTS) or {}).items():
                    self.see(name, count)
            except AWAY:
                log = None
            await asyncio.sleep(LOOK_SECONDS)
        if log is not None:
            await log.close()

    def too_long(self, again: Mapping[str, int] = NOTHING) -> list[str]:
        """Queues that had more in them than they may. `again`: events that a service was told to publish once more."""
        return [
            f"{name}: {count}, and at most {most} are allowed"
            for name, count in sorted(self.highest.items())
            if count > (most := self._most(name) + again.get(name.removeprefix(OUTBOX), 0))
        ]

    def _most(self, queue: str) -> int:
        kind = max((kind for kind in self._at_most if queue.startswith(kind)), key=len)
        return self._at_most[kind]
