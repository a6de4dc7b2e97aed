"""Say over which time a provider's list is held against our books, and when it is due again."""

from datetime import datetime, timedelta
from typing import Final

CLOCK_SLACK: Final = timedelta(seconds=60)
"""Our clock and the provider's may differ by this much, and its dates have whole seconds."""
BOOKED_BEFORE: Final = timedelta(days=40)
"""A message was asked for so long before it was made, at most: a text waits for its time no longer than a notice is ahead."""
OVERLAP: Final = timedelta(hours=1)
"""A walk begins so long before the end of the last: a list may have shown late what was made then."""
FIRST: Final = timedelta(days=1)
"""How far back the very first looks, and one that is asked for without an instant."""
ALL: Final = "*"
"""Stands for every provider in a walk that somebody asked for."""
AGAIN: Final = timedelta(hours=1)
"""A daily walk that could not be done is tried again after so long."""


def daily_from(
    wall: datetime,
    every: timedelta,
    *,
    seen_until: datetime | None,
    last_daily: datetime | None,
    first_attempt: datetime | None,
) -> datetime | None:
    """Since when the day's walk looks, if it is due at `wall`; else None. `every`: how often; nothing where that is zero.

    `seen_until`: up to when the list was seen whole; `last_daily`: when a daily walk last ended, well or not; `first_attempt`:
    nothing was sent before that.

    >>> day, noon = timedelta(days=1), datetime(2026, 3, 5, 12)
    >>> daily_from(noon, day, seen_until=noon - day, last_daily=None, first_attempt=noon - 3 * day)
    datetime.datetime(2026, 3, 4, 11, 0)
    >>> daily_from(noon, day, seen_until=noon - day / 2, last_daily=None, first_attempt=noon - 3 * day)
    """
    if not every or first_attempt is None:
        return None
    begins = seen_until or first_attempt
    if wall - begins < every or (last_daily is not None and wall - last_daily < min(AGAIN, every)):
        return None
    return begins - OVERLAP if seen_until is not None else max(first_attempt, wall - FIRST) - OVERLAP
