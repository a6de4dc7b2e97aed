"""Play with a running system from outside: tell it things by its addresses, wait until it is idle, let its time pass.

Time on a warped clock moves to the next instant at which something is due, and only when nothing is left to do; the
demo's city, the import of a feed and the tests that break things all play so.
"""

import math
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Final, Protocol, Self

import asyncpg

from connectors.registry.entry import RegistryEntry
from devstack.idle import Idle
from devstack.system import PARTITIONS, SERVICES
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import customers, dispatch, network
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.network import ModelRef, NetworkElement
from schemas.element_digest import edition_of
from services.kernel.adapters.connection import KnownTypes
from services.kernel.adapters.kafka import Produce, Producer, Reader
from services.kernel.adapters.ports import RecordProducer, RecordReader
from services.kernel.clock import EPOCH, Clock
from services.notifier.app import Notifier
from services.notifier.tables.vault import Vault, put_number
from services.planner.app import Planner
from services.restorer.app import Restorer

INPUTS: Final = {"planner": Planner.inputs, "restorer": Restorer.inputs, "notifier": Notifier.inputs}
SETTLE_SECONDS: Final = 120.0


class Visitor:
    """Async context manager: what anybody may do with a system that runs. `clock`: the system's."""

    clock: Clock

    def __init__(self) -> None:
        self.logs: dict[str, asyncpg.Connection] = {}
        """By service, a connection that sees its schema."""
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._exits.aclose()
            raise
        return self

    async def _open(self) -> None:
        """Have `_connect` called with the addresses."""
        raise NotImplementedError

    async def _connect(self, kafka: str, postgres: str, partitions: int = PARTITIONS) -> None:
        await self._meet(Producer(kafka), Reader(kafka), postgres)
        self.idle = Idle(self.logs["planner"], self.reader, self.clock, INPUTS, partitions)

    async def _meet(self, producer: RecordProducer, reader: RecordReader, postgres: str) -> None:
        self.producer, self.reader = producer, reader
        self._exits.push_async_callback(producer.stop)
        self._exits.push_async_callback(reader.close)
        for name in SERVICES:
            words = {"search_path": name, "application_name": "outagectl"}
            self.logs[name] = await asyncpg.connect(postgres, connection_class=KnownTypes, server_settings=words)
            self._exits.push_async_callback(self.logs[name].close)

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    async def publish(self, events: Sequence[CloudEvent], topic: str = dispatch.TOPIC) -> None:
        """Put events on a topic, as of now.

        Raises:
            ConnectionError: Kafka did not acknowledge every one.

        """
        now = self.clock.now()
        messages = [to_kafka(event, topic) for event in events]
        rows = [Produce(message.topic, message.key, message.value, message.headers, now) for message in messages]
        if rows and not all(await self.producer.send(rows)):
            raise ConnectionError("Kafka did not take every event; is it running?")

    async def introduce(self, entries: Sequence[RegistryEntry], vault: Vault) -> None:
        """Put key customers on their topic and their numbers in the vault."""
        log, now = self.logs["notifier"], self.clock.now()
        events = []
        async with log.transaction():
            for entry in entries:
                name, at = entry.customer.customer_id, entry.customer.updated_at
                for contact_id, number in entry.numbers.items():
                    await put_number(log, vault, customer_id=name, contact_id=contact_id, number=number, at=now)
                type_, id_ = TYPE_OF[type(entry.customer)], f"{name}/{at.isoformat()}"
                events.append(CloudEvent(source="/registry", id=id_, type=type_, time=at, data=entry.customer))
        await self.publish(events, customers.TOPIC)

    async def draw(self, elements: Sequence[NetworkElement], model: ModelRef) -> None:
        """Put a network model on its topic, whole."""
        whole = edition_of(elements, model, self.clock.now())
        words = [*((one.element_id, one) for one in elements), (model.model_id, whole)]
        events = [
            CloudEvent(
                source="/network",
                id=f"{name}/{model.date.isoformat()}",
                type=TYPE_OF[type(word)],
                time=model.date,
                data=word,
            )
            for name, word in words
        ]
        await self.publish(events, network.TOPIC)


class Driver(Protocol):
    """Whoever moves the system's clock: services.kernel.warp.WarpDriver, where each call is described."""

    def now(self) -> datetime:
        """The instant that it shows."""
        ...

    def set(self, instant: datetime) -> None:
        """Move it."""
        ...


class Player(Visitor):
    """A visitor who also moves the clock. `step`: moments that are due are rounded up to multiples of it."""

    driver: "Driver"
    step = timedelta(0)

    async def settle(self) -> None:
        """Wait until nothing is left to do at this instant."""
        await self.idle.wait(SETTLE_SECONDS)

    async def wait_for(self, moment: datetime) -> bool:  # noqa: ARG002 - for those who play with a pace
        """Wait until time may move to `moment`; False: it is not to move any more."""
        return True

    async def until(self, instant: datetime) -> bool:
        """Let time pass to `instant`, settling wherever something is due before; False where it was stopped on the way."""
        while (due := await self.idle.next_moment(instant)) is not None:
            if not await self._move(min(rounded_up(due, self.step), instant)):
                return False
            await self.settle()
        return await self._move(instant)

    async def _move(self, moment: datetime) -> bool:
        going_on = await self.wait_for(moment)
        if going_on:
            self.driver.set(max(moment, self.driver.now()))
        return going_on


def rounded_up(moment: datetime, step: timedelta) -> datetime:
    """The first multiple of `step` since 1970 that is not before `moment`; `moment` itself where `step` is zero."""
    return moment if not step else EPOCH + math.ceil((moment - EPOCH) / step) * step
