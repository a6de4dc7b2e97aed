"""Run one service's write path on a real PostgreSQL, fed by hand, with nothing remembered."""

import time
from dataclasses import dataclass

import asyncpg
import msgspec

from operations.system.location import Where
from operations.system.services import load
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts.all_types import TYPE_OF
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Record
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.paper import PaperBroker


@dataclass
class Process:
    """One process of a service, with nothing remembered."""

    ingest: Ingest
    pool: asyncpg.Pool
    clock: ManualClock
    broker: PaperBroker

    @classmethod
    async def of(cls, name: str, dsn: str, pool: asyncpg.Pool, clock: ManualClock, broker: PaperBroker) -> "Process":
        """A new one."""
        transaction = Transaction(load(name, Where(postgres=dsn)), pool, Telemetry(name))
        await transaction.start()
        return cls(Ingest(transaction, broker, clock), pool, clock, broker)

    def records(self, topic: str | None, data: msgspec.Struct, name: str) -> list[Record]:
        """One fact as Kafka has it."""
        event = CloudEvent(source="/dispatch/east", id=name, type=TYPE_OF[type(data)], time=self.clock.now(), data=data)  # type: ignore[index]
        said = to_kafka(event, topic) if topic else to_kafka(event)
        return [self.broker.put(said.topic, 0, said.key.decode(), dict(said.headers), said.value, self.clock.now())]

    async def take(self, records: list[Record]) -> float:
        """Seconds to take them."""
        began = time.perf_counter()
        taken = await self.ingest.take(records)
        seconds = time.perf_counter() - began
        if taken.bad or not all(outcome.outcome == "appended" for outcome in taken.outcomes):
            raise SystemExit(f"not taken: {taken.bad or taken.outcomes}")
        self.broker.logs.clear()
        return seconds
