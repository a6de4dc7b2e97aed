"""Find major event days by the 2.5-beta method (IEEE Std 1366-2012, 3.13 and annex B; IEEE Std 1366-2003, 4.5). Pure.

Daily SAIDI of the five years before the reporting year, without days on which it is zero; alpha and beta are the average and the
standard deviation of their natural logarithms; T_MED = exp(alpha + 2.5 beta). A day of the reporting year beyond it is a major
event day. With fewer than five years none is classified: the standard would let a utility begin with what it has, and that
would publish a threshold that next year's knows to be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from math import exp, log
from statistics import fmean, stdev

from msgspec import Struct

YEARS = 5
BETAS = 2.5
BEGUN_BY = 31
"""The first of the five years has to have something by this day of January."""


class MajorEventDays(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the method comes to for one reporting year. Without a threshold no day is classified, and `why` says why."""

    threshold: float | None = None
    """T_MED, minutes of daily SAIDI."""
    alpha: float | None = None
    beta: float | None = None
    days: int = 0
    """Days of the five years that had an interruption."""
    since: date | None = None
    """The first day of which anything is known."""
    why: str | None = None
    major: tuple[date, ...] = ()


NO_SERVED = "customers-served-not-known"
FEW_YEARS = "fewer-than-five-years"
FEW_DAYS = "too-few-days"


def threshold_of(daily: Iterable[float]) -> tuple[float, float, float] | None:
    """T_MED, alpha and beta of daily SAIDI; None of fewer than two days that are not zero."""
    logs = [log(one) for one in daily if one > 0]
    if len(logs) <= 1:
        return None
    alpha, beta = fmean(logs), stdev(logs)
    return exp(alpha + BETAS * beta), alpha, beta


def major_event_days(
    year: int, before: Mapping[date, float], within: Mapping[date, float], since: date | None, *, served: bool
) -> MajorEventDays:
    """Classify the days of `within` by the five years before `year`.

    :param before: daily SAIDI of those years. :param since: the first day of which anything is known.
    :param served: whether it is known how many customers are served; else there is no SAIDI.
    """
    if not served:
        return MajorEventDays(since=since, why=NO_SERVED)
    if since is None or since > date(year - YEARS, 1, BEGUN_BY):
        return MajorEventDays(since=since, why=FEW_YEARS)
    days = {day: one for day, one in before.items() if year - YEARS <= day.year < year and one > 0}
    found = threshold_of(days.values())
    if found is None:
        return MajorEventDays(since=since, days=len(days), why=FEW_DAYS)
    threshold, alpha, beta = found
    major = tuple(sorted(day for day, one in within.items() if one > threshold))
    return MajorEventDays(threshold=threshold, alpha=alpha, beta=beta, days=len(days), since=since, major=major)
