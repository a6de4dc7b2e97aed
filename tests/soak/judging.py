"""Judge figures that were recorded while the work was steady: which of them grow without bound. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import linear_regression, median
from typing import Final

WARM_UP: Final = 1 / 3
"""This share of a run is not judged: caches fill, and work that is noticed twelve days ahead has not come yet."""
PARTS: Final = 12
"""The rest is cut into so many parts, each of which counts by its median: a spike is no trend."""
LEAST_LOOKS: Final = 3 * PARTS


class TooShort(Exception):
    """Too few looks to tell a trend from noise."""


@dataclass(frozen=True, slots=True)
class Series:
    """One figure over time. `what`: process, `schema.table` or topic; `points`: seconds since the beginning, value."""

    what: str
    figure: str
    points: tuple[tuple[float, float], ...]

    @property
    def name(self) -> str:
        """For a person."""
        return f"{self.what}: {self.figure}"


@dataclass(frozen=True, slots=True)
class Bound:
    """How much a figure may rise after warm-up: a share of its level, or `floor` in its own unit where that is more."""

    share: float
    floor: float


BOUNDS: Final = {
    "rss MiB": Bound(0.10, 8),
    "files": Bound(0.10, 4),
    "threads": Bound(0.10, 3),
    "tcp": Bound(0.10, 4),
    "database": Bound(0.10, 3),
    "lag": Bound(0.10, 50),
    "rows": Bound(0.20, 40),
    "table MiB": Bound(0.25, 0.5),
    "index MiB": Bound(0.25, 0.5),
    "records": Bound(0.0, 0),
    "log MiB": Bound(0.0, 0),
}
"""By figure. What is counted in pieces is small and moves by one or two; the floors keep that from being a trend."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What a straight line says of a series after warm-up: where it began, how much it rose, and in the later half."""

    series: Series
    level: float
    rise: float
    late_rise: float
    seconds: float

    @property
    def allowed(self) -> float:
        """How much it may rise."""
        bound = BOUNDS[self.series.figure]
        return max(bound.floor, bound.share * self.level)

    @property
    def without_bound(self) -> bool:
        """Whether it rose beyond its bound and was still rising in the later half: what levels off does not."""
        return self.rise > self.allowed and self.late_rise > self.allowed / 4

    def __str__(self) -> str:
        """For a person."""
        an_hour = self.rise * 3600 / self.seconds
        return (
            f"{self.series.name} rose from {self.level:.4g} by {self.rise:.4g} in {self.seconds:.0f} s"
            f" ({an_hour:+.4g} an hour; allowed {self.allowed:.4g})"
        )


def growth(series: Series) -> Growth:
    """The trend of a series after warm-up.

    Raises:
        TooShort: it has fewer than LEAST_LOOKS points then.

    """
    begin, end = series.points[0][0], series.points[-1][0]
    judged = [point for point in series.points if point[0] >= begin + WARM_UP * (end - begin)]
    if len(judged) < LEAST_LOOKS:
        raise TooShort(f"{series.name} was looked at {len(judged)} times after warm-up, {LEAST_LOOKS} are needed")
    middles = _middles(judged)
    seconds = judged[-1][0] - judged[0][0]
    slope, zero = _line(middles)
    late_slope, _ = _line(middles[PARTS // 2 :])
    return Growth(series, zero + slope * judged[0][0], slope * seconds, late_slope * seconds / 2, seconds)


def _middles(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    cuts = [round(part * len(points) / PARTS) for part in range(PARTS + 1)]
    parts = [points[first:end] for first, end in pairwise(cuts)]
    return [(median(at for at, _ in part), median(value for _, value in part)) for part in parts]


def _line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Slope and value at 0 of the straight line through points."""
    slope, zero = linear_regression([at for at, _ in points], [value for _, value in points])
    return slope, zero
