"""Count each customer once where several outages held them: who stays out under another outage goes on under that one. Pure.

An outage that is restored names others that held some of its customers then (`held`). From that instant on these count under the
other; while both held them they count under the one that began first. To them it was one interruption, from the first beginning
to the last end: it is counted once, where and when it began.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.reliability.interruptions import HeldByOther, KnownBy, SupplyInterruption


@dataclass(slots=True)
class WholeInterruption:
    """What it was to the customers, under however many outages. `until` None: they have no power yet."""

    since: datetime
    until: datetime | None


@dataclass(slots=True)
class CountedGroup:
    """Customers without power under one outage, as far as they are counted under it."""

    mrid: str
    number: int
    """Which interruption of its outage this is, or is a part of."""
    off_from: datetime
    off_until: datetime | None
    customers: int | None
    known_by: KnownBy
    whole: WholeInterruption
    goes_on: bool = False
    """These customers had none before, under another outage: they are counted there as interrupted."""

    def without(self, customers: int) -> CountedGroup:
        """The others of the group."""
        return replace(self, customers=(self.customers or 0) - customers)


@dataclass(slots=True)
class CountedOnce:
    """All groups, and of how many customers' stays nobody can say how many they were."""

    groups: list[CountedGroup] = field(default_factory=list)
    unresolved: int = 0
    """Stays under other outages of which no number is known: these customers may be counted twice."""


def counted_once(outages: Mapping[str, Iterable[SupplyInterruption]]) -> CountedOnce:
    """The groups of all outages, each customer under one outage at a time."""
    groups = {mrid: list(_groups(mrid, found)) for mrid, found in outages.items()}
    done = CountedOnce()
    stays = [
        (one.off_until, mrid, held)
        for mrid, found in outages.items()
        for one in found
        if one.off_until is not None
        for held in one.held
    ]
    for at, mrid, held in sorted(stays, key=_in_turn):
        if held.mrid not in groups:
            continue
        if held.customers is None:
            done.unresolved += 1
            continue
        _hand_over(groups, at, mrid, held)
    done.groups = [
        one for mrid in outages for one in groups[mrid] if not (one.goes_on and one.off_from == one.off_until)
    ]
    return done


def _groups(mrid: str, found: Iterable[SupplyInterruption]) -> Iterator[CountedGroup]:
    for number, one in enumerate(found, start=1):
        whole = WholeInterruption(one.off_from, one.off_until)
        yield CountedGroup(mrid, number, one.off_from, one.off_until, one.customers, one.known_by, whole)


def _in_turn(one: tuple[datetime, str, HeldByOther]) -> tuple[datetime, str, str, datetime, bool, datetime]:
    at, mrid, held = one
    return at, mrid, held.mrid, held.since or at, held.until is None, held.until or at


def _hand_over(groups: dict[str, list[CountedGroup]], at: datetime, mrid: str, held: HeldByOther) -> None:
    """Let customers who are back under one outage at an instant go on under another, as far as both have so many.

    Where it is known since when, and until when, they had no power, they are taken first from those of whom that is so.
    """
    other, customers = held.mrid, held.customers or 0
    mine = [one for one in groups[mrid] if one.off_until == at and one.customers]
    theirs = [one for one in groups[other] if one.off_from <= at and (one.off_until is None or one.off_until >= at)]
    theirs = [one for one in theirs if one.customers and not (one.goes_on and one.off_from == at)]
    mine.sort(key=lambda one: (held.known and one.off_from != held.since, one.off_from))
    theirs.sort(key=lambda one: (held.known and one.off_until != held.until, one.off_from))
    while customers and mine and theirs:
        a, b = mine[0], theirs[0]
        some = min(customers, a.customers or 0, b.customers or 0)
        customers -= some
        left_a, left_b = _split(groups[mrid], a, some), _split(groups[other], b, some)
        mine[:1] = [left_a] if left_a is not None else []
        theirs[:1] = [left_b] if left_b is not None else []
        _join(groups[mrid], a, b, at)


def _split(found: list[CountedGroup], group: CountedGroup, customers: int) -> CountedGroup | None:
    """Leave `customers` in a group and put the others beside it; None where there are none."""
    if group.customers == customers:
        return None
    others = group.without(customers)
    others.whole = replace(group.whole)
    found.append(others)
    group.customers = customers
    return others


def _join(mine: list[CountedGroup], a: CountedGroup, b: CountedGroup, at: datetime) -> None:
    """The customers of `a` are those of `b`."""
    if b.off_from < a.off_from:
        # They were off under the other all the time.
        b.whole.since = min(b.whole.since, a.whole.since)
        mine.remove(a)
        return
    a.whole.until = b.whole.until
    b.off_from, b.whole, b.goes_on = at, a.whole, True
