"""Play days on a warped clock: state facts at their instants, let everything happen in between, jump only when idle."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Self

import asyncpg
import msgspec

from connectors.registry.entry import RegistryEntry
from devstack.idle import Idle
from devstack.system import PARTITIONS, SERVICES, System
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import customers, dispatch
from schemas.contracts.registry import TYPE_OF
from services.kernel.adapters.kafka import Produce, Producer, Reader
from services.kernel.warp import WarpClock, WarpDriver
from services.notifier.app import Notifier
from services.notifier.tables.vault import Vault, put_number
from services.planner.app import Planner
from services.restorer.app import Restorer

INPUTS = {"planner": Planner.inputs, "restorer": Restorer.inputs, "notifier": Notifier.inputs}
LOOK_SECONDS = 120.0

Looked = Callable[[], Awaitable[None]]


class Play:
    """Async context manager around a System whose clock it drives. `looked` is called whenever the system is idle."""

    def __init__(
        self,
        folder: Path,
        start: datetime,
        *,
        say: Callable[[str], None] = lambda _: None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock_file = folder / "clock"
        self.driver = WarpDriver(self.clock_file, start)
        self.clock = WarpClock(self.clock_file)
        self.system = System(folder, clock_file=self.clock_file, say=say, environment=environment)
        self.looked: Looked | None = None
        self.told = 0
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._exits.enter_async_context(self.system)
            kafka = self.system.stack.kafka
            self.producer, self.reader = Producer(kafka), Reader(kafka)
            self._exits.push_async_callback(self.producer.stop)
            self._exits.push_async_callback(self.reader.close)
            self.logs: dict[str, asyncpg.Connection] = {}
            for name in SERVICES:
                self.logs[name] = await self.system.connect(name)
                self._exits.push_async_callback(self.logs[name].close)
            self.idle = Idle(self.logs, self.reader, self.clock, dict(INPUTS), PARTITIONS)
        except BaseException:
            await self._exits.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.driver.close()
        await self._exits.aclose()

    async def register(self, entries: Sequence[RegistryEntry]) -> None:
        """Put key customers on their topic and their numbers in the vault."""
        vault = Vault.from_text(self.system.secrets["vault"], self.system.secrets["index"])
        async with self.logs["notifier"].transaction():
            for entry in entries:
                for contact_id, number in entry.numbers.items():
                    await put_number(
                        self.logs["notifier"],
                        vault,
                        customer_id=entry.customer.customer_id,
                        contact_id=contact_id,
                        number=number,
                        at=self.clock.now(),
                    )
        rows = []
        for entry in entries:
            event = CloudEvent(
                source="/registry",
                id=f"{entry.customer.customer_id}/{entry.customer.updated_at.isoformat()}",
                type=TYPE_OF[customers.CustomerUpserted],
                time=entry.customer.updated_at,
                data=entry.customer,
            )
            rows.append(self._produce(event, customers.TOPIC))
        await self.producer.send(rows)
        await self.settle()

    def _produce(self, event: CloudEvent, topic: str) -> Produce:
        message = to_kafka(event, topic)
        return Produce(message.topic, message.key, message.value, message.headers, self.clock.now())

    async def tell(self, *facts: msgspec.Struct, source: str = "/dispatch/east", ids: Sequence[str] = ()) -> None:
        """State dispatch facts now, and wait until everything that follows from them has happened."""
        events = []
        for index, fact in enumerate(facts):
            self.told += 1
            name = ids[index] if ids else f"{self.told:05d}"
            type_ = TYPE_OF[type(fact)]  # type: ignore[index]
            events.append(CloudEvent(source=source, id=name, type=type_, time=self.clock.now(), data=fact))
        await self.send(events)
        await self.settle()

    async def send(self, events: Sequence[CloudEvent]) -> None:
        """Put events on outage.dispatch.

        Raises:
            ConnectionError: Kafka did not acknowledge.

        """
        if not all(await self.producer.send([self._produce(event, dispatch.TOPIC) for event in events])):
            raise ConnectionError("Kafka did not take every event; is it running?")

    async def settle(self, seconds: float = LOOK_SECONDS) -> None:
        """Wait until nothing is left to do at this instant."""
        await self.idle.wait(seconds)
        if self.looked is not None:
            await self.looked()

    async def until(self, instant: datetime) -> None:
        """Let time pass to `instant`, stopping at every moment at which something is due."""
        while (moment := await self.idle.next_moment(instant)) is not None:
            self.driver.set(max(moment, self.driver.now()))
            await self.settle()
        self.driver.set(max(instant, self.driver.now()))
        await self.settle()
