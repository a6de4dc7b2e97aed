"""Match key customers to an outage's extent, by usage point, line, transformer or, where nothing better is known, area.

`match` is the reference; sql/match_customers.sql gives the same over the registry tables (a test holds them together).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from msgspec.structs import replace

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted
from services.concerned.supplies import INSIDE, WHERE, is_touched, named_kinds, several
from services.places import extents, forms, normals, shapes

Kind = Literal["usagePoint", "line", "transformer", "area"]
KINDS: Final[tuple[Kind, ...]] = ("usagePoint", "line", "transformer", "area")
Place = tuple[Kind, str]
"""A kind and a normal name."""
NEARNESS: Final[Mapping[Kind, int]] = {"area": 0, "line": 1, "transformer": 2, "usagePoint": 3}
"""How near to a customer a place of each kind is: their transformer says more of them than its line. A shape is as an area."""


FIELDS: Final[Mapping[Kind, str]] = {
    "usagePoint": "usage_points",
    "line": "lines",
    "transformer": "transformers",
    "area": "areas",
}
MOST_NAMED: Final = 50
"""So many of the names by which a customer is touched are said; areas and lines, which texts name, come first."""


@dataclass(frozen=True, slots=True)
class Match:
    """One customer an extent touches; `matched_by` holds the first kind:name pairs, names normalised, sorted."""

    customer_id: str
    matched_by: tuple[str, ...]


def names(of: Extent | CustomerUpserted) -> Mapping[Kind, frozenset[str]]:
    """The normal names by kind, of an outage or of a customer; names that show nothing are dropped."""
    extent = places_of(of) if isinstance(of, CustomerUpserted) else of
    given: Mapping[Kind, tuple[str, ...]] = {
        "usagePoint": extent.usage_points,
        "line": extent.lines,
        "transformer": extent.transformers,
        "area": extent.areas,
    }
    return {kind: normals(values) for kind, values in given.items()}


def places_of(customer: CustomerUpserted) -> Extent:
    """Everything at which a customer takes power from the grid, by whichever supply."""
    grid = [one for one in customer.supplies if one.role != "own-generation"]
    return Extent(
        lines=customer.own_lines,
        areas=customer.areas,
        transformers=(*customer.transformers, *(one.transformer for one in grid if one.transformer)),
        usage_points=(*customer.usage_points, *(one.usage_point for one in grid if one.usage_point)),
    )


def pairs(extent: Extent | CustomerUpserted) -> Iterator[tuple[Kind, str]]:
    """The same as rows (kind, value), in a fixed order: what customer_match holds."""
    for kind, values in names(extent).items():
        for value in sorted(values):
            yield kind, value


def named_back(extent: Extent, back: Extent) -> tuple[Place, ...]:
    """Elements that steps named as back, and that are not named as off: nearer than what feeds them, whatever a model knows."""
    off = set(pairs(extent))
    return tuple(place for place in pairs(back) if place[0] != "area" and place not in off)


def match(
    extent: Extent,
    customers: Iterable[CustomerUpserted],
    meant: Collection[Place] = (),
    back: Collection[Place] = (),
    spent: Iterable[str] = (),
    lying: Collection[Place] = (),
    placed: Collection[str] = (),
    known: Collection[Place] = (),
) -> tuple[Match, ...]:
    """Every customer of whom an outage in `extent` takes a supply (supplies.py), by customer id.

    By a network model, which has the places `known`, the extent also means the places `meant`. A step gave power back at those
    of `back`, named by it (named_back) or meant by the model: whoever takes power there is touched no more by what is less near
    to them, such as the line of their transformer; unless nobody can say how another place of theirs stands that is as near. Which
    of several supplies that leaves is told supply by supply, later. `spent`: kinds of which the outage named elements that have
    power again.

    Of whom it is known where they are (by the registry, or by the network model: `placed`) a shape says whether they are touched.
    Areas do not, nor do those of the places `meant` that were found by where they lie (`lying`), but for usage points.
    """
    wanted = {*pairs(extent), *meant}
    lit, named = set(back) - wanted, named_kinds(extent) | frozenset(spent)
    loose = {place for place in lying if place[0] != "usagePoint"} - set(pairs(extent))

    def hits(one: CustomerUpserted) -> set[tuple[str, str]]:
        own: set[tuple[str, str]] = set(pairs(one))
        reach: set[tuple[str, str]] = set(wanted)
        if extent.shape is not None and (one.position is not None or one.customer_id in placed):
            own = {place for place in own if place[0] not in WHERE and place not in loose}
            if one.position is not None and shapes.covers(extent.shape, one.position):
                own, reach = own | {INSIDE}, reach | {INSIDE}
        nearest = -1 if several(one) else _nearest(own, lit, wanted | set(known))
        return {place for place in own & reach if _nearness(place[0]) >= nearest}

    found = ((one, hits(one)) for one in customers)
    touched = (Match(one.customer_id, _said(hits)) for one, hits in found if is_touched(one, hits, named))
    return tuple(sorted(touched, key=lambda one: one.customer_id))


def _nearest(own: Collection[tuple[str, str]], lit: Collection[Place], said: Collection[Place]) -> int:
    """How near power is back to a customer; -1 where it is not, or a second point is as near of which nothing is said."""
    back = {kind for kind, name in own if (kind, name) in lit}
    unsaid = {kind for kind, name in own if (kind, name) not in lit and (kind, name) not in said}
    return max(map(_nearness, back - unsaid), default=-1)


def kind_of(by: str) -> str:
    """The kind of a kind:name pair."""
    return by.partition(":")[0]


def said_back(extent: Extent, claimed: Extent, lit: Iterable[Place] = ()) -> frozenset[Place]:
    """Where power is said to be back, not yet proven: what is named so, and `lit`, what it means by a network model.

    Not what the outage names besides: power came as far as there, and no farther.
    """
    return frozenset({*pairs(claimed), *lit} - set(pairs(extents.minus(extent, claimed))))


def _nearness(kind: str) -> int:
    return next((near for known, near in NEARNESS.items() if known == kind), 0)


def _said(hits: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{kind}:{value}" for kind, value in sorted(hits))[:MOST_NAMED]


class CustomerExtent:
    """What of one extent concerns one customer, made once for all of a chunk: 20,000 names times 1,000 words are a GB."""

    def __init__(self, extent: Extent, claimed: Extent = Extent(), spent: Iterable[str] = ()) -> None:  # noqa: B008 - frozen
        self._extent = extent
        self.named = tuple(sorted(named_kinds(extent) | frozenset(spent)))
        """The kinds of which the outage names elements."""
        self._claimed = frozenset(f"{kind}:{value}" for kind, value in pairs(claimed))
        if claimed.areas or claimed.shape is not None:
            self._claimed |= {":".join(INSIDE)}
        self._written: dict[str, tuple[int, str, str]] = {}
        for kind, field in FIELDS.items():
            written = getattr(extent, field)
            for place, (name, form) in enumerate(zip(written, forms(written), strict=True)):
                self._written.setdefault(f"{kind}:{form}", (place, field, name))

    def of(self, matched_by: Iterable[str]) -> Extent:
        """The names by which the customer is touched, as they were written; where none is a line (area), its first. No shape.

        The first line and area are what a text names to somebody who is touched by something else.
        """
        found = sorted(hit for by in matched_by if (hit := self._written.get(by)) is not None)
        theirs = {field: tuple(name for _, its, name in found if its == field) for field in FIELDS.values()}
        for field in ("lines", "areas"):
            theirs[field] = theirs[field] or getattr(self._extent, field)[:1]
        return replace(self._extent, **theirs, shape=None)

    def is_claimed(
        self, matched_by: Collection[str], said_back_at: Collection[str] = (), unsaid: Collection[str] = ()
    ) -> bool:
        """Whether power is said to be back, not yet proven, at all by which one with one supply is touched.

        As with a step that is proven (match), what is less near to them says nothing then: not the line of a point that is
        said to be back. `said_back_at`: their places where it is said to be, whether or not the outage names them; `unsaid`: the
        kinds of which they have another place of which nobody says how it stands.
        """
        near = max((_nearness(kind) for kind in map(kind_of, said_back_at) if kind not in unsaid), default=-1)
        left = set(matched_by) - self._claimed - set(said_back_at)
        return bool(matched_by) and all(_nearness(kind_of(by)) < near for by in left)


def counted(extent: Extent, spent: Iterable[str] = ()) -> list[str]:
    """The argument of sql/match_customers.sql by which areas count: the kinds of which the outage names elements."""
    return sorted(named_kinds(extent) | frozenset(spent))


def sql_arrays(extent: Extent) -> tuple[list[str], list[str]]:
    """Arguments of sql/match_customers.sql: kinds and values, side by side."""
    rows = list(pairs(extent))
    return [kind for kind, _ in rows], [value for _, value in rows]
