"""What the tables say of a month's cases, rule by rule, as a decision is given it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from schemas.contracts.base import RuleRef
from schemas.contracts.restorations import FulfilmentPublished
from services.policy import Policy


class WorstCase(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One of the cases that took longest."""

    name: str
    """Outage, rule, episode."""
    minutes: float


class RuleFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The cases of one rule in one month. `digest`: sha256 over their lines, each with its newline, by name."""

    rule: RuleRef
    obligation: str | None = None
    made: int = 0
    kept: int = 0
    broken: int = 0
    voided: int = 0
    open: int = 0
    corrected: int = 0
    voided_for: Mapping[str, int] = {}
    measured: int = 0
    """Cases of which it is known how long they took."""
    waiting: int = 0
    """Cases of which that is not known: it has not happened, or nobody said so."""
    left_out: Mapping[str, int] = {}
    total_us: int = 0
    """How long those took together, in microseconds: exact, whatever the order in which they are added."""
    median_minutes: float | None = None
    worst: tuple[WorstCase, ...] = ()
    calls: int = 0
    """Calls that rang in hours of which the call centre says how many were answered in time."""
    in_time: int = 0
    digest: str = ""


class EarlierStatement(NamedTuple):
    """A month before for which a statement stands, and what its cases say today."""

    published: FulfilmentPublished
    now: Mapping[str, RuleFigures]


class MonthFigures(NamedTuple):
    """All cases of a month. `digest`: over the lines of all of them, by rule and name."""

    rules: Mapping[str, RuleFigures]
    cases: int
    digest: str
    earlier: Sequence[EarlierStatement] = ()
    """Only where a statement is to be published."""


NO_FIGURES = MonthFigures({}, 0, "")


class MonthFacts(NamedTuple):
    """What a decision of a month is given: its policies by version as they read then, and its figures where these are asked."""

    terms: Mapping[str, Policy] = {}
    figures: MonthFigures | None = NO_FIGURES
    """None: its cases moved while they were counted."""


class MonthTimes(NamedTuple):
    """Since when a month lasts, until when, and from when on it is judged."""

    begins_at: datetime
    ends_at: datetime
    judged_from: datetime
