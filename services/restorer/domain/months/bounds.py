"""Where a month begins and ends: by the calendar of where the utility is. Pure."""

from datetime import UTC, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from msgspec import Meta

Month = Annotated[
    str, Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="A month of the utility's, e.g. 2026-03")
]
DECEMBER: Final = 12


def bounds(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when until when it lasts, in UTC.

    >>> bounds("2026-02", ZoneInfo("Asia/Shanghai"))[1].isoformat()
    '2026-02-28T16:00:00+00:00'
    """
    year, number = map(int, month.split("-"))
    following = (year + 1, 1) if number == DECEMBER else (year, number + 1)
    begins, ends = (datetime(*first, 1, tzinfo=zone).astimezone(UTC) for first in ((year, number), following))
    return begins, ends


def month_of(at: datetime, zone: ZoneInfo) -> str:
    """The month in which an instant lies where the utility is, e.g. 2026-03."""
    return f"{at.astimezone(zone):%Y-%m}"
