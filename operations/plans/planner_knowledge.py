"""Read what the planner would know beside a plan: its lines, other work, and what its log says of the outage."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from operations.errors import Away
from operations.system.database import connect, enter
from operations.system.location import Where
from operations.system.services import load
from schemas.contracts.dispatch import PlanBody
from schemas.contracts.notices import Notice
from services.kernel.model import Event
from services.kernel.queries import queries
from services.kernel.streams.log import Log
from services.planner.domain.verdict.other_work import NOTHING, OtherWork
from services.planner.tables.booked_work import read
from services.policy import Policy

SQL = queries(Path(__file__).parents[1] / "sql" / "plan.sql")


@dataclass(frozen=True, slots=True)
class ListedPlan:
    """One plan of the input."""

    where: str
    plan: PlanBody


Beside = tuple[OtherWork, Sequence[Event]]
"""Other work that a plan meets, and what the planner's log says of its own outage."""


def known_beside(
    where: Where, regime: Policy, asked: Sequence[ListedPlan], at: datetime | None, *, offline: bool
) -> tuple[list[Beside], str]:
    """What the planner knows beside each plan, and the sentence that says what was looked at."""
    if offline or where.postgres is None:
        why = "asked for so" if offline else "no database is known here"
        return [(NOTHING, ())] * len(asked), f"nothing else taken as known or booked ({why})"
    said = "beside what the planner knows and has booked"
    if at is not None:
        said = "beside what the planner knew of the outage by then, and what is booked today"
    return asyncio.run(_look(where, regime, asked, at)), said


async def _look(where: Where, regime: Policy, asked: Sequence[ListedPlan], at: datetime | None) -> list[Beside]:
    log = Log(load("planner", where))
    async with connect(where) as connection:
        await enter(connection, "planner")
        if not await connection.fetchval("select to_regclass('work') is not null"):
            raise Away("the planner's tables are not there yet: outagectl migrate; or ask with --offline")
        # One transaction for each plan: reading takes the lock under which plans are judged.
        found: list[Beside] = []
        for one in asked:
            async with connection.transaction(readonly=True):
                rows = await connection.fetch(SQL["known_by"], f"outage/{one.plan.mrid}", at)
                events = [log.stored(row) for row in rows]
                notice = next((event.data for event in reversed(events) if isinstance(event.data, Notice)), None)
                noticed = notice.extent if notice is not None else None
                known = await read(connection, one.plan, regime, at or one.plan.requested_at, noticed)
            found.append((known, events))
        return found
