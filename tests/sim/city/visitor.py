"""Tell a simulated system things from outside, wait until it is idle, and let time pass to what is due next."""

from datetime import datetime, timedelta
from typing import Final

import aiohttp

from devstack.idle import Idle
from devstack.player import INPUTS, Player
from devstack.system import PARTITIONS
from services.notifier.tables.vault import Vault
from tests.sim.broker import Producer, Reader
from tests.sim.city.machine import START
from tests.sim.city.system import INDEX_KEY, VAULT_KEY, SimSystem
from tests.sim.engine.clock import SimClock
from tests.sim.net.connector import HostConnector

HTTP_SECONDS: Final = 10.0
"""So long a dispatch system waits for the gateway's answer."""
LOOK_SECONDS: Final = 0.25
"""Of virtual time: each look costs the run some requests."""


class Outside(Player):
    """Async context manager, in the world around the nodes. `settle`: until nothing is left to do at this instant."""

    def __init__(self, system: SimSystem) -> None:
        super().__init__()
        self.system = system
        self.clock = SimClock(system.loop, system.loop.world, START)
        self.driver = _Everybody(system)
        self.denied: list[tuple[int, datetime]] = []
        """Customers who said that their power is off, whatever dispatch says, and when: for them it may be."""
        self.vault = Vault.from_text(VAULT_KEY, INDEX_KEY)

    async def _open(self) -> None:
        link = self.system.broker.link("outside")
        await self._meet(Producer(link), Reader(link), self.system.postgres)
        connector = HostConnector(self.system.network.host("dispatch"))
        self.http = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=HTTP_SECONDS))
        self._exits.push_async_callback(self.http.close)
        self.idle = Idle(self.logs["planner"], self.reader, self.clock, INPUTS, PARTITIONS, look_seconds=LOOK_SECONDS)


class _Everybody:
    """Moves all clocks at once."""

    def __init__(self, system: SimSystem) -> None:
        self._system = system

    def now(self) -> datetime:
        return self._system.now()

    def set(self, instant: datetime) -> None:
        self._system.jump(max(instant - self._system.now(), timedelta(0)))
