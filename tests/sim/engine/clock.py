"""Tell each node the time by its own clock, which may be wrong; all of them run on the loop's time."""

import asyncio
from datetime import datetime, timedelta

from services.kernel.clock import utc
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import Node


class SimClock:
    """services/kernel/clock.py::Clock for one node. `start` is the instant at which the loop's time is 0."""

    real = True

    def __init__(self, loop: SimLoop, node: Node, start: datetime) -> None:
        self._loop, self._node, self._start = loop, node, utc(start)

    def now(self) -> datetime:
        """The instant, as this node's clock has it."""
        return self._start + timedelta(microseconds=round((self._loop.time() + self._node.ahead) * 1_000_000))

    def wall(self) -> datetime:
        """The same."""
        return self.now()

    def monotonic(self) -> float:
        """Seconds of the loop: no jump of the clock moves it."""
        return self._loop.time()

    async def sleep_until(self, instant: datetime | None, at_most: float) -> None:
        """See Clock; as the machine's clock does it, a jump of the clock is noticed afterwards."""
        wait = at_most if instant is None else min(at_most, (instant - self.now()).total_seconds())
        await asyncio.sleep(max(wait, 0))
