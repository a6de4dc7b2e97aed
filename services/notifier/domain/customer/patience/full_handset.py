"""Hold what a telephone has no room for in this hour: its conversation looks again at what is so once there is. Pure.

The sender, which alone sees all that goes to one telephone, says so (sending/handsets.py); a person calls meanwhile (calls.py).
"""

from collections.abc import Sequence
from datetime import datetime

from schemas.contracts import messages
from schemas.contracts.messages import MessageSuppressed
from services.kernel.model import NewEvent
from services.notifier.domain.customer.conversation import Customer, DueText, HeldBack
from services.notifier.domain.customer.texts.reclassified_texts import RECLASSIFIED
from services.notifier.domain.events import TEXT_HUSHED, SendingNoRoom, TextHushed
from services.notifier.domain.handset.caps import HELD, LAST_PLACE, SPENT

CORRECTED = frozenset({"corrected", RECLASSIFIED})


def keeps_last(saying: DueText) -> bool:
    """Whether the last place of the hour is kept for this."""
    return saying.trigger in LAST_PLACE or saying.template in CORRECTED


def no_room(state: Customer, saying: DueText, now: datetime) -> HeldBack | None:
    """Until when this waits for room on the telephone; None where it may be asked for."""
    known = state.hushed.get(saying.thread)
    if known is None or known.why not in HELD or known.until <= now:
        return None
    if known.why != SPENT and keeps_last(saying):
        return None
    return HeldBack(saying.says, known.until, known.why)


def found_none(state: Customer, data: SendingNoRoom, now: datetime) -> tuple[Sequence[NewEvent], str]:
    """A text that has found no place: it is withdrawn, and looked at again once there is room."""
    text = state.texts.get(data.message_id)
    if text is None:
        return (), "unknown-message"
    if not text.pending:
        return (), "already-settled"
    stopped = MessageSuppressed(message_id=text.message_id, customer_id=state.customer_id, reason=data.reason, at=now)
    hushed = TextHushed(
        customer_id=state.customer_id,
        thread=text.meant.thread,
        says=text.meant.says,
        mrids=text.mrids,
        until=data.until,
        reason=data.reason,
    )
    return [
        NewEvent("message.suppressed.v1", stopped, topic=messages.TOPIC, key=state.customer_id),
        NewEvent(TEXT_HUSHED, hushed),
    ], data.reason
