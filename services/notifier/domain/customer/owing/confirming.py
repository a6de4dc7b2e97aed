"""Take the word that a customer knows: their own answer, or a call that somebody made and has recorded. Pure.

The one entry for all of them: `confirm(state, Confirmation(…), now)`. It says `contact.confirmed` on outage.messages, once for
what they know by then, and whatever waited for it (a promise, the next step to somebody else, a task) finds it in the state.
Where texts cannot be answered, and where none arrived, a recorded call serves.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from schemas.contracts import messages
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.messages import ContactConfirmed
from services.kernel.model import NewEvent
from services.notifier.domain.customer.conversation import Customer, RequestedText, believe
from services.notifier.domain.customer.lanes import RESTORED_STALE
from services.notifier.domain.customer.owing.words import Answered, Confirmation

CONFIRMED: Final = "customer-confirmed"
CONFIRMED_BEFORE: Final = "confirmed-before"
NOTHING_TO_CONFIRM: Final = "nothing-to-confirm"
NOBODY_SUCH: Final = "customer-not-known"
UNLISTED: Final = "unlisted"
"""The contact's id where the call went to somebody who is no contact of theirs."""


def confirm(state: Customer, said: Confirmation, now: datetime) -> tuple[Sequence[NewEvent], str]:
    """The event to record and the reason to name.

    Reasons: `customer-confirmed`; nothing recorded: `confirmed-before` (what they know now), `nothing-to-confirm` (power is on,
    nothing is announced, and nothing was said within a day), `customer-not-known`.
    """
    if state.profile is None:
        return (), NOBODY_SUCH
    last = last_told(state)
    is_recent = last is not None and now - last.said_at <= RESTORED_STALE
    if not is_recent and not _is_concerned(state):
        return (), NOTHING_TO_CONFIRM
    at = min(said.at, now)
    if has_confirmed(state) or (state.owed.confirmed_at is not None and at <= state.owed.confirmed_at):
        return (), CONFIRMED_BEFORE
    text = state.texts.get(said.message_id, last) if said.message_id is not None else last
    confirmed = ContactConfirmed(
        customer_id=state.customer_id,
        contact_id=said.contact_id or _whom(state.profile, text, said.how),
        message_id=text.message_id if text is not None else None,
        confirmed_at=at,
        how=said.how,
        by=said.by,
    )
    return [NewEvent("contact.confirmed.v1", confirmed, topic=messages.TOPIC, key=state.customer_id)], CONFIRMED


def has_confirmed(state: Customer) -> bool:
    """Whether they have confirmed what they were told last, and how things stand since power last went off or came back."""
    known, last = state.owed.confirmed_at, last_told(state)
    if known is None:
        return False
    since = [at for at in (last.said_at if last is not None else None, state.turned_at) if at is not None]
    return known >= max(since, default=known)


def last_told(state: Customer) -> RequestedText | None:
    """The text that reached them last, of supply or of an announced outage."""
    told = [text for text in state.texts.values() if text.settled]
    return max(told, key=lambda text: text.said_at, default=None)


def _whom(profile: CustomerUpserted, text: RequestedText | None, how: Answered) -> str:
    """The contact who answered, where nobody says it: to a text whoever it went to, to a call the first of them."""
    if text is not None and how == "reply":
        return text.contact_id
    first = min(profile.contacts, key=lambda one: (one.rank, one.contact_id), default=None)
    return first.contact_id if first is not None else UNLISTED


def _is_concerned(state: Customer) -> bool:
    """Whether there is anything that somebody could have told them by telephone."""
    noticed = any(one.touched and one.status == "noticed" for one in state.outages.values())
    return bool(state.holding()) or believe(state).kind in ("out", "supply-lost") or noticed
