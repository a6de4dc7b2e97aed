"""What a simulated process meets outside itself: the in-memory Kafka over its node's link, its node's clock, and its node's end."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NoReturn

import structlog
from structlog.typing import Processor

from services.kernel.clock import Clock
from services.kernel.observing import every
from services.kernel.observing.health import Health
from services.kernel.observing.telemetry import Telemetry
from services.kernel.running.settings import KernelSettings
from services.kernel.running.taking import Taking
from services.kernel.running.world import World
from tests.sim.broker import Link, Producer, Reader, Shell
from tests.sim.engine.clock import SimClock
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import Node


@contextlib.contextmanager
def rarer_looks(seconds: float) -> Iterator[None]:
    """Within the block each background loop pauses for at least so long between two looks, unless something wakes it.

    A process asks the database some thirty times a second whether there is anything to do, and mostly there is nothing: what
    happens in a run takes a tenth of its time. Not more than a second, or the sender takes a pause for a frozen process
    (services/notifier/sending/gates/caught_up.py).
    """
    before = every._rest

    async def rest(pause: float, wake: asyncio.Event | None) -> None:
        await before(max(pause, seconds) if pause > 0 else pause, wake)

    every._rest = rest
    try:
        yield
    finally:
        every._rest = before


class NoServer:
    """Nobody asks for the health of a simulated process by HTTP."""

    async def start(self) -> None:
        """Listen to nobody."""

    async def stop(self) -> None:
        """Go on doing so."""


class SimWorld(World):
    """services/kernel/running/world.py::World of one node; `start` is the instant at which the loop's time is 0."""

    def __init__(self, loop: SimLoop, node: Node, link: Link, start: datetime) -> None:
        self._loop, self._node, self._link, self._start = loop, node, link, start
        self.stop: Callable[[], None] | None = None
        """Ends the process in order, as SIGTERM does; there once it has begun."""

    def clock(self, settings: KernelSettings) -> Clock:
        """See World."""
        return SimClock(self._loop, self._node, self._start)

    async def database_time(self, connection: Any) -> datetime:
        """See World. The server's own clock is none of the run's: its machine's is right."""
        del connection
        return SimClock(self._loop, self._loop.world, self._start).now()

    def begin(self, name: str, settings: KernelSettings, clock: Clock, stop: Callable[[], None]) -> None:
        """See World. What the process logs goes into the text of the trace."""
        self.stop = stop
        # Every logger of the kernel is of this thread, and so of the node that runs.
        structlog.configure(processors=[_into_the_trace(self._loop)], cache_logger_on_first_use=False)

    def reader(self, settings: KernelSettings) -> Any:
        """See World."""
        return Reader(self._link)

    def producer(self, settings: KernelSettings) -> Any:
        """See World."""
        return Producer(self._link)

    def shell(self, name: str, topics: Sequence[str], taking: Taking, settings: KernelSettings) -> Any:
        """See World."""
        return Shell(
            name=name,
            link=self._link,
            topics=topics,
            take=taking.take,
            assigned=taking.assigned,
            revoked=taking.revoked,
            batch_max=settings.batch_max,
            instance=settings.instance,
        )

    def health_server(self, health: Health, telemetry: Telemetry, settings: KernelSettings) -> Any:
        """See World."""
        return NoServer()

    def die(self, code: int, why: str, error: BaseException | None) -> NoReturn:
        """See World: nothing that is under way is heard of any more.

        Raises:
            NodeKilled: always.

        """
        structlog.get_logger().critical(why, error=repr(error), exit_code=code)
        self._node.exit_code = code
        self._loop.kill(self._node)
        raise AssertionError("a process can end only itself")


def _into_the_trace(loop: SimLoop) -> Processor:
    """Log there. It outlives the run, so it must hold nothing of it but the loop."""

    def say(_logger: Any, method: str, event: Any) -> Any:
        if not loop.over:
            loop.trace.note(loop.time(), method, event)
        raise structlog.DropEvent

    return say
