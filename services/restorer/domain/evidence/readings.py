"""Say since when a usage point has power by dispatch's word, and which readings speak against it or for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import SupplyRestored
from services.places import extents
from services.places.extents import says_nothing
from services.places.names import forms, normals
from services.places.topology import NetworkPart
from services.places.topology.part import POINT
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import SupplyState


class PointReading(NamedTuple):
    """The newest reading of one usage point: its normal name, as it is written, and its element, where the network has it."""

    form: str
    written: str
    element: str | None
    energised: bool
    own_generation: bool
    at: datetime
    cause: str

    @property
    def proves(self) -> bool:
        """Whether it shows that power comes from the grid."""
        return self.energised and not self.own_generation


@dataclass(frozen=True, slots=True)
class Claimed:
    """A word of dispatch that power is back, at all of it or at some places: by name, and by the network what hangs on them."""

    at: datetime
    everywhere: bool
    extent: Extent
    names: frozenset[str]
    lit: frozenset[str]

    def covers(self, form: str, element: str | None) -> bool:
        """Whether it speaks of a usage point."""
        return self.everywhere or form in self.names or (element is not None and element in self.lit)


class PowerBack:
    """Since when each usage point of an outage has power by dispatch's word, in the present episode."""

    def __init__(self, state: SupplyState, course: Course, network: NetworkPart | None) -> None:
        self._state, self._course, self._network = state, course, network

    @property
    def is_over(self) -> bool:
        """Whether all is back."""
        return self._course.now.ended is not None

    @cached_property
    def _steps(self) -> list[Claimed]:
        return [self._claimed(step.at.at, step.restored) for step in self._course.now.steps]

    @cached_property
    def again(self) -> list[Claimed]:
        """Claims that dispatch has said in this episode, in their order; those that were refused say nothing."""
        refused = {refusal.claim.at for refusal in self._course.refusals}
        began = self._course.now.began or self._course.began
        return sorted(
            (
                self._claimed(claim.restored_at, claim.extent, everywhere=claim.scope == "all")
                for claim, _ in self._state.of(SupplyRestored)
                if self._state.counts(claim, claim.restored_at)
                and not claim.test_energisation
                and claim.restored_at not in refused
                and (began is None or claim.restored_at >= began.at)
            ),
            key=lambda one: one.at,
        )

    def _claimed(self, at: datetime, said: Extent, *, everywhere: bool = False) -> Claimed:
        lit = self._network.lit(said) if self._network is not None and not everywhere else frozenset[str]()
        return Claimed(at, everywhere, said, normals(said.usage_points), lit)

    @cached_property
    def remaining(self) -> tuple[frozenset[str], frozenset[str]]:
        """Usage points that have none yet: normal names, and elements."""
        if self.is_over:
            return frozenset(), frozenset()
        course = self._course
        ids = frozenset[str]()
        if self._network is not None:
            ids = self._network.meaning(course.remaining).ends - self._network.lit(course.but)
        return normals(course.remaining.usage_points), ids

    def since(self, form: str, element: str | None) -> datetime | None:
        """Since when a point has power; None where it has none yet. A later word of dispatch outranks what was read before it."""
        names, ids = self.remaining
        if form in names or (element is not None and element in ids):
            return None
        ended = self._course.now.ended
        back = next((one.at for one in self._steps if one.covers(form, element)), None)
        back = back or (ended.at if ended is not None else None)
        if back is None:
            return None
        return max((one.at for one in self.again if one.at > back and one.covers(form, element)), default=back)

    def since_where(self, where: Extent) -> datetime | None:
        """The same for places that somebody names; while parts have none, only for what lies in a part that is back."""
        ended = self._course.now.ended
        if ended is not None:
            whole = [one.at for one in self.again if one.everywhere or not says_nothing(_common(one.extent, where))]
            return max((ended.at, *whole))
        if not says_nothing(_common(self._course.remaining, where)):
            return None
        return next((one.at for one in self._steps if not says_nothing(_common(one.extent, where))), None)


def _common(one: Extent, other: Extent) -> Extent:
    return extents.common(one, other)


@dataclass(frozen=True, slots=True)
class OutagePoints:
    """The usage points of an outage: how many, and whether that is all of it, so that meters can prove it whole."""

    count: int
    is_all: bool


def points_of(extent: Extent, network: NetworkPart | None) -> OutagePoints:
    """By the network; without one, or where it knows nothing of it, the points that are named, where nothing else is."""
    named = {form for form in forms(extent.usage_points) if form}
    if network is not None:
        meant = network.meaning(extent)
        if meant.ends:
            kinds = [network.kept.elements[one].kind for one in meant.ends]
            count = sum(kind == POINT for kind in kinds)
            return OutagePoints(count, count == len(kinds) and says_nothing(meant.strangers))
    alone = not (extent.lines or extent.transformers or extent.areas)
    return OutagePoints(len(named), alone and bool(named))


def still_dark(back: PowerBack, readings: tuple[PointReading, ...]) -> Iterator[PointReading]:
    """Readings at points that have no power yet by dispatch's word."""
    names, ids = back.remaining
    for one in readings:
        if one.form in names or (one.element is not None and one.element in ids):
            yield one
