"""Read the outage as which another is to go on, under one lock for all of them; keep which outages were merged, and which wait."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from schemas.contracts.dispatch import OutageMerged
from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, lock_until_commit
from services.kernel.clock import Clock
from services.kernel.model import Event, Message, Stream
from services.kernel.observing.every import every
from services.kernel.queries import queries
from services.merging.handing_on import AGAIN_SECONDS, Merged, Selected, as_word
from services.merging.handing_on import SQL as MERGING
from services.merging.words import FactOfMerged
from services.restorer.domain.events import MERGE_DUE, SUPPLY_JOINS, MergeDue, SupplyJoins
from services.restorer.domain.merging.judging import Survivor, Survivors, of_survivor, waiting
from services.restorer.domain.state import SupplyState

if TYPE_CHECKING:
    import asyncpg

    from services.kernel.writing.ingest import Ingest

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "merged.sql")
LOCK: Final = advisory_key("restorer", "merging")
WAIT_SECONDS: Final = 1.0
AT_ONCE: Final = 100


class _SurvivorView(msgspec.Struct, frozen=True, rename="camel"):
    """What a survivor's view says of it, whatever version wrote that."""

    status: str = "unknown"
    outage_class: str | None = None
    planned: bool = False
    restored_at: datetime | None = None
    withdrawn_at: datetime | None = None


async def read_survivors(connection: Any, state: SupplyState, fact: object) -> Survivors:
    """The outages as which this one may go on; nothing is read where no merge is to be judged.

    Of two merges that would make a ring of outages the later transaction sees the earlier one, for each holds the lock until it
    has committed.
    """
    named = {word.into for word, _ in waiting(state)}
    if isinstance(fact, OutageMerged):
        named.add(fact.into)
        if state.merged is not None:
            named.add(state.merged.into)
    if not named:
        return {}
    await lock_until_commit(connection, LOCK)
    return {into: await _survivor(connection, into) for into in sorted(named)}


async def _survivor(connection: Any, into: str) -> Survivor:
    root: str = await connection.fetchval(MERGING["root"], into)
    view = await connection.fetchval(SQL["view"], f"outage/{root}")
    known = msgspec.json.decode(view, type=_SurvivorView) if view else _SurvivorView()
    over = known.restored_at or known.withdrawn_at
    return Survivor(root, known.status, known.outage_class, known.planned, over)


async def keep_merged(connection: Any, stream: Stream, before: SupplyState) -> None:
    """The row of a merged outage, as of its last event; and what waits to be merged."""
    state: SupplyState = stream.state
    if state.merged is not None:
        merged = state.merged
        await connection.execute(MERGING["put"], state.mrid, merged.into, merged.merged_at, stream.version)
    waits = sorted({word.into for word, _ in waiting(state)})
    if waits != sorted({word.into for word, _ in waiting(before)}):
        await connection.execute(SQL["forget_waiting"], state.mrid)
        await connection.executemany(SQL["put_waiting"], [(state.mrid, into) for into in waits])


def select(merged: Merged, event: Event) -> Selected:
    """What of a merged outage's log is handed on to the one that goes on."""
    found = of_survivor(event.data, merged.into, merged.merged_at, merged.mrid)
    if isinstance(found, SupplyJoins):
        return SUPPLY_JOINS, found
    return as_word(found) if isinstance(found, FactOfMerged) else None


class WaitingMerges:
    """Has merges judged once the outage is known into which they go, until cancelled."""

    def __init__(self, ingest: Ingest, pool: asyncpg.Pool, clock: Clock) -> None:
        self._ingest, self._pool, self._clock = ingest, pool, clock

    async def run(self) -> None:
        """Look now and then: it may come to be known in any process."""
        failing = (AGAIN_SECONDS, AGAIN_SECONDS)
        await every(WAIT_SECONDS, self.once, cures=DATABASE, waits="merges wait", failing=failing)

    async def once(self) -> None:
        """Look once."""
        rows = await self._pool.fetch(SQL["due"], AT_ONCE)
        if rows:
            await self._ingest.submit([self._message(row) for row in rows])
        await asyncio.sleep(0)

    def _message(self, row: Any) -> Message:
        # Named after the survivor's version: what could not be judged is looked at again when that has changed.
        mrid, name = row["mrid"], f"{row['mrid']}/{row['into_mrid']}/{row['version']}"
        now, data = self._clock.now(), MergeDue(mrid=row["mrid"])
        return Message("/outage/restorer/waiting", name, MERGE_DUE, now, data, mrid, 0, stream=f"outage/{mrid}")
