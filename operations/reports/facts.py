"""What the report of a month or a year is made of, once it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from operations.reports.form import CallFigures, CustomersServed
from services.policy import Policy
from services.reliability import WordsOnTime
from services.reliability.once import CountedGroup
from services.reliability.periods import ReportPeriod


@dataclass(frozen=True, slots=True)
class FoundBy:
    """What an outage is found by in a report."""

    outage_class: str | None
    territories: tuple[str, ...]
    lines: tuple[str, ...]
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SilentTime:
    """A customer without power who heard nothing for too long: under which outage, since and until when."""

    mrid: str
    customer_id: str
    state: str
    """forgotten or held."""
    since: datetime
    until: datetime | None
    """None: they have heard nothing yet."""


NOTHING: Final = FoundBy(None, (), (), ())


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """All that a report is made of."""

    period: ReportPeriod
    zone_name: str
    as_of: datetime
    policy: Policy
    groups: Sequence[CountedGroup]
    """Of interruptions that began in the period, each customer under one outage at a time."""
    found_by: Mapping[str, FoundBy]
    words: Sequence[tuple[str, FoundBy, WordsOnTime]]
    """Of outages that were known first in the period."""
    calls: CallFigures | None
    silences: Sequence[SilentTime] | None
    """Those that began in the period; None: a version that keeps none."""
    served: CustomersServed
    served_by_area: Mapping[str, int]
    """By the normal name of an area, as of the last day."""
    served_by_line: Mapping[str, int]
    """By the normal name of a line, as the network is wired now."""
    daily_before: Mapping[date, float]
    """Daily SAIDI of the five years before the reporting year."""
    since: date | None
    """The first day of which there is an interruption."""
    unresolved: int
    not_counted: int
