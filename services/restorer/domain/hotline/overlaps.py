"""Say which hours of one hotline count where some overlap: no call is counted twice, whatever was told first. Pure.

Hours last an hour and may begin on any quarter of one. Of two that overlap the one that begins on the fuller clock counts: the
whole hour before the half, the half before a quarter past, that before a quarter to (by UTC). Which one counts follows from what
was told, not from what came first, so a late hour can take another's place. Hours of different hotlines are different calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)
FULLNESS: Final[Mapping[int, int]] = {0: 0, 30: 1, 15: 2, 45: 3}
"""By the minute on which an hour begins: the lower counts. Hours that begin on one minute never overlap."""


def overlapped(hours: Iterable[datetime]) -> dict[datetime, datetime]:
    """Of these hours of one hotline those that do not count, each with the one that counts before it.

    >>> whole, half = datetime(2026, 3, 5, 9, tzinfo=UTC), datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
    >>> overlapped([half, whole]) == {half: whole}
    True
    """
    told = set(hours)
    found = ((hour, _before(hour, told)) for hour in sorted(told))
    return {hour: other for hour, other in found if other is not None}


def _before(hour: datetime, told: set[datetime]) -> datetime | None:
    near = (hour + timedelta(minutes=minutes) for minutes in range(-45, 60, 15) if minutes)
    fuller = [other for other in near if other in told and _fullness(other) < _fullness(hour)]
    return min(fuller, key=lambda other: (_fullness(other), other), default=None)


def _fullness(hour: datetime) -> int:
    return FULLNESS[hour.astimezone(UTC).minute]
