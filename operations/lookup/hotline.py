"""Look up how soon the telephone was answered in a month: rule by rule, what is not counted, and what was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from operations.errors import Misused
from operations.plans.policy import chosen_policy
from operations.system.database import connect, enter, present
from operations.system.instants import clock_of
from operations.system.location import Where
from schemas.contracts.dispatch import CallsAnswered
from services.restorer.domain.events import CallsRefused
from services.restorer.domain.hotline.shares import AnsweredShare, shares
from services.restorer.domain.months.bounds import Month, bounds
from services.restorer.tables.hotline import SQL, hours_between

TABLES: Final = ("hotline_hour", "live")


@dataclass(frozen=True, slots=True)
class HotlineMonth:
    """One month of all hotlines of the utility."""

    month: str
    since: datetime
    until: datetime
    """When the month is over; while it runs, now."""
    hours: list[CallsAnswered]
    """Those that count."""
    shares: list[AnsweredShare]
    """Over all hotlines together."""
    refused: list[CallsRefused]
    overlapping: list[CallsAnswered] = field(default_factory=list)
    """Those that do not count, for they overlap others of their hotline."""
    by_hotline: Mapping[str, list[AnsweredShare]] = field(default_factory=dict)
    """The shares of each, where there are several."""

    @property
    def hours_due(self) -> int:
        """Hours of the month that are over."""
        return int((self.until - self.since) / timedelta(hours=1))

    @property
    def hotlines(self) -> list[str]:
        """Those of which an hour is told."""
        return sorted({one.hotline for one in self.hours})


async def hotline_month(where: Where, month: str | None) -> HotlineMonth:
    """The month, as 2026-03 in the utility's zone; left out, the one that runs.

    Raises:
        Misused: it is no month, or lies ahead.

    """
    now, zone = clock_of(where).now(), ZoneInfo(where.zone_name)
    month = month or f"{now.astimezone(zone):%Y-%m}"
    since, until = month_bounds(month, zone)
    if since > now:
        raise Misused(f"{month} has not begun")
    policy, _ = chosen_policy(None, None, where)
    async with connect(where) as connection:
        await present(connection, ("restorer",), TABLES)
        await enter(connection, "restorer")
        hours, overlapping = await hours_between(connection, since, until)
        views = [row["view"] for row in await connection.fetch(SQL["refused_days"])]
    refused = [
        one for view in views for one in msgspec.json.decode(view, type=_Day).refused if since <= one.hour < until
    ]
    names = sorted({one.calls.hotline for one in hours})
    each = {name: shares(policy, [one for one in hours if one.calls.hotline == name]) for name in names}
    return HotlineMonth(
        month,
        since,
        min(now, until),
        [one.calls for one in hours],
        shares(policy, hours),
        refused,
        overlapping,
        each if len(names) > 1 else {},
    )


def month_bounds(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a month begins and when it is over, in UTC: of clocks that are put forward an hour less is due.

    Raises:
        Misused: it is no month.

    """
    try:
        return bounds(msgspec.convert(month, Month), zone)
    except msgspec.ValidationError:
        raise Misused(f"{month!r} is no month: write it as 2026-03") from None


class _Day(msgspec.Struct, frozen=True):
    """What a day's view shows of hours that were refused."""

    refused: list[CallsRefused] = []
