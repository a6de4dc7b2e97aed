"""Playing days on a warped clock: bring a system up, say facts at their instants, let everything happen in between."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from connectors.registry.entry import RegistryEntry
from devstack.player import Player
from devstack.system import System
from schemas.cloudevent import CloudEvent
from schemas.contracts.all_types import type_of
from services.kernel.warp import WarpClock, WarpDriver
from services.notifier.tables.vault import Vault

Looked = Callable[[], Awaitable[None]]


class Play(Player):
    """Async context manager around a System whose clock it drives. `looked` is called whenever the system is idle."""

    def __init__(
        self,
        folder: Path,
        start: datetime,
        *,
        say: Callable[[str], None] = lambda _: None,
        environment: Mapping[str, str] | None = None,
        sms_gateway: bool = False,
    ) -> None:
        super().__init__()
        folder.mkdir(parents=True, exist_ok=True)
        self.clock_file = folder / "clock"
        self.driver = self._warp = WarpDriver(self.clock_file, start)
        self.clock = WarpClock(self.clock_file)
        self.system = System(
            folder, clock_file=self.clock_file, say=say, environment=environment, sms_gateway=sms_gateway
        )
        self.looked: Looked | None = None
        self.told = 0

    async def _open(self) -> None:
        await self._exits.enter_async_context(self.system)
        await self._connect(self.system.stack.kafka, self.system.stack.postgres)

    async def __aexit__(self, *_: object) -> None:
        self._warp.close()
        await super().__aexit__()

    async def register(self, entries: Sequence[RegistryEntry]) -> None:
        """Put key customers on their topic and their numbers in the vault; returns once all that follows has happened."""
        await self.introduce(entries, Vault.from_text(self.system.secrets["vault"], self.system.secrets["index"]))
        await self.settle()

    async def tell(self, *facts: msgspec.Struct, source: str = "/dispatch/east", ids: Sequence[str] = ()) -> None:
        """State dispatch facts now, and wait until everything that follows from them has happened."""
        events = []
        for index, fact in enumerate(facts):
            self.told += 1
            name = ids[index] if ids else f"{self.told:05d}"
            type_ = type_of(fact)  # type: ignore[arg-type]
            events.append(CloudEvent(source=source, id=name, type=type_, time=self.clock.now(), data=fact))
        await self.publish(events)
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is left to do at this instant."""
        await super().settle()
        if self.looked is not None:
            await self.looked()

    async def until(self, instant: datetime) -> bool:
        """Let time pass to `instant`, and all that is due then happen."""
        reached = await super().until(instant)
        await self.settle()
        return reached
