"""Indices of supply by IEEE Std 1366-2012, clause 3 and 4: SAIFI, SAIDI, CAIDI, MAIFI, ASAI. Pure.

Sustained is what lasts longer than five minutes (3.28; the policy's `[settings.reliability] sustained`), momentary what does not.
N_T is how many customers are served; without it there are sums, and CAIDI, which needs none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from services.reliability.once import CountedGroup

MINUTE = timedelta(minutes=1)
SUSTAINED = timedelta(minutes=5)


class Indices(Struct, frozen=True, kw_only=True, rename="camel"):
    """The indices of one place, class and period; None: cannot be said."""

    outages: int
    customers_interrupted: int
    """Sum of N_i: customers times sustained interruptions."""
    customer_minutes: float
    """Sum of r_i times N_i, of sustained interruptions."""
    momentary_interruptions: int
    """Customers times momentary interruptions."""
    served: float | None
    """N_T: customers served, the average over the days of the period."""
    saifi: float | None
    saidi: float | None
    """Minutes."""
    caidi: float | None
    """Minutes; None also where nobody was interrupted."""
    maifi: float | None
    asai: float | None
    """From 0 to 1."""
    not_known: int
    """Outages of which nobody can say how many customers they cut: they are in no sum."""
    open: int
    """Outages with customers who have no power yet: their minutes count as far as the period reaches, so they are the least."""


class Sums:
    """Add groups one by one."""

    def __init__(self, sustained: timedelta = SUSTAINED) -> None:
        self.sustained = sustained
        self.interrupted = 0
        self.minutes = 0.0
        self.momentary = 0
        self._outages: set[str] = set()
        self._not_known: set[str] = set()
        self._open: set[str] = set()

    def add(self, group: CountedGroup, as_of: datetime) -> None:
        """Count a group; what is off still as far as `as_of`."""
        self._outages.add(group.mrid)
        if group.off_until is None:
            self._open.add(group.mrid)
        if group.customers is None:
            self._not_known.add(group.mrid)
            return
        lasted = (group.whole.until or as_of) - group.whole.since
        if lasted <= self.sustained:
            self.momentary += 0 if group.goes_on else group.customers
            return
        self.interrupted += 0 if group.goes_on else group.customers
        self.minutes += customer_minutes(group, as_of)

    def indices(self, served: float | None, length: timedelta) -> Indices:
        """The indices, for so many customers served over a period of such a length."""
        has = served is not None and served > 0
        per = served if has and served is not None else 1.0
        return Indices(
            outages=len(self._outages),
            customers_interrupted=self.interrupted,
            customer_minutes=self.minutes,
            momentary_interruptions=self.momentary,
            served=served if has else None,
            saifi=self.interrupted / per if has else None,
            saidi=self.minutes / per if has else None,
            caidi=self.minutes / self.interrupted if self.interrupted else None,
            maifi=self.momentary / per if has else None,
            asai=1 - self.minutes / (per * (length / MINUTE)) if has and length else None,
            not_known=len(self._not_known),
            open=len(self._open),
        )


def customer_minutes(group: CountedGroup, as_of: datetime) -> float:
    """Customers times minutes of a group; what is off still as far as `as_of`."""
    until = group.off_until or max(as_of, group.off_from)
    return (group.customers or 0) * ((until - group.off_from) / MINUTE)


def indices_of(
    groups: Iterable[CountedGroup],
    served: float | None,
    length: timedelta,
    as_of: datetime,
    sustained: timedelta = SUSTAINED,
) -> Indices:
    """The indices of some groups."""
    sums = Sums(sustained)
    for group in groups:
        sums.add(group, as_of)
    return sums.indices(served, length)
