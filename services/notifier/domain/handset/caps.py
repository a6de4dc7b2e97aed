"""Say which of the texts that are ready for one telephone go now, and which it has no room for in this hour. Pure.

A person reads ten texts in an hour, and none of thirty. The last place of the hour is kept for words that change what somebody
does who went by our last one: power is back, off again, or what we said was wrong. What finds no place is not sent late: its
conversation hears so, looks again at what is so once there is room, and a person calls meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from schemas.contracts.messages import Trigger

WITHIN: Final = timedelta(hours=1)
LAST_PLACE: Final[frozenset[Trigger]] = frozenset({"restored", "part-restored", "reopened", "correction"})
"""Triggers of words for which the last place is kept; a correction under another trigger says so itself."""
FULL, SPENT = "handset-full", "handset-spent"
"""Reasons: only the last place is left; nor is that."""
HELD: Final = frozenset({FULL, SPENT})


class ReadyText(NamedTuple):
    """A text that may go now."""

    message_id: str
    keeps_last: bool
    """The last place is kept for such words."""


class PlacelessText(NamedTuple):
    """A text that finds no place, why, and when there is one again."""

    message_id: str
    until: datetime
    why: str


def places(
    ready: Sequence[ReadyText], went: Sequence[datetime], now: datetime, most: int
) -> tuple[list[str], list[PlacelessText]]:
    """The texts (ids) that go, and those that do not, as ordered. `went`: when those of the last hour did, oldest first.

    `most`: places in an hour, two at least.
    """
    go: list[str] = []
    not_now: list[PlacelessText] = []
    went = [*went]
    for text in ready:
        free = most - len(went)
        if free > (0 if text.keeps_last else 1):
            go.append(text.message_id)
            went.append(now)
        else:
            why = FULL if free > 0 else SPENT
            not_now.append(PlacelessText(text.message_id, _room_at(went, most, keeps_last=text.keeps_last), why))
    return go, not_now


def _room_at(went: Sequence[datetime], most: int, *, keeps_last: bool) -> datetime:
    """When so many texts of the hour lie back that there is a place for this one."""
    return went[len(went) - (most if keeps_last else most - 1)] + WITHIN
