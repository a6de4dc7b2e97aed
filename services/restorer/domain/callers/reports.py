"""Sum up what customers and the call centre report about one outage, as it comes.

An outage may have 20,000 reports, each of which once cost a look at all others. What is asked of them is little: the first,
the first after an instant, where they lie, whom to call back. Of each only that is kept; the log has the whole. Whatever the
order in which they come, the same is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from msgspec import structs

from schemas.contracts.base import Extent, encode
from schemas.contracts.dispatch import FaultReported
from services.kernel.values.sortedset import SortedSet
from services.places import forms, normal
from services.places.extents import KINDS, names, says_nothing
from services.places.names import note
from services.restorer.domain.callers.reporters import Reporters

_NEXT = timedelta(microseconds=1)
WORTH = 16
"""To add a name to a set takes as long as to make a set of so many, about."""


class Moment(NamedTuple):
    """When something happened and which fact (source/id) says so."""

    at: datetime
    cause: str


class NamedPlace(NamedTuple):
    """A place by its normal name, and as somebody wrote it."""

    normal: str
    written: str


_place: Callable[[tuple[str, str]], NamedPlace] = partial(tuple.__new__, NamedPlace)


@dataclass(frozen=True, slots=True)
class PlaceNames:
    """Places of one kind, each written in one way: of several the first in the alphabet, as in a union of extents."""

    places: SortedSet[NamedPlace] = field(default_factory=SortedSet)
    written: SortedSet[str] = field(default_factory=SortedSet)

    def add(self, name: str) -> PlaceNames:
        """With one more name."""
        place = normal(name)
        known = self.places.ceiling(NamedPlace(place, ""))
        if not place or (known is not None and known.normal == place and known.written <= name):
            return self
        places, written = self.places, self.written
        if known is not None and known.normal == place:
            places, written = places.discard(known), written.discard(known.written)
        return PlaceNames(places.add(NamedPlace(place, name)), written.add(name))

    def all(self) -> tuple[str, ...]:
        """The names as they are written, sorted."""
        return note(tuple(self.written), lambda: {place.written: place.normal for place in self.places})

    def add_all(self, names: tuple[str, ...]) -> PlaceNames:
        """With more names: the same as one by one, at the cost of all names that are known then."""
        if len(names) * WORTH < len(self.places) or len(names) < WORTH:
            found = self
            for name in names:
                found = found.add(name)
            return found
        known = {place.normal: place.written for place in self.places}
        changed = False
        for place, name in zip(forms(names), names, strict=True):
            if place and ((before := known.get(place)) is None or name < before):
                known[place], changed = name, True
        if not changed:
            return self
        order = sorted(known)
        # Without Python code for each: there may be 20,000.
        places = SortedSet.ascending(list(map(_place, zip(order, map(known.__getitem__, order), strict=True))))
        return PlaceNames(places, SortedSet.ascending(sorted(known.values())))


@dataclass(frozen=True, slots=True)
class Reports:
    """All fault reports of an outage together."""

    count: int = 0
    moments: SortedSet[Moment] = field(default_factory=SortedSet)
    first: FaultReported | None = None
    """The earliest; of several of one instant, their bytes decide."""
    located: FaultReported | None = None
    """The earliest that says in which territory it is."""
    placed: FaultReported | None = None
    """The earliest that names a place."""
    sides: frozenset[str] = frozenset()
    customer_side: Moment | None = None
    """The first that lays the fault on the customer's side."""
    beyond: bool = False
    """Whether any called the damage extraordinary."""
    explained: Moment | None = None
    """The first that did, and said why."""
    places: Mapping[str, PlaceNames] = field(default_factory=dict)
    callers: SortedSet[str] = field(default_factory=SortedSet)
    """Report ids of those who are still to be called back once power is back."""
    reporters: Reporters = field(default_factory=Reporters)
    """All who can be called back, since when they reported."""

    def hear(self, report: FaultReported, cause: str, *, called: bool) -> Reports:
        """With one more report; `called`: its reporter is called back already."""
        at = Moment(report.reported_at, cause)
        places = self.places
        for kind in KINDS:
            known = places.get(kind, PlaceNames())
            if (more := known.add_all(names(report.extent, kind))) is not known:
                places = {**places, kind: more}
        new_caller = report.report_id is not None and not called
        return replace(
            self,
            count=self.count + 1,
            moments=self.moments.add(at),
            first=_first(self.first, report),
            located=self.located if report.territory is None else _first(self.located, report),
            placed=self.placed if says_nothing(report.extent) else _first(self.placed, report),
            sides=self.sides | {report.fault_side},
            customer_side=_earlier(self.customer_side, at) if report.fault_side == "customer" else self.customer_side,
            beyond=self.beyond or not report.ordinary,
            explained=_earlier(self.explained, at)
            if not report.ordinary and report.extraordinary_reason
            else self.explained,
            places=places,
            callers=self.callers.add(report.report_id) if new_caller and report.report_id else self.callers,
            reporters=self.reporters.hear(report.report_id, report.reported_at) if report.report_id else self.reporters,
        )

    def after(self, since: Moment | None) -> Moment | None:
        """The first report, or the first that came later than `since`."""
        if since is None:
            return self.moments.first()
        return self.moments.ceiling(Moment(since.at + _NEXT, ""))

    def extent(self) -> Extent:
        """Every place that any report names, sorted."""
        return structs.replace(Extent(), **{kind: found.all() for kind, found in self.places.items()})


def _first(known: FaultReported | None, new: FaultReported) -> FaultReported:
    if known is None or (new.reported_at, encode(new)) < (known.reported_at, encode(known)):
        return new
    return known


def _earlier(known: Moment | None, new: Moment) -> Moment:
    return new if known is None else min(known, new)
