"""What a notice says, and whether a plan lies inside it. What "inside" asks of each field is a table of the policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas.base import Extent, Period
from schemas.dispatch import PlanBody
from schemas.notices import Notice
from services.policy.model import Inside

_LISTS = ("lines", "areas", "transformers", "usage_points")
_WORDS = ("outage_class", "safety_cut", "reason")


@dataclass(frozen=True, slots=True)
class Told:
    """What a notice says; two notices that say the same are one."""

    outage_class: str
    period: Period
    extent: Extent
    reason: str | None
    safety_cut: bool

    def inside(self, other: Told, table: Mapping[str, Inside]) -> bool:
        """Whether this keeps of `other` what `table` asks for each field (policy, [inside]).

        `within-where-named`: an empty list in `other` says nothing about its kind, so anything is within it; where
        `other` names some, this must name some of the same.
        """
        return (
            all(table[name] == "any" or getattr(self, name) == getattr(other, name) for name in _WORDS)
            and self._period_inside(other, table["period"])
            and all(_kept(table[name], getattr(self.extent, name), getattr(other.extent, name)) for name in _LISTS)
        )

    def _period_inside(self, other: Told, asked: Inside) -> bool:
        if asked == "same":
            return self.period == other.period
        return other.period.start <= self.period.start and self.period.end <= other.period.end

    def begins_with(self, other: Told) -> bool:
        """Whether both begin at the same instant."""
        return self.period.start == other.period.start


def told_by(body: PlanBody | Notice) -> Told:
    """What a plan, or a notice, says."""
    return Told(body.outage_class, body.planned_period, body.extent, body.reason, body.safety_cut)


def wider(extent: Extent, noticed: Extent, table: Mapping[str, Inside]) -> tuple[str, ...]:
    """Kinds of place of which `extent` holds more than was noticed: line, area, transformer, usage-point.

    A cut that names no place of a kind says nothing about it.
    """
    names = dict(zip(_LISTS, ("line", "area", "transformer", "usage-point"), strict=True))
    return tuple(
        names[kind]
        for kind in _LISTS
        if getattr(extent, kind) and not _kept(table[kind], getattr(extent, kind), getattr(noticed, kind))
    )


def _kept(asked: Inside, given: Iterable[str], noticed: Iterable[str]) -> bool:
    ours, theirs = _names(given), _names(noticed)
    match asked:
        case "any":
            return True
        case "same":
            return ours == theirs
        case "within":
            return ours <= theirs
        case _:
            return not theirs or (bool(ours) and ours <= theirs)


def _names(names: Iterable[str]) -> frozenset[str]:
    """Without blanks around them; a blank name says nothing."""
    return frozenset(name.strip() for name in names) - {""}
