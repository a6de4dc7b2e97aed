"""Run the provider and the gateway of a simulated city as nodes: texts go out and receipts come back by HTTP."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from devstack.twilio.config import SimulatorSettings
from devstack.twilio.faults import STAGES, Fault, Kind
from devstack.twilio.kept.messages import TwilioMessage
from devstack.twilio.kept.phones import Received
from devstack.twilio.simulator import TwilioSimulator
from services.gateway.app import Gateway
from services.gateway.settings import GatewaySettings
from tests.sim.city.machine import START, Machine
from tests.sim.engine.clock import SimClock
from tests.sim.engine.loop import SimLoop
from tests.sim.net.connector import HostConnector
from tests.sim.net.served import gateway_on, on_host

TWILIO: Final = "twilio"
GATEWAY: Final = "gateway"
PROVIDER_URL: Final = f"http://{TWILIO}"
PUBLIC_URL: Final = f"http://{GATEWAY}"


AMISS: Final[tuple[Kind, ...]] = (
    "hang", "drop", "5xx", "throttle", "created-hang", "created-drop", "created-5xx", "created-cut", "created-garbage",
    "created-late", "list-5xx", "list-throttle", "list-hang", "list-drop", "callback-lost", "callback-doubled",
    "callback-reordered",
)  # fmt: skip
"""What may go wrong with any request without anybody being at fault for long."""


class Provider:
    """Twilio, whose journals in `folder` outlive its process."""

    def __init__(self, loop: SimLoop, folder: Path) -> None:
        self._loop, self._folder = loop, folder
        self.settings = SimulatorSettings(seed=loop.seed)
        self.faults: list[Fault] = []
        """What goes wrong, in whichever process of it."""
        self.sim: TwilioSimulator | None = None
        """Its present process, once one has begun."""

    async def run(self, machine: Machine) -> None:
        """Serve until killed."""
        sim = TwilioSimulator(
            self._folder,
            SimClock(self._loop, machine.node, START),
            settings=self.settings,
            listen=on_host(machine.host),
            connector=lambda: HostConnector(machine.host),
        )
        async with sim:
            self.sim = sim
            sim.account.faults.rules = self.faults
            machine.health = tuple
            await asyncio.Event().wait()

    def goes_wrong(self, share: float) -> None:
        """Of the requests of each kind, so many go wrong from now on."""
        self.faults[:] = [
            Fault(kind=kind, rate=share / sum(other in STAGES[stage] for other in AMISS), status=503, seconds=1)
            for stage in STAGES
            for kind in AMISS
            if share and kind in STAGES[stage]
        ]

    def created(self) -> Iterator[TwilioMessage]:
        """Every message it made of a request of ours, in their order."""
        assert self.sim is not None
        return (one for one in self.sim.account.book.all() if one.direction != "inbound")

    def phones(self) -> list[Received]:
        """What came to the handsets."""
        assert self.sim is not None
        return self.sim.texts()


async def run_gateway(machine: Machine, settings: GatewaySettings) -> None:
    """Serve until killed."""
    machine.begin(GATEWAY, settings, machine.clock(settings), lambda: None)
    gateway = Gateway(settings, world=machine)
    async with gateway_on(machine.host, gateway, GATEWAY):
        machine.health = gateway.health.ready
        await asyncio.Event().wait()
