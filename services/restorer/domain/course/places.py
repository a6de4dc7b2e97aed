"""Follow what of an outage has power again by the network model: set algebra on usage points, names as dispatch wrote them.

What dispatch names outranks the model. A place that is named stays without power until it is named again, or until all that
hangs on it was said to be back; that a line is back says nothing of a transformer on it which the outage names beside the line.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final, Literal, NamedTuple

from msgspec.structs import replace

from schemas.contracts.base import Extent
from services.places import extents
from services.places.extents import KINDS, names, says_nothing
from services.places.names import forms, normal
from services.places.topology import NetworkPart
from services.restorer.domain.events import ClaimByModel

NOWHERE: Final = Extent()
POINTS: Final = "usage_points"
Outcome = Literal["part", "whole", "known", "outside"]
Place = tuple[str, str]
"""The list of an extent, and a normal name in it."""


class JudgedClaim(NamedTuple):
    """What a claim comes to, and the points that got power by it."""

    word: ClaimByModel
    fresh: frozenset[str]


class PlacesOff:
    """The places of one outage since they were last said, of which one part after the other gets power.

    :param extent: where the outage is. :param part: the network about it. A part costs what it names, not what the outage does.
    """

    def __init__(self, part: NetworkPart, extent: Extent) -> None:
        self._part = part
        self.extent = extent
        self._named = extent
        self.all = part.meaning(extent).ends
        self._left = set(self.all)
        self._back: set[str] = set()
        """All that has power by what was said, whether it had none before or not."""
        self._own = frozenset(one for _, _, ids in self._ids(extent) for one in ids)
        self._cut = any(kind != "areas" for kind, _, _ in self._ids(extent))
        self._points = {one: form for kind, form, ids in self._ids(extent) if kind == POINTS for one in ids}
        self._uncounted = {one for one in self.all if part.customers((one,)) is None}
        self._customers = part.customers(self.all - self._uncounted) or 0

    @property
    def known(self) -> bool:
        """Whether the model knows what the outage means; else its places are names."""
        return bool(self.all)

    def left(self) -> frozenset[str]:
        """The points without power now."""
        return frozenset(self._left)

    def not_covered(self, said: Extent) -> tuple[str, ...]:
        """The names still out that a list of all that is back leaves aside: of the kinds it names, and by the model too."""
        left = extents.not_covered(said, self._named)
        lit = self._part.lit(said) if left else frozenset()
        return tuple(
            name
            for kind in KINDS
            for name in extents.within(left, names(self._named, kind))
            if not self._is_lit(kind, normal(name), lit)
        )

    def _is_lit(self, kind: str, form: str, lit: AbstractSet[str]) -> bool:
        ends = self._part.ends_under(kind, form)
        return bool(ends) and ends <= lit

    def all_back(self, claim: str, said: Extent) -> JudgedClaim:
        """All is said to be back; `said` may list places."""
        listed = self._part.lit(said)
        unnamed = len(self._left - listed) if listed else 0
        fresh = self._light(frozenset(self._left))
        return JudgedClaim(self._word(claim, "whole", fresh, unnamed=unnamed), fresh)

    def part_back(self, claim: str, said: Extent, *, stood_by: bool = False) -> JudgedClaim:
        """Some places are said to be back. `stood_by`: dispatch was asked whether they are of this outage, and says so."""
        lit, outside = self._part.lit(said), self._outside(said)
        if lit.isdisjoint(self._left) and says_nothing(extents.common(self._named, said)):
            was = not lit.isdisjoint(self.all) or not says_nothing(extents.common(self.extent, said))
            if was or not stood_by:
                outcome: Outcome = "known" if was else "outside"
                return JudgedClaim(self._word(claim, outcome, frozenset(), outside=outside), frozenset())
        common = extents.common(self._named, said)
        self._named = extents.minus(self._named, common)
        fresh = self._light(self._meant(said))
        if self._part.ringed and not says_nothing(replace(common, usage_points=())):
            # Of two lines that each feed a point it has power again with the first.
            fresh |= self._light(frozenset(self._left - self._part.meaning(self._named).ends))
        covered = self._covered(lit)
        self._named = extents.minus(self._named, covered)
        outcome = "whole" if says_nothing(self._named) else "part"
        return JudgedClaim(self._word(claim, outcome, fresh, outside=outside, covered=covered), fresh)

    def _meant(self, said: Extent) -> frozenset[str]:
        """All that has power by what is said: what hangs on it too, but for what the outage names beside it."""
        found: set[str] = set()
        for kind, form, ids in self._ids(said):
            if kind == "areas" and said.shape is not None:
                continue
            under = self._part.under(kind, form)
            if ids & self._own and len(under) > len(ids):
                apart = (self._part.ends_under(*place) for place in self._below(under - ids))
                under = under.difference(*apart)
            found |= under
        return frozenset(found) if said.shape is None else self._part.inside(said.shape).union(found)

    def _below(self, elements: frozenset[str]) -> Iterator[Place]:
        """Places that are still named among some elements."""
        for one in elements & self._points.keys():
            if extents.within((self._points[one],), self._named.usage_points):
                yield POINTS, self._points[one]
        for kind, form, ids in self._ids(replace(self._named, usage_points=())):
            if ids & elements:
                yield kind, form

    def _light(self, elements: frozenset[str]) -> frozenset[str]:
        """These have power; returns the points that had none."""
        fresh = elements & self._left
        self._back |= elements
        self._left -= fresh
        self._uncounted -= fresh
        return fresh

    def _word(
        self,
        claim: str,
        outcome: Outcome,
        fresh: frozenset[str],
        *,
        covered: Extent = NOWHERE,
        outside: Extent = NOWHERE,
        unnamed: int = 0,
    ) -> ClaimByModel:
        served = self._part.customers(fresh)
        if fresh:
            self._customers -= sum(self._part.customers((one,)) or 0 for one in fresh) if served is None else served
        return ClaimByModel(
            claim=claim,
            outcome=outcome,
            covered=None if says_nothing(covered) else covered,
            outside=None if says_nothing(outside) else outside,
            unnamed=unnamed,
            restored=len(fresh),
            remaining=len(self._left),
            customers_restored=served,
            customers_remaining=None if self._uncounted else self._customers,
        )

    def _ids(self, said: Extent) -> Iterator[tuple[str, str, frozenset[str]]]:
        for kind in KINDS:
            for form in forms(names(said, kind)):
                if ids := self._part.called(kind, form):
                    yield kind, form, frozenset(ids)

    def _outside(self, said: Extent) -> Extent:
        """What of `said` is not of this outage: of areas nothing is asked, for they only say where."""

        def strange(kind: str, name: str, form: str) -> bool:
            lit = self._part.under(kind, form)
            ours = not lit.isdisjoint(self.all) or not lit.isdisjoint(self._own)
            return bool(form) and not (ours or extents.within((name,), names(self.extent, kind)))

        found = {
            kind: tuple(
                name
                for name, form in zip(names(said, kind), forms(names(said, kind)), strict=True)
                if kind != "areas" and strange(kind, name, form)
            )
            for kind in KINDS
        }
        return replace(NOWHERE, **found)

    def _covered(self, lit: frozenset[str]) -> Extent:
        """The places still named on which all has power again, now that `lit` has.

        Strangers to the model never are, for nobody knows what hangs on them. An area beside what is cut says where that is: it
        is back with the last of it.
        """
        found: dict[str, tuple[str, ...]] = {}
        for kind in KINDS:
            given = names(self._named, kind)
            if kind == POINTS:
                back = {self._points[one] for one in lit & self._points.keys() if one in self._back}
                found[kind] = extents.within(given, back) if back else ()
            elif kind != "areas" or not self._cut:
                found[kind] = tuple(
                    name for name, form in zip(given, forms(given), strict=True) if self._is_lit(kind, form, self._back)
                )
        if self._cut and says_nothing(
            replace(extents.minus(self._named, replace(NOWHERE, **found)), areas=(), shape=None)
        ):
            found["areas"] = self._named.areas
        if self.extent.shape is None or self._cut:
            return replace(NOWHERE, **found)
        # Land is back with the last point in it, and so is what it is called.
        return NOWHERE if self._left else replace(NOWHERE, areas=self._named.areas, shape=self._named.shape)
