"""Several places are off under one outage; they have power again one after the other: points, transformers or lines, by name."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town

Parted = tuple[Extent, Sequence[Extent]]
"""Where an outage is, and what of it comes back before all does, in this order."""
MOST: Final = 3


def draw(random: Random, town: Town) -> Sequence[Told]:
    """Each on any line, or on all of them; what stays is back with the whole."""
    teller = Teller(random)
    for number in range(random.randint(*town.size.times)):
        mrid, begins, line = teller.mrid("P"), random.uniform(0, 5), random.choice(town.lines)
        # Drawn apart, so that stories of points alone stay as they were.
        fate = Random(f"{town.seed}/parted/{number}").choice(sorted(FATES))
        where, parts = FATES[fate](town, line)
        teller.off(mrid, begins, where)
        now = begins
        for place in parts:
            now += random.uniform(2, 5)
            part = dispatch.SupplyRestored(mrid=mrid, restored_at=at(now), scope="part", extent=place, evidence="crew")
            teller.say(now, part)
        teller.back(mrid, now + random.uniform(3, 8))
    return teller.told


def _points(town: Town, line: str) -> Parted:
    """Points alone."""
    points = town.points(line)[:MOST]
    return Extent(usage_points=tuple(points)), [Extent(usage_points=(point,)) for point in points[:-1]]


def _points_of_a_line(town: Town, line: str) -> Parted:
    """The line stays off while one point of it after another is back."""
    points = town.points(line)[:MOST]
    return Extent(lines=(line,), usage_points=tuple(points)), [Extent(usage_points=(point,)) for point in points]


def _transformers_of_a_line(town: Town, line: str) -> Parted:
    """The same of its transformers; where none is known, of its points."""
    names = town.transformers(line)[:MOST]
    if not names:
        return _points_of_a_line(town, line)
    return Extent(lines=(line,), transformers=tuple(names)), [Extent(transformers=(name,)) for name in names]


def _point_below_a_transformer(town: Town, line: str) -> Parted:
    """A transformer is back, and points below it that are named have no power yet, but for one."""
    names, points = town.transformers(line)[:1], town.points(line)[:MOST]
    where = Extent(transformers=tuple(names), usage_points=tuple(points))
    return where, [*(Extent(transformers=(name,)) for name in names), Extent(usage_points=(points[0],))]


def _lines(town: Town, line: str) -> Parted:
    """One line after the other."""
    lines = (line, *(other for other in town.lines if other != line))
    return Extent(lines=lines), [Extent(lines=(one,)) for one in lines[:-1]]


FATES: Final[Mapping[str, Callable[[Town, str], Parted]]] = {
    "points": _points,
    "points of a line": _points_of_a_line,
    "transformers of a line": _transformers_of_a_line,
    "a point below a transformer": _point_below_a_transformer,
    "lines": _lines,
}
