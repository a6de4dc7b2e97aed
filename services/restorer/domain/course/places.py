"""Follow what of an outage has power again by the network model: set algebra on usage points, names as dispatch wrote them.

What dispatch names outranks the model. A place that is named stays without power until it is named again, or until all that
hangs on it was said to be back; that a line is back says nothing of a transformer on it which the outage names beside the line.
"""

from __future__ import annotations

from collections.abc import Iterator
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


class NamedBack(NamedTuple):
    """A place that was said to be back: its elements, and all to which power comes through them."""

    ids: frozenset[str]
    lit: frozenset[str]


class JudgedClaim(NamedTuple):
    """What a claim comes to, and the points that got power by it."""

    word: ClaimByModel
    fresh: frozenset[str]


class PlacesOff:
    """The places of one outage since they were last said, of which one part after the other gets power.

    :param extent: where the outage is. :param part: the network about it.
    """

    def __init__(self, part: NetworkPart, extent: Extent) -> None:
        self._part = part
        self.extent = extent
        self._named = extent
        self._base = set(part.meaning(extent).ends)
        """What has no power while all that is still named has none."""
        self.all = frozenset(self._base)
        self._own = frozenset(one for _, _, ids in self._ids(extent) for one in ids)
        self._cut = any(kind != "areas" for kind, _, _ in self._ids(extent))
        self._points = {one: form for kind, form, ids in self._ids(extent) if kind == POINTS for one in ids}
        self._free: set[str] = set()
        """Lit by what is back and the outage does not name: with it all that hangs on it is back."""
        self._spoken: list[NamedBack] = []
        """Back, and named by the outage: what it names beside them is not meant."""

    @property
    def known(self) -> bool:
        """Whether the model knows what the outage means; else its places are names."""
        return bool(self.all)

    def left(self) -> frozenset[str]:
        """The points without power now."""
        found = self._base - self._free
        for back in self._spoken:
            found -= back.lit
        for kind, form in self._apart():
            found |= self._own_ends(kind, form)
        return frozenset(found)

    def not_covered(self, said: Extent) -> tuple[str, ...]:
        """The names still out that a list of all that is back leaves aside: of the kinds it names, and by the model too."""
        lit = self._part.lit(said)
        left = extents.not_covered(said, self._named)
        return tuple(
            name
            for kind in KINDS
            for name in extents.within(left, names(self._named, kind))
            if not self._is_lit(kind, normal(name), lit)
        )

    def _is_lit(self, kind: str, form: str, lit: frozenset[str]) -> bool:
        ends = self._part.ends_under(kind, form)
        return bool(ends) and ends <= lit

    def all_back(self, claim: str, said: Extent) -> JudgedClaim:
        """All is said to be back; `said` may list places."""
        left = self.left()
        listed = self._part.lit(said)
        unnamed = len(left - listed) if listed else 0
        return JudgedClaim(self._word(claim, "whole", left, frozenset(), unnamed=unnamed), left)

    def part_back(self, claim: str, said: Extent, *, stood_by: bool = False) -> JudgedClaim:
        """Some places are said to be back. `stood_by`: dispatch was asked whether they are of this outage, and says so."""
        left, lit, outside = self.left(), self._part.lit(said), self._outside(said)
        if not (lit & left) and says_nothing(extents.common(self._named, said)):
            was = bool(lit & self.all) or not says_nothing(extents.common(self.extent, said))
            if was or not stood_by:
                outcome: Outcome = "known" if was else "outside"
                return JudgedClaim(self._word(claim, outcome, frozenset(), left, outside=outside), frozenset())
        for kind, form, ids in self._ids(said):
            under = self._part.under(kind, form)
            if ids & self._own:
                self._spoken.append(NamedBack(ids, under))
            else:
                self._free |= under
        self._without(extents.common(self._named, said))
        covered = self._covered(lit)
        self._without(covered)
        after = self.left()
        outcome = "whole" if says_nothing(self._named) else "part"
        word = self._word(claim, outcome, left - after, after, outside=outside, covered=covered)
        return JudgedClaim(word, left - after)

    def _without(self, back: Extent) -> None:
        """These places are named no more."""
        if says_nothing(back):
            return
        self._named = extents.minus(self._named, back)
        if says_nothing(replace(back, usage_points=())):
            self._base -= self._part.lit(back)
        else:
            # Of two lines that each feed a point it has power again with the first.
            self._base = set(self._part.meaning(self._named).ends)

    def _word(
        self,
        claim: str,
        outcome: Outcome,
        fresh: frozenset[str],
        left: frozenset[str],
        *,
        covered: Extent = NOWHERE,
        outside: Extent = NOWHERE,
        unnamed: int = 0,
    ) -> ClaimByModel:
        return ClaimByModel(
            claim=claim,
            outcome=outcome,
            covered=None if says_nothing(covered) else covered,
            outside=None if says_nothing(outside) else outside,
            unnamed=unnamed,
            restored=len(fresh),
            remaining=len(left),
            customers_restored=self._part.customers(fresh),
            customers_remaining=self._part.customers(left),
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
            return bool(form) and not (lit & self.all or lit & self._own or self._is_named(kind, name))

        found = {
            kind: tuple(
                name
                for name, form in zip(names(said, kind), forms(names(said, kind)), strict=True)
                if kind != "areas" and strange(kind, name, form)
            )
            for kind in KINDS
        }
        return replace(NOWHERE, **found)

    def _is_named(self, kind: str, name: str) -> bool:
        return bool(extents.within((name,), names(self.extent, kind)))

    def _apart(self) -> Iterator[Place]:
        """Named places that hang on one which is back and was named beside them: they are not meant with it."""
        under = frozenset[str]().union(*(back.lit - back.ids for back in self._spoken))
        if under:
            yield from ((kind, form) for kind, form, ids in self._ids(self._named) if ids & under)

    def _own_ends(self, kind: str, form: str) -> frozenset[str]:
        """What one place that is still named keeps without power."""
        ids = frozenset(self._part.called(kind, form))
        found = self._part.ends_under(kind, form) - self._free
        for back in self._spoken:
            if not ids & (back.lit - back.ids):
                found -= back.lit
        return found

    def _covered(self, lit: frozenset[str]) -> Extent:
        """The places still named on which all has power again, now that `lit` has.

        Strangers to the model never are, for nobody knows what hangs on them. An area beside what is cut says where that is: it
        is back with the last of it.
        """
        found: dict[str, tuple[str, ...]] = {}
        for kind in KINDS:
            given = names(self._named, kind)
            if kind == POINTS:
                back = {
                    self._points[one]
                    for one in lit & self._points.keys()
                    if not self._own_ends(kind, self._points[one])
                }
                found[kind] = extents.within(given, back) if back else ()
            elif kind != "areas" or not self._cut:
                found[kind] = tuple(
                    name
                    for name, form in zip(given, forms(given), strict=True)
                    if self._part.ends_under(kind, form) and not self._own_ends(kind, form)
                )
        if self._cut and says_nothing(replace(extents.minus(self._named, replace(NOWHERE, **found)), areas=())):
            found["areas"] = self._named.areas
        return replace(NOWHERE, **found)
