"""Find out to which outages readings are news, and have each look at its meters: at once, and in a flood not too often.

It may die anywhere. Which outages have something to look at stands in a table until they have looked; asked twice, they find
nothing new.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, steps_alone
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.model import Message
from services.kernel.observing.every import every
from services.network import asking
from services.restorer.domain.events import METERS_LOOKED, MetersLooked
from services.restorer.tables.meters import SQL

if TYPE_CHECKING:
    from services.kernel.writing.ingest import Ingest

SOURCE: Final = "/outage/restorer/meters"
POLL_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 1.0
AT_ONCE: Final = 2_000
OUTAGES_AT_ONCE: Final = 100
PAUSE_SECONDS: Final = 10.0
"""An outage looks at its meters no more often: of 100,000 readings in a minute it hears six times."""
DENIED_SECONDS: Final = 60.0
"""So often outages that somebody denies to be over look again: another outage may have explained it since."""
COUNT_SECONDS: Final = 10.0
"""So often it is counted for the gauges where nothing else happens: of a large utility that goes over many rows."""


class MeterNews:
    """Finds whom readings concern and asks them, until cancelled. One process of the service works at a time."""

    def __init__(self, ingest: Ingest, pool: asyncpg.Pool, clock: Clock, registry: CollectorRegistry) -> None:
        self._ingest, self._pool, self._clock = ingest, pool, clock
        self._key = advisory_key(ingest.service.name, "meter-news")
        self._looked: dict[str, float] = {}
        self._denied_at = self._counted_at = float("-inf")
        self._odd = Gauge(
            "outage_meter_readings_odd",
            "Usage points whose last odd reading cannot be so, e.g. ahead of now",
            registry=registry,
        )
        self._faults = Gauge("outage_meter_faults", "Meters at fault", registry=registry)
        self._denied = Gauge(
            "outage_restorations_denied",
            "Outages of which meters or customers deny that power is back",
            registry=registry,
        )

    async def run(self) -> None:
        """Work whenever there is any."""
        failing = (AGAIN_SECONDS, AGAIN_SECONDS)
        await every(POLL_SECONDS, self.look, cures=DATABASE, waits="readings of meters wait", failing=failing)

    async def look(self) -> None:
        """Do what there is to do, and count now and then."""
        at = self._clock.monotonic()
        if await self._any_due(at):
            await steps_alone(self._pool, self._key, self.step)
        elif at - self._counted_at < COUNT_SECONDS:
            return
        self._counted_at = at
        (row,) = await self._pool.fetch(SQL["counts"])
        self._odd.set(row["odd"])
        self._faults.set(row["faults"])
        self._denied.set(row["denied"])

    async def _any_due(self, at: float) -> bool:
        """Whether a step would find anything now: mostly none would, and taking the lock to see that costs more than asking."""
        return bool(await self._pool.fetchval(SQL["any_due"], self._denied_due(at), self._looked_lately(at)))

    async def step(self) -> bool:
        """Some readings, then some outages; whether there is more to do now.

        Raises:
            DATABASE: Postgres is away; whatever was committed stands.

        """
        found = await self._find()
        asked = await self._ask()
        return found or asked

    async def _find(self) -> bool:
        """Which outages some new readings are news to."""
        at = self._clock.monotonic()
        async with self._pool.acquire() as connection, connection.transaction():
            if self._denied_due(at):
                self._denied_at = at
                await connection.execute(SQL["put_denied_news"])
            rows = await connection.fetch(SQL["new_readings"], AT_ONCE)
            if not rows:
                return False
            forms = [row["form"] for row in rows]
            mrids = await outages_at(connection, forms)
            if mrids:
                await connection.execute(SQL["put_news"], mrids)
            await connection.execute(SQL["looked"], forms, [row["read_at"] for row in rows])
        reach("meter-news-found")
        return True

    async def _ask(self) -> bool:
        """Have outages look at their meters; whether there are more of them."""
        at = self._clock.monotonic()
        rows = await self._pool.fetch(SQL["news"], self._looked_lately(at), OUTAGES_AT_ONCE)
        for row in rows:
            mrid, number, now = row["mrid"], row["number"], self._clock.now()
            self._looked[mrid] = at
            await self._ingest.submit([_message(mrid, number, now)])
            reach("meter-news-asked")
            await self._pool.execute(SQL["heard"], mrid, number)
        return len(rows) == OUTAGES_AT_ONCE

    def _denied_due(self, at: float) -> bool:
        return at - self._denied_at >= DENIED_SECONDS

    def _looked_lately(self, at: float) -> list[str]:
        """The outages that may not look again yet."""
        self._looked = {mrid: since for mrid, since in self._looked.items() if at - since < PAUSE_SECONDS}
        return sorted(self._looked)


def _message(mrid: str, number: int, now: datetime) -> Message:
    return Message(
        SOURCE, f"{mrid}/{number}", METERS_LOOKED, now, MetersLooked(mrid=mrid), mrid, 0, stream=f"outage/{mrid}"
    )


async def outages_at(connection: Any, forms: list[str]) -> list[str]:
    """Outages that are off, or were until lately, at some usage points: by name, and by what feeds them."""
    ids = {row["element_id"] for row in await connection.fetch(SQL["elements_at"], forms)}
    above = await asking.above(connection, ids) if ids else set[str]()
    rows = await connection.fetch(SQL["outages_at"], forms, sorted(above))
    return sorted(row["mrid"] for row in rows)
