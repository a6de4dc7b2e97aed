"""Say what a new truth changes of where power is off: whether places were lost, and why; whether it is said anew. Pure."""

from typing import Final

from schemas.contracts.base import Extent
from services.concerned.matching import pairs
from services.notifier.domain.events import TRUTH_JOINS, Lies, Narrowed
from services.notifier.domain.outage.truth import Truth
from services.places import shapes
from services.places.extents import inside, says_nothing

DARK: Final = frozenset({"out", "part-restored"})


def narrowed(before: Truth | None, present: Truth, trigger: str) -> Narrowed | None:
    """Whether the extent lost places, and why: whoever leaves is told that power is back only where a step proved it."""
    if before is None:
        return None
    same_names = set(pairs(before.extent)) <= set(pairs(present.extent))
    if (
        same_names
        and _holds_land(before.extent, present.extent)
        and set(pairs(present.back)) <= set(pairs(before.back))
    ):
        return None
    gone = {*pairs(before.extent)} - {*pairs(present.extent)}
    joined = trigger == TRUTH_JOINS and gone <= {*pairs(present.back)}
    return "step" if joined or trigger == "restoration.part.v1" else "correction"


def _holds_land(before: Extent, present: Extent) -> bool:
    """Whether all the land of before lies in that of now; a shape, where there was none, leaves somebody out."""
    if present.shape is None or before.shape is None:
        return present.shape is None or says_nothing(before)
    return shapes.inside(before.shape, present.shape)


def lies(before: Truth | None, present: Truth, why: Narrowed | None) -> Lies:
    """What a new truth says of where power is off: while it is off, most words say nothing of that, and a step takes places off.

    What the places mean by the network model is looked up afresh only where they are said anew: so nobody who was told is taken for
    not concerned because the model changed.
    """
    if before is None or before.status not in DARK or present.status not in DARK:
        return "anew"
    if (before.extent, before.back) == (present.extent, present.back):
        return "as-before"
    less = why == "step" and inside(present.extent, before.extent) and inside(before.back, present.back)
    return "less" if less else "anew"
