"""When the public could first read each notice, by what a board really read there: the referee's own record, not what was said."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

FirstRead = Callable[[str], datetime | None]
"""When the very words of a notice, by its id, were first read; None: never."""


@dataclass(frozen=True, slots=True)
class PageRead:
    """A board read a notice at `at`: in its very words, or in others. `said`: when Kafka had what it said of that."""

    notice_id: str
    at: datetime
    right: bool
    said: datetime


def first_read(reads: Iterable[PageRead]) -> FirstRead:
    """By what was read, when each notice could first be read."""
    found: dict[str, datetime] = {}
    for one in reads:
        if one.right:
            found[one.notice_id] = min(one.at, found.get(one.notice_id, one.at))
    return found.get


def said_after(reads: Iterable[PageRead], notice_id: str, until: datetime) -> bool:
    """Whether of a notice something was read before an instant and said only after it."""
    return any(one.notice_id == notice_id and one.at <= until < one.said for one in reads)
