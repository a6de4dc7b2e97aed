"""Keep the hours of hotlines as rows, from which figures of months are read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.contracts.dispatch import AnsweredWithin, CallsAnswered
from services.kernel.queries import queries
from services.restorer.domain.hotline.decider import HotlineDay
from services.restorer.domain.hotline.shares import HourRule, TelephoneHour

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


async def hours_between(
    connection: Any, since: datetime, until: datetime
) -> tuple[list[TelephoneHour], list[CallsAnswered]]:
    """The hours of all hotlines that begin from `since` on and before `until`: those that count, and those that overlap them."""
    rows = await connection.fetch(SQL["hours"], since, until)
    counting = [TelephoneHour(_calls(row), _rules(row["rules"])) for row in rows if row["counts"]]
    return counting, [_calls(row) for row in rows if not row["counts"]]


def _calls(row: Any) -> CallsAnswered:
    return CallsAnswered(
        hotline=row["hotline"],
        hour=row["hour"],
        revision=row["revision"],
        calls=row["calls"],
        answered=row["answered"],
        abandoned=row["abandoned"],
        within=msgspec.json.decode(row["within"], type=tuple[AnsweredWithin, ...]),
    )


def _rules(written: str | None) -> tuple[HourRule, ...] | None:
    return None if written is None else msgspec.json.decode(written, type=tuple[HourRule, ...])


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
    await connection.execute(SQL["touch_overlapped"], calls.hotline, calls.hour)


async def hours_near(connection: Any, calls: CallsAnswered) -> frozenset[datetime]:
    """Hours of its hotline that overlap an hour, as far as they were told; also those of the day before or after."""
    return frozenset(row["hour"] for row in await connection.fetch(SQL["near"], calls.hotline, calls.hour))
