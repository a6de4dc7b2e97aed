"""What was said of when power comes back: how soon, how late, how often it moved. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median

from msgspec import Struct

from services.reliability.interruptions import WordsOnTime

MINUTE = timedelta(minutes=1)


class Spread(Struct, frozen=True, kw_only=True, rename="camel"):
    """How some figures lie: how many there are, the middle one, the one that nine tenths are not beyond, the greatest."""

    count: int
    median: float | None = None
    p90: float | None = None
    most: float | None = None


class WordFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """Over the outages that were known first in a period. Minutes."""

    outages: int
    said: int
    """Of these, outages of which an expected time was ever said."""
    until_first_said: Spread
    """From the first word of the outage to the first expected time."""
    lateness: Spread
    """How long after the expected time that stood power was back; less than zero: before it."""
    moved: Spread
    """How often the expected time was moved."""
    report_to_dispatch: Spread
    """From the first report to the first word that a crew has the work."""


def spread(found: Iterable[float]) -> Spread:
    """How some figures lie."""
    ordered = sorted(found)
    if not ordered:
        return Spread(count=0)
    return Spread(count=len(ordered), median=median(ordered), p90=_share(ordered, 0.9), most=ordered[-1])


def _share(ordered: Sequence[float], share: float) -> float:
    """The least figure that so large a share of them is not beyond (nearest rank)."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def word_figures(outages: Sequence[WordsOnTime]) -> WordFigures:
    """The figures of some outages."""
    said = [one for one in outages if one.first_said is not None]
    return WordFigures(
        outages=len(outages),
        said=len(said),
        until_first_said=spread(_between(one.first_known, one.first_said) for one in said if one.first_known),
        lateness=spread(
            _between(one.last_ert, one.restored)
            for one in outages
            if one.last_ert is not None and one.restored is not None
        ),
        moved=spread(float(one.moved) for one in said),
        report_to_dispatch=spread(
            _between(one.reported, one.dispatched) for one in outages if one.reported and one.dispatched
        ),
    )


def _between(since: datetime | None, until: datetime | None) -> float:
    assert since is not None and until is not None  # noqa: S101, PT018 - asked before
    return (until - since) / MINUTE
