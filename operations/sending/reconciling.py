"""Hold the provider's list against our books on demand; after a restore also apply erasures again, so that sending may go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg

from operations.errors import Away, Refused
from operations.registry.erasing import erase_again
from operations.system.asking import ask, is_running
from operations.system.database import Connection, connect, enter, present
from operations.system.instants import clock_of
from operations.system.location import Where
from services.kernel.operators.actions import NoDetail
from services.kernel.queries import queries
from services.notifier.domain.provider.twilio_codes import PROVIDER
from services.notifier.sending.reconciling.requests import ERASED_AGAIN, RECONCILE, Reconciling

SQL = queries(Path(__file__).parents[1] / "sql" / "reconciling.sql")
LOOK_SECONDS: Final = 0.25
MOST_SHOWN: Final = 20
OVER: Final = frozenset({"done", "failed"})

Run = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What the last walk came to; there is one for each provider.

    `restored`: whether it was after a restore; `erased`: who was erased again then.
    """

    run: Run
    differences: Sequence[Run]
    restored: bool
    erased: Sequence[str] = ()


@asynccontextmanager
async def _notifier(where: Where) -> AsyncIterator[Connection]:
    async with connect(where) as connection:
        await present(connection, ("notifier",), ("reconciliation", "provider_difference", "database_restore"))
        await enter(connection, "notifier")
        try:
            yield connection
        except asyncpg.UndefinedTableError as error:
            raise Away(f"the database lacks a table ({error}): outagectl migrate") from None


async def reconcile(where: Where, since: datetime | None, reason: str, tell: Callable[[Run], None]) -> Reconciled:
    """Have the list walked and wait for its end; `tell` hears of each step. `since`: None, for a day or since the restore.

    Raises:
        Away: nobody walks now (the notifier is down); what was asked for stands.
        Refused: the provider's list could not be had, or somebody may not erase.

    """
    async with _notifier(where) as connection:
        restored = False
        for name in [row["name"] for row in await connection.fetch(SQL["providers"])] or [PROVIDER]:
            answer = await ask(where, "notifier", RECONCILE, Reconciling(since=since, provider=name), reason=reason)
            restored |= answer.result["heldSince"] is not None
            run = await _walked(connection, UUID(answer.result["runId"]), tell)
            if run["state"] == "failed":
                raise Refused(
                    f"the list of {name} could not be had to its end ({run['note']}): nothing is lost, ask again"
                )
        erased = await _erased(where) if restored else ()
        differences = [dict(row) for row in await connection.fetch(SQL["differences"], MOST_SHOWN)]
        return Reconciled(run, differences, restored, erased)


async def _walked(connection: Connection, run_id: UUID, tell: Callable[[Run], None]) -> Run:
    before: Run | None = None
    while True:
        (row,) = await connection.fetch(SQL["run"], run_id)
        run: Run = dict(row)
        if run != before:
            tell(run)
            before = run
        if run["state"] in OVER:
            return run
        if not await is_running(connection, "notifier"):
            raise Away("no notifier runs, so nobody walks the list: it is done once one is up. Then ask again")
        await asyncio.sleep(LOOK_SECONDS)


async def _erased(where: Where) -> Sequence[str]:
    """Apply erasures again, and say so to the notifier."""
    try:
        found = await erase_again(where, clock_of(where))
    except Refused as error:
        raise Refused(
            f"the list is reconciled, but erasures could not be applied again: {error}. Have somebody who may erase run "
            "outagectl sending reconcile; until then sending stays off"
        ) from None
    await ask(where, "notifier", ERASED_AGAIN, NoDetail(), reason="applied again after a restore")
    return found


async def standing(where: Where) -> tuple[Sequence[Run], Run | None]:
    """The walk under way and the last one that ended; and the restore that keeps sending off, if one does."""
    async with _notifier(where) as connection:
        runs, restore = await connection.fetch(SQL["last"]), await connection.fetchrow(SQL["restore"])
        return [dict(row) for row in runs], dict(restore) if restore is not None else None
