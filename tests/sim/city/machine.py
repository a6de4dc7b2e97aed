"""One simulated machine of the utility: a service's process, its node, and its way to the broker."""

from datetime import UTC, datetime

from services.kernel.running.runner import Process
from tests.sim.broker import Link
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import Node
from tests.sim.world import SimWorld

START = datetime(2026, 3, 5, 0, 0, tzinfo=UTC)
"""The instant at which the loop's time is 0: a Thursday, eight in the morning in Shanghai."""


class Machine(SimWorld):
    """The world of one node, and what runs there once it has begun."""

    def __init__(self, loop: SimLoop, node: Node, link: Link) -> None:
        super().__init__(loop, node, link, START)
        self.node, self.link = node, link
        self.process: Process | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the process says so."""
        return self.node.alive and self.process is not None and not self.process.health.ready()
