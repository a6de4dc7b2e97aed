"""Say how many customers have no power, but never so few that each could be told by name. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from services.board.domain.public import PublicCount, PublicOutage

FEW: Final = 5
"""Fewer customers than this are not counted out: 少于5户."""
UNFORESEEN: Final = frozenset({"fault", "emergency"})
"""Classes of which lines and transformers are hidden too where so few are hit. Those of work must be told (第2篇 第十条(二)10)."""


class CustomersOff(Struct, frozen=True, rename="camel"):
    """Customers who lost power together and got it back together (services/reliability)."""

    customers: int | None = None
    off_until: datetime | None = None


def public_count(said: int | None, steps: Sequence[CustomersOff], *, is_open: bool) -> PublicCount:
    """All whom it hit and those who have no power still, each hidden where there are few of them.

    :param said: how many dispatch or the network model says; counts only where the steps do not say it.
    """
    total = _sum(steps) if steps else None
    if total is None:
        total = said
    off = [step for step in steps if step.off_until is None]
    still = (_sum(off) if len(off) < len(steps) else total) if is_open else None
    return PublicCount(
        customers=total if total is not None and total >= FEW else None,
        few=total is not None and total < FEW,
        still_off=still if still is not None and still >= FEW else None,
        few_still_off=still is not None and 0 < still < FEW,
    )


def _sum(steps: Sequence[CustomersOff]) -> int | None:
    """None where it is not known of each."""
    known = [step.customers for step in steps if step.customers is not None]
    return sum(known) if len(known) == len(steps) else None


def hides_network(outage_class: str, count: PublicCount) -> bool:
    """Whether lines and transformers would say whose power is off, or of whom alone it is off still."""
    return (count.few or count.few_still_off) and outage_class in UNFORESEEN


def is_hidden_right(outage: PublicOutage) -> bool:
    """Whether what is made for the public keeps to this, whoever made it: for tests of whatever stands on it."""
    count = outage.count
    places = [outage.places, *(part for step in outage.steps for part in (step.restored, step.remaining))]
    counted = [n for n in (count.customers, count.still_off) if n is not None]
    bare = not any(place.lines or place.transformers for place in places)
    return all(n >= FEW for n in counted) and (bare or not hides_network(outage.outage_class, count))
