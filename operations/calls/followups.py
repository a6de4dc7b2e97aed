"""List who is to be called back after a repair, by report, and put on record how a call went.

Reporters are known here by their report's id; their numbers are in the call centre's system.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import asyncpg
import msgspec

from operations.errors import Away, Misused, NotFound
from operations.system.asking import OperatorAnswer, ask
from operations.system.database import connect, enter, sight
from operations.system.instants import clock_of
from operations.system.location import Where
from services.kernel.observing.masking import mask, mask_all
from services.kernel.queries import queries
from services.restorer.calling import RECORD_CALL, CalledBackReport
from services.restorer.domain.callers.recorded import CallOutcome

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "followups.sql")
NEEDS: Final = ("followup", "promise_case")
MOST: Final = 10_000
Which = Literal["open", "due", "again", "satisfied", "neutral", "dissatisfied", "unreached", "void", "all"]
"""open: somebody is to call; due: and not only later; again: called in vain before; an outcome; void: nobody is to, after all."""


class FollowupShown(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A call back. due_from: power was back; outcome None: somebody is to call, not before `next_at`; tries: calls in vain."""

    mrid: str = msgspec.field(name="mRID")
    report_id: str
    due_from: datetime
    outcome: str | None
    reason: str | None
    tries: int
    last_at: datetime | None
    next_at: datetime | None
    promised_by: datetime | None = None
    """By when all who reported the outage are to be called, where it promises that and somebody still is."""


class FollowupList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Calls back, the oldest first; `found`: how many there are, where not all are listed; `now`: as of when."""

    followups: list[FollowupShown]
    found: int
    now: datetime


async def followups(
    where: Where,
    which: Which = "open",
    *,
    outage: str | None = None,
    report: str | None = None,
    limit: int = MOST,
) -> FollowupList:
    """Calls back that stand so.

    Raises:
        Incomplete: this role may not see them.
        Away: the database is older than this version.

    """
    now = clock_of(where).now()
    async with connect(where) as connection:
        (await sight(connection, ("restorer",), NEEDS)).demand()
        await enter(connection, "restorer")
        try:
            rows = await connection.fetch(SQL["listed"], outage, report, which, now, limit)
        except asyncpg.UndefinedTableError as error:
            raise Away(f"the database lacks a table ({error}): outagectl migrate") from None
    shown = [FollowupShown(**{name: row[name] for name in FollowupShown.__struct_fields__}) for row in rows]
    return FollowupList(followups=shown, found=rows[0]["found"] if rows else 0, now=now)


async def record_followup(
    where: Where,
    report: str,
    outcome: CallOutcome,
    *,
    outage: str | None = None,
    at: datetime | None = None,
    by: str | None = None,
    opinion: str | None = None,
    correct: bool = False,
    reason: str = "",
) -> OperatorAnswer:
    """How a call back went; phone numbers in what they said are taken out.

    Raises:
        Misused: of several outages with a report of this id none was named; an opinion of somebody who was not reached.
        NotFound: nobody is to be called back about such a report.
        Refused: it cannot be so, or they were called already; the message says which.

    """
    if outcome == "unreached" and opinion:
        raise Misused("who was not reached has said nothing: leave --opinion out")
    said = mask_all(opinion.strip()) if opinion and opinion.strip() else None
    detail = CalledBackReport(
        mrid=outage or await _outage_of(where, report),
        report_id=report,
        outcome=outcome,
        at=at,
        by=mask(by) if by else None,
        opinion=said,
        corrects=correct,
    )
    return await ask(where, "restorer", RECORD_CALL, detail, reason=reason)


async def _outage_of(where: Where, report: str) -> str:
    """The outage that a report is of: the one that waits for its call, where there are several."""
    found = (await followups(where, "all", report=report)).followups
    waiting = [one for one in found if one.outcome is None] or [one for one in found if one.outcome != "void"] or found
    if not waiting:
        raise NotFound(
            f"nobody is to be called back about a report {report}: they are once power is back (outagectl followup list)"
        )
    if len(waiting) > 1:
        names = ", ".join(sorted(one.mrid for one in waiting))
        raise Misused(f"report {report} is of several outages: name one with --outage ({names})")
    return waiting[0].mrid
