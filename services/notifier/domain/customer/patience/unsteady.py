"""Know when supply goes off and on: by its own changes of state, and by nothing that was only said of it. Pure.

Somebody who was told by mistake that their power is off, and then that it is not, has had power all the time; so has nobody
who was told too early that it is back. What is taken back is no change of the supply, and counts for none.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from schemas.contracts.audience import CustomerTouched
from services.notifier.domain.customer.conversation import SUPPLY, Customer, OffOn
from services.policy.model import Telling

KEPT: Final = 2
_BACK: Final = frozenset({"restored", "part-restored", "closed"})
_SAYS: Final[Mapping[str, bool]] = {"out": True, "back": False}


def turned(before: Customer, after: Customer, word: CustomerTouched) -> Customer:
    """`after` with what this word changes of the supply's own coming and going."""
    is_off = after.plight().off
    if is_off == before.plight().off:
        return after
    if is_off:
        since, last = word.started_at or word.at, after.off_ons[-1:]
        if last and since < last[0].on_at:
            # It was off all the time: what we took for its return was none.
            return replace(after, off_ons=after.off_ons[:-1], went_off=last[0].off_at)
        return replace(after, went_off=since)
    if after.went_off is None or word.status not in _BACK:
        return replace(after, went_off=None)
    back = max(word.restored_at or word.at, after.went_off)
    return replace(after, off_ons=(*after.off_ons, OffOn(after.went_off, back))[-KEPT:], went_off=None)


def is_flickering(state: Customer, now: datetime, telling: Telling) -> bool:
    """Whether supply has gone off and come back twice within `unsteady_within`, and has not been steady since then."""
    if len(state.off_ons) < KEPT:
        return False
    first, last = state.off_ons
    since = state.went_off or last.on_at
    is_recent = timedelta(0) <= now - since < telling.steady
    return is_recent and last.on_at - first.off_at <= telling.unsteady_within


def was_told_of(state: Customer, since: datetime) -> bool:
    """Whether a text that reached them since then says that supply is unsteady."""
    return any(
        text.settled and text.meant.steady_minutes is not None and text.said_at >= since
        for text in state.thread(SUPPLY)
    )


def went_and_came(state: Customer, now: datetime, telling: Telling) -> bool:
    """Whether within `unsteady_within` supply went off and came back, and both were told: the next "off" is the third word."""
    again = state.went_off
    if again is None or not state.off_ons or again - state.off_ons[-1].off_at > telling.unsteady_within:
        return False
    return told_turns(state, now - telling.unsteady_within) >= len(_SAYS)


def told_turns(state: Customer, since: datetime) -> int:
    """How many texts since then told a change of the supply itself: no corrections."""
    off, found = False, 0
    for text in state.thread(SUPPLY):
        says = _SAYS.get(text.meant.believes)
        if not text.settled or says is None or text.meant.steady_minutes is not None:
            continue
        found += says != off and text.said_at >= since
        off = says
    return found
