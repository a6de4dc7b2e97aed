"""Read spans and instants as people type them, and find the clock that the system goes by."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from operations.errors import Away, Misused
from operations.system.location import Where
from services.kernel.clock import Clock, ClockError
from services.kernel.warp import clock_from

UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
LONGEST = timedelta(days=36_500)
_SPAN = re.compile(r"(?:\d+[dhms])+")
_PART = re.compile(r"(\d+)([dhms])")


def clock_of(where: Where) -> Clock:
    """The system's clock: the machine's, or a local stack's own.

    Raises:
        Away: the clock's file is gone.

    """
    try:
        return clock_from(where.clock_file)
    except (ClockError, OSError) as error:
        raise Away(str(error)) from None


def read_span(text: str, option: str) -> timedelta:
    """`90s`, `10m`, `2h`, `1d`, `1h30m`.

    Raises:
        Misused: it is none of these.

    """
    wanted = text.strip().lower()
    seconds = sum(int(number) * UNITS[unit] for number, unit in _PART.findall(wanted))
    if not _SPAN.fullmatch(wanted) or seconds > LONGEST.total_seconds():
        raise Misused(f"{option} {text!r} is no span of time: write 90s, 10m, 2h, 1d or 1h30m")
    return timedelta(seconds=seconds)


def read_instant(text: str, where: Where, option: str) -> datetime:
    """`2026-03-05T02:30` in the utility's zone, or with an offset (`…+08:00`, `…Z`); in UTC.

    Raises:
        Misused: it is no instant.

    """
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Misused(
            f"{option} {text!r} is no instant: write 2026-03-05T02:30 ({where.zone_name}), "
            "or with its offset, 2026-03-05T02:30+08:00"
        ) from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=where.zone)).astimezone(UTC)


def read_past(text: str, where: Where, option: str) -> datetime:
    """An instant that has passed.

    Raises:
        Misused: it cannot be read, or lies ahead of now.

    """
    instant, now = read_instant(text, where, option), clock_of(where).now()
    if instant > now:
        raise Misused(f"{option} {text} lies ahead of now ({now.astimezone(where.zone):%Y-%m-%dT%H:%M:%S%z})")
    return instant
