"""Know when something may have been broken, for nothing is asked to be in time then."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

SOON: Final = timedelta(seconds=10)
"""What is due is done so soon after its instant where nothing is broken."""
Storm = tuple[datetime, datetime]
"""From when until when something may have been broken."""


def whole(at: datetime, storms: Sequence[Storm]) -> datetime:
    """That instant, or the first one after it at which nothing was broken."""
    return max([at, *(end for begin, end in storms if begin <= at < end)])


def short(at: datetime) -> str:
    """For a person: day of the month and time."""
    return f"{at.astimezone(UTC):%d %H:%M:%S}"
