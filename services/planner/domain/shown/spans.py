"""Spans of time as sorted, disjoint pairs of instants: joined, cut out of each other, measured. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

Span = tuple[datetime, datetime]
Spans = tuple[Span, ...]
NONE: Final = timedelta(0)


def joined(spans: Iterable[Span], gap: timedelta = NONE) -> Spans:
    """The same, sorted; those that overlap, or lie no further apart than `gap`, are one. What lasts no time is left out."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start - found[-1][1] <= gap:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def inside(spans: Iterable[Span], whole: Span) -> Spans:
    """What of `spans` lies in `whole`."""
    return joined((max(start, whole[0]), min(end, whole[1])) for start, end in spans)


def without(whole: Span, taken: Iterable[Span]) -> Spans:
    """What of `whole` lies in none of `taken`."""
    left: list[Span] = []
    begins = whole[0]
    for start, end in inside(taken, whole):
        left.append((begins, start))
        begins = end
    return joined([*left, (begins, whole[1])])


def length(spans: Iterable[Span]) -> timedelta:
    """How long they are together."""
    return sum((end - start for start, end in spans), NONE)


def used_up(spans: Iterable[Span], most: timedelta) -> datetime | None:
    """The instant after which they are longer than `most` together; None where they never are."""
    left = most
    for start, end in spans:
        if end - start > left:
            return start + left
        left -= end - start
    return None
