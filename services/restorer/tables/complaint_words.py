"""Bring what was said of an outage's complaint to the complaint itself; keep which complaints are about which outages.

The log is the queue: it is read by position, whichever version of the service wrote it. It may die anywhere: each word is brought
under a name of its own for ever, so the inbox lets it through once, and the row says from where to go on. One process works at a
time.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from schemas.contracts.all_types import STRUCTS, TYPE_OF
from schemas.contracts.dispatch import (
    ComplaintAnsweredV1,
    ComplaintReceivedV1,
)
from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, steps_alone
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.model import Event, Message, Stream
from services.kernel.observing.every import every
from services.kernel.queries import queries
from services.kernel.streams.newer import WrittenByNewer
from services.restorer.domain.complaints.decider import CATEGORY, Heard
from services.restorer.domain.complaints.state import ComplaintState
from services.restorer.domain.complaints.versions import as_own

if TYPE_CHECKING:
    from services.kernel.streams.log import Log
    from services.kernel.writing.ingest import Ingest

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "complaints.sql")
SOURCE: Final = "/outage/restorer/complaints"
TYPES: Final = tuple(TYPE_OF[kind] for kind in (ComplaintReceivedV1, ComplaintAnsweredV1))
# What another process commits is found by looking; what this one commits wakes it.
POLL_SECONDS: Final = 2.0
AGAIN_SECONDS: Final = 1.0
EVENTS_AT_ONCE: Final = 10_000
WORDS_AT_ONCE: Final = 100
FIRST_LOOK: Final = timedelta(days=15)
"""What is older when this is first run is not looked for: no complaint of then is open. Of what is younger, only what can still be
answered in time is promised."""


def tells_of_complaints(stream: Stream) -> bool:
    """Whether something was added to a stream that is to be brought to another."""
    return any(event.type in TYPES for event in stream.new)


class ComplaintWords:
    """Brings them until cancelled."""

    def __init__(self, ingest: Ingest, pool: asyncpg.Pool, clock: Clock, wake: asyncio.Event) -> None:
        self._ingest, self._pool, self._clock, self._wake = ingest, pool, clock, wake
        self._key = advisory_key(ingest.service.name, "complaint-words")

    async def run(self) -> None:
        """Work whenever there is any."""
        failing = (AGAIN_SECONDS, AGAIN_SECONDS)
        waits = "words on complaints wait"
        await every(
            POLL_SECONDS, self.look, cures=(*DATABASE, WrittenByNewer), waits=waits, failing=failing, wake=self._wake
        )

    async def look(self) -> None:
        """Bring what there is to bring."""
        # Whoever woke us does so before the commit; its turn ends after it.
        async with self._ingest.transaction.turn:
            pass
        position = await self._pool.fetchval(SQL["read_to"])
        if position is None or await self._pool.fetchval(SQL["until"], position, 1) is not None:
            await steps_alone(self._pool, self._key, self.step)

    async def step(self) -> bool:
        """Some events of the log; False when nothing was there to look at.

        Raises:
            DATABASE: Postgres is away; whatever was committed stands.

        """
        position = await self._pool.fetchval(SQL["read_to"])
        if position is None:
            now = self._clock.now()
            await self._pool.execute(SQL["begin"], now - FIRST_LOOK, now)
            return True
        until = await self._pool.fetchval(SQL["until"], position, EVENTS_AT_ONCE)
        if until is None:
            return False
        rows = await self._pool.fetch(SQL["told"], position, until, list(TYPES), WORDS_AT_ONCE)
        words = [word for row in rows if (word := _word(self._log.stored(row))) is not None]
        reach("complaint-words-chosen")
        if words:
            await self._ingest.submit(words)
        reach("complaint-words-brought")
        await self._pool.execute(SQL["read"], rows[-1]["position"] if len(rows) == WORDS_AT_ONCE else until)
        return True

    @property
    def _log(self) -> Log:
        return self._ingest.transaction.decisions.log


def _word(event: Event) -> Message | None:
    """What an event of an outage comes to for its complaint."""
    fact = as_own(event.data)
    if fact is None:
        return None
    key, name = fact.complaint_id, f"{event.stream_id}/{event.version}"
    stream = f"{CATEGORY}/{key}"
    # It waits for all partitions (Restorer.waits_for_all), so that it may have any.
    return Message(
        SOURCE, name, TYPE_OF[type(fact)], event.decided_at, fact, key, 0, stream=stream, recorded_at=event.decided_at
    )


async def read_coming(connection: Any, state: ComplaintState) -> list[Heard]:
    """What is on its way to a complaint from logs of outages: no deadline is judged without it."""
    found: list[Heard] = []
    for row in await connection.fetch(SQL["coming"], list(TYPES)):
        fact = as_own(msgspec.json.decode(row["data"], type=STRUCTS[row["type"]]))
        if fact is not None and fact.complaint_id == state.complaint_id:
            found.append((fact, row["cause"]))
    return found


async def told_before(connection: Any, message: Message) -> bool:
    """Whether a word was told of its outage before this was first run: no version promised anything of it then."""
    began = await connection.fetchval(SQL["began_at"])
    return began is not None and message.recorded_at < began


async def keep_outages(connection: Any, before: ComplaintState, after: ComplaintState) -> None:
    """Bring the rows of one complaint in line with its state, where it is about another outage than before."""
    for mrid in after.outages:
        if mrid not in before.outages:
            await connection.execute(SQL["put_outage"], mrid, after.complaint_id)


async def renew_outages(connection: Any) -> int:
    """Put all rows anew, by the views; of how many complaints."""
    async with connection.transaction():
        await connection.execute(SQL["forget_outages"])
        renewed: int = await connection.fetchval(SQL["renew_outages"])
        return renewed
