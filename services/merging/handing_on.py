"""Hand on what merged outages have in their logs, one after the other; nothing is kept in memory.

It may die anywhere: each event is handed on under a name of its own for ever, so the inbox lets it through once, and the row
says from where to go on. One process of a service works at a time.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg
import msgspec

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, steps_alone
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.model import Event, Message
from services.kernel.observing.every import every
from services.kernel.queries import queries
from services.kernel.streams.newer import WrittenByNewer
from services.merging.words import FACT_OF_MERGED, FactOfMerged

if TYPE_CHECKING:
    from services.kernel.writing.ingest import Ingest

SQL: Final = queries(Path(__file__).parent / "sql" / "merging.sql")
# What another process commits is found by looking; what this one commits wakes it.
POLL_SECONDS: Final = 0.5
AGAIN_SECONDS: Final = 1.0
OUTAGES_AT_ONCE: Final = 20
EVENTS_AT_ONCE: Final = 100
EVENT_BYTES: Final = 2 << 20
"""So many bytes of events go in one transaction, the first in any case: an extent may have a megabyte."""


@dataclass(frozen=True, slots=True)
class Merged:
    """An outage that goes on as another."""

    mrid: str
    into: str
    merged_at: datetime


Selected = tuple[str, msgspec.Struct] | None
"""What an event comes to for the outage that goes on, with its type; None: nothing."""


def as_word(fact: FactOfMerged | None) -> Selected:
    """A fact that is handed on, with its type."""
    return None if fact is None else (FACT_OF_MERGED, fact)


class HandingOn:
    """Hands on until cancelled. `select` is the service's own: what of a log concerns the outage that goes on, in order."""

    def __init__(
        self,
        ingest: "Ingest",
        pool: asyncpg.Pool,
        clock: Clock,
        wake: asyncio.Event,
        select: Callable[[Merged, Event], Selected],
    ) -> None:
        self._ingest, self._pool, self._clock, self._wake, self._select = ingest, pool, clock, wake, select
        self._source = f"/outage/{ingest.service.name}/merged"
        self._key = advisory_key(ingest.service.name, "handing-on")

    async def run(self) -> None:
        """Work whenever there is any."""
        failing = (AGAIN_SECONDS, AGAIN_SECONDS)
        waits = "what is said of merged outages waits"
        await every(
            POLL_SECONDS, self._look, cures=(*DATABASE, WrittenByNewer), waits=waits, failing=failing, wake=self._wake
        )

    async def _look(self) -> None:
        # Whoever woke us does so before the commit; its turn ends after it.
        async with self._ingest.transaction.turn:
            pass
        if await self._pool.fetchval(SQL["any_due"]):
            await steps_alone(self._pool, self._key, self.step)

    async def step(self) -> bool:
        """Some events of some outages; False when nothing was there to do.

        Raises:
            DATABASE: Postgres is away; whatever was committed stands.

        """
        rows = await self._pool.fetch(SQL["due"], OUTAGES_AT_ONCE)
        for row in rows:
            await self._hand_on(Merged(row["mrid"], row["into_mrid"], row["merged_at"]), row["handed_on"])
        return bool(rows)

    async def _hand_on(self, merged: Merged, after: int) -> None:
        log = self._ingest.transaction.decisions.log
        found = await self._pool.fetch(SQL["events"], f"outage/{merged.mrid}", after, EVENTS_AT_ONCE)
        words: list[Message] = []
        size = 0
        for count, row in enumerate(found):
            size += len(row["data"])
            if count and size > EVENT_BYTES:
                break
            after = row["version"]
            selected = self._select(merged, log.stored(row))
            if selected is not None:
                words.append(self._message(merged, after, *selected))
        reach("merged-chosen")
        if words:
            await self._ingest.submit(words)
        reach("merged-handed-on")
        await self._pool.execute(SQL["handed_on"], merged.mrid, after)

    def _message(self, merged: Merged, version: int, type_: str, data: msgspec.Struct) -> Message:
        name = f"{merged.mrid}/{version}"
        return Message(
            self._source, name, type_, self._clock.now(), data, merged.into, 0, stream=f"outage/{merged.into}"
        )
