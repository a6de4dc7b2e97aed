"""Measure how long points were without power, by restoration steps (IEEE 1366), over one outage or several at once. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from services.restorer.domain.events import ClaimByModel
from services.restorer.domain.lifecycle import Course

MINUTE = timedelta(minutes=1)


class TimeOut(NamedTuple):
    """A point without power under one outage, from one instant until another."""

    point: str
    since: datetime
    until: datetime


def steps_of(course: Course) -> Iterator[tuple[datetime, datetime, ClaimByModel]]:
    """Since when power was off, when a part of it came back, and what the network says of that part."""
    for episode in course.episodes:
        began = episode.began or course.began
        if began is None:
            continue
        words = [(step.at.at, step.by_model) for step in episode.steps]
        words += [(episode.ended.at, episode.by_model)] if episode.ended is not None else []
        yield from ((began.at, at, word) for at, word in words if word is not None)


def point_minutes(course: Course) -> int:
    """Points times minutes of what is back by now; whole minutes. What is off still counts once it is back."""
    total = sum(((at - since) * word.restored for since, at, word in steps_of(course)), timedelta())
    return int(total / MINUTE)


def counted_once(times: Iterable[TimeOut]) -> Mapping[str, timedelta]:
    """How long each point was without power: time under several outages counts once."""
    spans: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for one in times:
        spans[one.point].append((one.since, one.until))
    return {point: sum((end - start for start, end in _joined(found)), timedelta()) for point, found in spans.items()}


def _joined(spans: Iterable[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    start = end = None
    for begins, ends in sorted(spans):
        if start is None or end is None:
            start, end = begins, ends
        elif begins <= end:
            end = max(end, ends)
        else:
            yield start, end
            start, end = begins, ends
    if start is not None and end is not None:
        yield start, end
