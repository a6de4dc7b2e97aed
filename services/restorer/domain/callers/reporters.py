"""Keep who reported a fault and when they first did, by report id. Pure.

An outage may have 20,000 reporters: what is asked of them costs the same however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile
from typing import Final, NamedTuple

from services.kernel.values.sortedset import SortedSet

_EVER: Final = datetime.min.replace(tzinfo=UTC)
_LATE: Final = 16
"""So many of the latest are looked at first: after an end there are few, and mostly none."""


class Reporter(NamedTuple):
    """Somebody who can be called back, by the id of their report; `at`: when they first reported."""

    at: datetime
    report_id: str


class ReporterById(NamedTuple):
    """The same, found by the id."""

    report_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reporters:
    """All of them, in whatever order their reports came."""

    by_time: SortedSet[Reporter] = field(default_factory=SortedSet)
    by_id: SortedSet[ReporterById] = field(default_factory=SortedSet)

    def hear(self, report_id: str, at: datetime) -> Reporters:
        """With one more report; of several with one id the earliest counts."""
        by_time, by_id = self.by_time, self.by_id
        known = by_id.ceiling(ReporterById(report_id, _EVER))
        if known is not None and known.report_id == report_id:
            if known.at <= at:
                return self
            by_time, by_id = by_time.discard(Reporter(known.at, report_id)), by_id.discard(known)
        return Reporters(by_time.add(Reporter(at, report_id)), by_id.add(ReporterById(report_id, at)))

    def until(self, at: datetime) -> Iterator[str]:
        """Those who had reported by an instant, the earliest first."""
        return (one.report_id for one in takewhile(lambda one: one.at <= at, self.by_time))

    def count_until(self, at: datetime) -> int:
        """How many had reported by an instant."""
        looked = _LATE
        while True:
            latest = self.by_time.tail(looked)
            if len(latest) < looked or latest[0].at <= at:
                return len(self.by_time) - sum(one.at > at for one in latest)
            looked *= 4
