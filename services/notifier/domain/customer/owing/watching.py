"""Tell when a spoken time calls for another word, and when whom nobody could reach is tried again. Pure."""

from datetime import datetime

from services.notifier.domain.customer.conversation import (
    RETRY,
    Customer,
    are_perhaps_back,
    believe,
    confessed,
    is_claimed,
    is_perhaps_back,
    overran_at,
    spoken_of,
)
from services.notifier.domain.customer.lanes import NEXT_WORD
from services.policy.model import Telling


def watch(state: Customer, telling: Telling) -> tuple[str, datetime] | None:
    """The timer over the last spoken time; never twice for one instant.

    Held while proof is pending, until a person was called for it; of one whom no text has reached: when to try again.
    """
    holding = state.dark()
    if state.profile is None:
        return None
    belief = believe(state, with_pending=True)
    if holding:
        if is_claimed(state) and "claim-unproven" not in state.alarms:
            return None
        if is_perhaps_back(state):
            return _again(state)
        concerned = holding
    elif belief.kind == "supply-lost":
        concerned = () if are_perhaps_back(state.plight()) else state.holding()
    else:
        concerned = spoken_of(state, belief) if "end-unproven" in state.alarms else ()
    if not concerned:
        return None
    told = confessed(state, with_pending=True)
    overran = [overran_at(one, telling.about) for one in holding if f"{one.mrid}/overran" not in told]
    found = [at for at in (belief.watch_at(telling.about), *overran) if at is not None]
    left = [at for at in found if state.watched_until is None or at > state.watched_until]
    if left:
        return f"say/{concerned[0].mrid}", min(left)
    return _again(state) if holding else None


def _again(state: Customer) -> tuple[str, datetime] | None:
    """Nobody could be reached: all contacts are tried again, soon at first, then rarer, for as long as power is off."""
    since = state.alarms.get("nobody-reached")
    contacts = state.profile.contacts if state.profile is not None else ()
    if since is None or all(contact.contact_id in state.untextable for contact in contacts):
        return None
    last = since if state.retried_at is None else max(since, state.retried_at)
    return RETRY, last + NEXT_WORD[min(state.tries, len(NEXT_WORD) - 1)]
