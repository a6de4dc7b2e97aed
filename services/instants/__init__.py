"""Order two facts of one instant: one rule, by which all services tell what happened. Pure.

Of one instant: load is to be shed, power goes off (the first start), another outage joins this one, a word on the extent, a
part is back, all is back, there was no outage, power is off again (a reopening, or a start of a later instant than the
first). Starts of the first instant are one beginning, said twice. Where a start and a word on the extent of one instant both
name places, the word on the extent counts: it gives the whole of it. Of two facts of one kind the one that somebody stands by
comes last; beyond that their bytes decide.

A corrected start is where the correction puts it, and every start before that is the same beginning. Its places count among
other words on them from the earlier of the two instants: who moves a start to a later one does not say them anew.
"""

from datetime import datetime
from typing import Final, TypeGuard

from schemas.contracts.base import encode
from schemas.contracts.dispatch import (
    CurtailmentOrdered,
    ExtentChanged,
    Fact,
    FieldFact,
    OutageCorrected,
    OutageStarted,
)

ORDERED: Final = -1
BEGIN: Final = 0
JOINED: Final = 1
EXTENT: Final = 2
PART: Final = 3
ALL: Final = 4
CLOSED: Final = 5
NONE: Final = 6
AGAIN: Final = 7

PLACES: Final[dict[type, int]] = {CurtailmentOrdered: 0, OutageStarted: 1, ExtentChanged: 2}
"""Whose places count among facts of one instant: the highest's."""

Tie = tuple[bool, bytes]


def is_stood_by(fact: object) -> TypeGuard[FieldFact]:
    """Whether somebody stands by a fact that was in question; plans and verdicts never were."""
    return isinstance(fact, FieldFact) and fact.confirms is not None


def tie(fact: Fact) -> Tie:
    """Orders facts of one kind and one instant."""
    return is_stood_by(fact), encode(fact)


def is_over_at(at: datetime, opened: datetime | None, first: datetime | None, reopened: datetime | None) -> bool:
    """Whether power back `at` an instant ends the cut that `opened` then or before, and is not of one before it.

    :param first: the first start of all. A cut of no length at all is over; one that begins again at the very instant of a
        restoration is power off again.
    :param reopened: the last reopening.
    """
    if opened is None or at > opened:
        return True
    return at == opened == first and opened != reopened


def moved_to(first: datetime | None, correction: OutageCorrected | None) -> datetime | None:
    """Where a correction puts the first start; None where it speaks of none, or of one before the `first` that is known."""
    if first is None or correction is None or first > correction.corrected_at:
        return None
    return correction.started_at


def start_at(said: datetime, first: datetime | None, moved: datetime | None) -> datetime:
    """When a start was that was `said` to be of an instant, once the `first` of all is `moved`, or is not."""
    if first is None or moved is None or said > max(first, moved):
        return said
    return moved
