"""Keep the hours of hotlines as rows, from which figures of months are read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.contracts.dispatch import AnsweredWithin, CallsAnswered
from services.kernel.queries import queries
from services.restorer.domain.hotline.decider import HotlineDay

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "hotline.sql")


async def keep_hours(connection: Any, before: HotlineDay, after: HotlineDay) -> None:
    """Bring the rows of one day in line with its state, where an hour counts otherwise than before."""
    for hour, calls in after.hours.items():
        if before.hours.get(hour) != calls:
            await _put(connection, calls)


async def renew_hours(connection: Any) -> int:
    """Put hours that views have otherwise, in one statement; how many."""
    done: str = await connection.execute(SQL["renew"])
    return int(done.rpartition(" ")[2])


async def hours_between(connection: Any, since: datetime, until: datetime) -> list[CallsAnswered]:
    """The hours of all hotlines that begin from `since` on and before `until`."""
    rows = await connection.fetch(SQL["hours"], since, until)
    return [
        CallsAnswered(
            hotline=row["hotline"],
            hour=row["hour"],
            revision=row["revision"],
            calls=row["calls"],
            answered=row["answered"],
            abandoned=row["abandoned"],
            within=msgspec.json.decode(row["within"], type=tuple[AnsweredWithin, ...]),
        )
        for row in rows
    ]


async def _put(connection: Any, calls: CallsAnswered) -> None:
    within = msgspec.json.encode(calls.within).decode()
    await connection.execute(
        SQL["put_hour"],
        calls.hotline,
        calls.hour,
        calls.revision,
        calls.calls,
        calls.answered,
        calls.abandoned,
        within,
    )
