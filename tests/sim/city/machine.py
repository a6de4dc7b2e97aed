"""One simulated machine of the utility: what runs there, its node, its way to the broker and its place in the network."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from services.kernel.running.runner import Process
from tests.sim.broker import Link
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import Node
from tests.sim.net.network import Host
from tests.sim.world import SimWorld

START = datetime(2026, 3, 5, 0, 0, tzinfo=UTC)
"""The instant at which the loop's time is 0: a Thursday, eight in the morning in Shanghai."""


class Machine(SimWorld):
    """The world of one node, and what runs there once it has begun."""

    def __init__(self, loop: SimLoop, node: Node, link: Link, host: Host) -> None:
        super().__init__(loop, node, link, START)
        self.node, self.link, self.host = node, link, host
        self.process: Process | None = None
        """Of a service of the kernel."""
        self.health: Callable[[], Sequence[str]] = lambda: ("it has not begun",)
        """What it says for itself, once it has begun: why it is not ready."""

    @property
    def unready(self) -> Sequence[str]:
        """Why it is not ready; empty where it is."""
        return self.health() if self.node.alive else ("it is dead",)
