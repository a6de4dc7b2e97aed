"""Compare what notices say: whether a plan lies inside one. What "inside" asks of each field is a table of the policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import structs

from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import PlanBody, PlannedRequested
from schemas.contracts.notices import Notice
from services.places import normals
from services.places.extents import within, without
from services.planner.domain.traits import traits_of
from services.policy.vocabulary import Inside

_LISTS = ("lines", "areas", "transformers", "usage_points")
LONGEST_LIST = 1_000
_WORDS = ("outage_class", "safety_cut", "reason")


@dataclass(frozen=True, slots=True)
class NoticeContent:
    """What a notice says; two notices that say the same are one."""

    outage_class: str
    period: Period
    extent: Extent
    reason: str | None
    safety_cut: bool

    def inside(self, other: NoticeContent, table: Mapping[str, Inside]) -> bool:
        """Whether this keeps of `other` what `table` asks for each field (policy, [inside]).

        `within-where-named`: an empty list in `other` says nothing about its kind, so anything is within it; where
        `other` names some, this must name some of the same.
        """
        return (
            all(table[name] == "any" or getattr(self, name) == getattr(other, name) for name in _WORDS)
            and self._period_inside(other, table["period"])
            and all(_kept(table[name], getattr(self.extent, name), getattr(other.extent, name)) for name in _LISTS)
        )

    def _period_inside(self, other: NoticeContent, asked: Inside) -> bool:
        if asked == "same":
            return self.period == other.period
        return other.period.start <= self.period.start and self.period.end <= other.period.end

    def common(self, other: NoticeContent, table: Mapping[str, Inside]) -> NoticeContent | None:
        """What this notice and the plan `other` both mean; None where nothing is left that a notice could say.

        An empty list of a kind that counts `within-where-named` means all of it, so the other one's names are common.
        """
        if any(table[name] == "same" and getattr(self, name) != getattr(other, name) for name in _WORDS):
            return None
        start, end = max(self.period.start, other.period.start), min(self.period.end, other.period.end)
        if end <= start or (table["period"] == "same" and self.period != other.period):
            return None
        lists: dict[str, tuple[str, ...]] = {}
        for name in _LISTS:
            both = _common(table[name], getattr(self.extent, name), getattr(other.extent, name))
            if both is None:
                return None
            lists[name] = both
        extent = structs.replace(self.extent, **lists, customers_affected=None)
        return replace(self, period=Period(start=start, end=end), extent=extent)

    @property
    def traits(self) -> dict[str, object]:
        """In the words that rules ask for."""
        return traits_of(self.outage_class, self.extent, self.period, safety_cut=self.safety_cut)

    def begins_with(self, other: NoticeContent) -> bool:
        """Whether both begin at the same instant."""
        return self.period.start == other.period.start


def told_by(body: PlanBody | Notice) -> NoticeContent:
    """What a plan, or a notice, says."""
    return NoticeContent(body.outage_class, body.planned_period, body.extent, body.reason, body.safety_cut)


def plan_of(mrid: str, told: NoticeContent, revision: int, requested_at: datetime) -> PlannedRequested:
    """A plan that asks for exactly what was told."""
    return PlannedRequested(
        mrid=mrid,
        revision_number=revision,
        outage_class="temporary" if told.outage_class == "temporary" else "planned",
        planned_period=told.period,
        extent=told.extent,
        requested_at=requested_at,
        reason=told.reason,
        safety_cut=told.safety_cut,
    )


def wider(extent: Extent, noticed: Extent, table: Mapping[str, Inside]) -> dict[str, tuple[str, ...]]:
    """Places of `extent` that were not noticed, by kind: line, area, transformer, usage-point; kinds with none are absent.

    A cut that names no place of a kind says nothing about it.
    """
    names = dict(zip(_LISTS, ("line", "area", "transformer", "usage-point"), strict=True))
    return {
        names[kind]: tuple(sorted(without(getattr(extent, kind), getattr(noticed, kind))))
        for kind in _LISTS
        if getattr(extent, kind) and not _kept(table[kind], getattr(extent, kind), getattr(noticed, kind))
    }


def _common(asked: Inside, noticed: tuple[str, ...], planned: tuple[str, ...]) -> tuple[str, ...] | None:
    """The names in both; None where names were noticed and none of them is left."""
    if asked == "any" or normals(noticed) == normals(planned):
        return noticed
    if asked == "same":
        return None
    if asked == "within-where-named" and not (normals(noticed) and normals(planned)):
        # A notice that named none of a kind does not take over a list that nobody could read.
        return noticed or (planned if len(planned) <= LONGEST_LIST else ())
    left = within(noticed, planned)
    return left if left or not noticed else None


def _kept(asked: Inside, given: tuple[str, ...], noticed: tuple[str, ...]) -> bool:
    ours, theirs = normals(given), normals(noticed)
    match asked:
        case "any":
            return True
        case "same":
            return ours == theirs
        case "within":
            return ours <= theirs
        case _:
            return not theirs or (bool(ours) and ours <= theirs)
