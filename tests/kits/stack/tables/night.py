"""A night as people hear it: dispatch says something, restorer and notifier decide on real tables, phones get texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from schemas.contracts.all_types import STRUCTS
from schemas.contracts.base import Wire
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.dispatch import FieldFact
from schemas.contracts.evidence.meters import MeterReading
from schemas.contracts.evidence.replies import SupplyDenied
from services.kernel.model import TIMER_FIRED, Message, TimerFired
from services.notifier.domain.customer.awaited_proof import SETTLE
from services.notifier.domain.events import ATTEMPT_ACCEPTED, AttemptAccepted
from tests.kits.network.copied import brought
from tests.kits.stack.fanout import Desks, Town, town
from tests.kits.stack.tables.handsets import has_number, texts_us
from tests.kits.stack.tables.restorer import reads, restorer_in
from tests.kits.stack.tables.room import Room


@dataclass
class Night:
    """Both services at work; what the restorer publishes reaches the notifier at once, and the provider takes every text."""

    restorer: Room
    city: Town
    desks: Desks
    read: int = 0
    """Up to which position of the restorer's log the notifier has heard."""
    phones: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By customer, the triggers of the texts that came."""

    async def network(self, *said: Wire) -> None:
        """Both services read this of the network."""
        for pool in (self.restorer.pool, self.city.pool):
            await brought(pool, *said)

    async def registered(self, *customers: CustomerUpserted) -> None:
        """These are key customers."""
        await self.city.say(self.desks, *customers)
        await self.city.settle(self.desks)

    async def says(self, at: datetime, fact: FieldFact) -> Sequence[dict[str, Any]]:
        """Dispatch says this at that instant; returns what the restorer published on it."""
        self.city.clock.advance(max(at - self.city.clock.now(), at - at))
        await self.city.say(self.desks, fact)
        await self.restorer.say(fact)
        return await self._passed_on()

    async def reads(self, at: datetime, *readings: MeterReading) -> Sequence[dict[str, Any]]:
        """Meters are read; the restorer finds out whom that concerns."""
        self.city.clock.advance(max(at - self.city.clock.now(), at - at))
        await reads(self.restorer, *readings)
        return await self._passed_on()

    async def answers(self, at: datetime, customer: str, body: str) -> Sequence[dict[str, Any]]:
        """A customer answers our last text."""
        self.city.clock.advance(max(at - self.city.clock.now(), at - at))
        await has_number(self.city, customer, f"ix-{customer}")
        await texts_us(self.city, self.desks, f"ix-{customer}", body)
        for row in await self.city.pool.fetch("delete from outbox where topic = 'outage.replies' returning payload"):
            await self.restorer.say(msgspec.json.decode(row["payload"], type=SupplyDenied))
        return await self._passed_on()

    async def asked(self, mrid: str) -> dict[str, Any]:
        """The last question to dispatch about an outage."""
        return await self.restorer.last(mrid, "fact.questioned.v1")

    async def _passed_on(self) -> Sequence[dict[str, Any]]:
        rows = await self.restorer.pool.fetch(
            "select position, type, data from event where position > $1 order by position", self.read
        )
        found = []
        for row in rows:
            self.read = row["position"]
            if row["type"].startswith(("restoration.", "fact.accepted", "fact.refused")):
                found.append(msgspec.json.decode(row["data"]))
                await self.city.say(self.desks, msgspec.json.decode(row["data"], type=STRUCTS[row["type"]]))
        await self._all_hear()
        return found

    async def _all_hear(self) -> None:
        """Texts go, ends settle, until nothing more follows."""
        more = True
        while more:
            await self.city.settle(self.desks)
            more = await self._texts_go() or await self._settles()

    async def _texts_go(self) -> bool:
        rows = await self.city.pool.fetch(
            "select message_id, customer_id, trigger from notification where state = 'ready' order by requested_at, message_id"
        )
        for row in rows:
            taken = AttemptAccepted(
                message_id=row["message_id"],
                customer_id=row["customer_id"],
                attempt=1,
                provider="twilio",
                provider_sid=f"SM{row['message_id']}",
                at=self.city.clock.now(),
            )
            await self._within(ATTEMPT_ACCEPTED, row["message_id"], taken, row["customer_id"])
            self.phones[row["customer_id"]].append(row["trigger"])
        return bool(rows)

    async def _settles(self) -> bool:
        rows = await self.city.pool.fetch("select stream_id, due_at from timer where name = $1", SETTLE)
        for row in rows:
            self.city.clock.advance(max(row["due_at"] - self.city.clock.now(), row["due_at"] - row["due_at"]))
            fired = TimerFired(name=SETTLE, due_at=row["due_at"])
            name = f"{row['stream_id']}/{row['due_at']}"
            await self._within(TIMER_FIRED, name, fired, row["stream_id"].partition("/")[2])
        return bool(rows)

    async def _within(self, kind: str, name: str, data: Any, customer: str) -> None:
        now, stream = self.city.clock.now(), f"customer/{customer}"
        message = Message("/outage/notifier/test", f"{kind}/{name}", kind, now, data, customer, 0, stream=stream)
        await self.desks.ingest.submit([message])

    def hears(self, customer: str) -> list[str]:
        """What came to a phone since it was last asked."""
        return self.phones.pop(customer, [])


@asynccontextmanager
async def night(postgres: str) -> AsyncIterator[Night]:
    """A night that begins at 09:14 in March, for it is the kit's."""
    async with town(postgres) as city, restorer_in(postgres) as room:
        yield Night(room, city, await city.process())
