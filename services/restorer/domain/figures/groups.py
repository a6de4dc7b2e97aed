"""Follow how many customers have no power: groups who lost it at one instant, and who gets it back first. Pure.

Only numbers are known of them, so where some of several groups get power back it is taken to be those who have waited longest.
Customers times minutes, and how often power was lost, are the same whichever it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class PoweredGroup(NamedTuple):
    """Customers who lost power at one instant, and got it back at another; None: they have none yet."""

    since: datetime
    until: datetime | None
    customers: int


@dataclass(slots=True)
class DarkGroups:
    """Who has no power now, oldest first, and who has it again."""

    off: list[tuple[datetime, int]] = field(default_factory=list)
    back: list[PoweredGroup] = field(default_factory=list)

    @property
    def customers(self) -> int:
        """How many have none."""
        return sum(number for _, number in self.off)

    def lose(self, since: datetime, customers: int) -> None:
        """So many lose power."""
        if customers > 0:
            same = sum(number for at, number in self.off if at == since)
            self.off = sorted([*(one for one in self.off if one[0] != since), (since, customers + same)])

    def become(self, at: datetime, customers: int) -> None:
        """From an instant on so many have none: more lose it, or those who have waited longest get it back.

        Of those who lost it at that very instant none was off for any time: two words of one instant correct each other.
        """
        surplus = self.customers - customers
        if surplus <= 0:
            self.lose(at, -surplus)
            return
        newest = [(since, number) for since, number in self.off if since >= at]
        older = [(since, number) for since, number in self.off if since < at]
        left, surplus = _without(newest, surplus)
        older, gone = _taken(older, surplus)
        self.off = [*older, *left]
        self.back += [PoweredGroup(since, at, number) for since, number in gone]

    def earlier(self, since: datetime, customers: int) -> None:
        """So many of those who have none lost it earlier than was known: the others had it until their own instant."""
        later = [(at, number) for at, number in self.off if at > since]
        _, moved = _taken(later, customers)
        for at, number in moved:
            self.off = [(one, count - number if one == at else count) for one, count in self.off]
            self.off = [(one, count) for one, count in self.off if count]
            self.lose(since, number)

    def all(self) -> list[PoweredGroup]:
        """All groups, in the order in which they lost power and got it back."""
        found = [*self.back, *(PoweredGroup(since, None, number) for since, number in self.off)]
        return sorted(_joined(found), key=lambda one: (one.since, one.until is None, one.until or one.since))


def _taken(
    groups: list[tuple[datetime, int]], number: int
) -> tuple[list[tuple[datetime, int]], list[tuple[datetime, int]]]:
    """What is left of groups when the first `number` customers go, and who goes."""
    left, gone = [], []
    for since, count in groups:
        some = min(count, number)
        number -= some
        if some:
            gone.append((since, some))
        if count > some:
            left.append((since, count - some))
    return left, gone


def _without(groups: list[tuple[datetime, int]], number: int) -> tuple[list[tuple[datetime, int]], int]:
    """What is left of groups without `number` customers, and how many are still to go."""
    left, gone = _taken(groups, number)
    return left, number - sum(count for _, count in gone)


def _joined(groups: list[PoweredGroup]) -> list[PoweredGroup]:
    found: dict[tuple[datetime, datetime | None], int] = {}
    for since, until, number in groups:
        found[since, until] = found.get((since, until), 0) + number
    return [PoweredGroup(since, until, number) for (since, until), number in found.items()]
