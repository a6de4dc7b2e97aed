"""Apply a provider's receipt to a text in its customer's stream: only up in rank. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from msgspec import structs

from schemas.contracts import messages
from schemas.contracts.messages import ContactConfirmed, MessageAccepted, MessageDelivered, MessageUndelivered
from schemas.contracts.receipts import ReceiptReceived
from services.kernel.model import NewEvent
from services.notifier.domain.customer.conversation import Customer, RequestedText
from services.notifier.domain.customer.lanes import NOTICES
from services.notifier.domain.events import TEXT_DOUBLED, SendingReceipt, TextDoubled
from services.notifier.domain.provider.scheduling import CANCELED
from services.notifier.domain.text_states import RECEIPT_EVENT, TextState, text_step

GIVES_NONE: Final = "provider-gives-none"
"""Why no receipt of a text is waited for."""
Recorded = tuple[Sequence[NewEvent], str]


def receipt_events(state: Customer, data: ReceiptReceived | SendingReceipt, now: datetime) -> Recorded:
    """Events that a receipt calls for. One that comes before the provider's answer is that answer, too."""
    text = _text_of(state, data)
    if text is None:
        return (), "unknown-message"
    if data.status == CANCELED and (text.state != "accepted" or text.sid != data.provider_sid):
        # Taken back before its time: an extra one, or of a text that goes later or not at all.
        return (), "taken-back-before-it-went"
    at = can_be(text, data.at if isinstance(data, SendingReceipt) else data.received_at, now)
    code = data.code if isinstance(data, SendingReceipt) else data.error_code
    other = doubled(text, state.customer_id, data.provider_sid, at)
    if other is not None:
        return other
    if data.provider_sid in text.other_sids:
        return (), "already-known"
    events: list[NewEvent] = []
    stands: TextState = text.state
    adopted = text_step(stands, "message.accepted.v1")
    if adopted is not None:
        accepted = MessageAccepted(
            message_id=text.message_id,
            customer_id=state.customer_id,
            attempt=data.attempt or 1,
            provider=data.provider,
            provider_sid=data.provider_sid,
            accepted_at=at,
            found_by="callback",
        )
        events.append(NewEvent("message.accepted.v1", accepted, topic=messages.TOPIC, key=state.customer_id))
        stands = adopted
    what = RECEIPT_EVENT.get(data.status)
    if what == "receipt-delivered" and text_step(stands, "message.delivered.v1"):
        events += _delivered(state, text, data.provider_sid, at)
        return events, "delivered"
    if what == "receipt-undelivered" and text_step(stands, "message.undelivered.v1"):
        failed = MessageUndelivered(
            message_id=text.message_id,
            customer_id=state.customer_id,
            reason=data.status,
            provider_sid=data.provider_sid,
            code=code,
            at=at,
        )
        events.append(NewEvent("message.undelivered.v1", failed, topic=messages.TOPIC, key=state.customer_id))
        return events, "undelivered"
    if events:
        return events, "accepted"
    return (), "on-its-way" if text.state == "accepted" else "lower-in-rank"


def can_be(text: RequestedText, at: datetime, now: datetime) -> datetime:
    """When something became of a text that is said to have at `at`: no later than now, and not before it was asked for.

    Clocks are set back, too: that of the process that heard of it, and that of the one that had asked for it.
    """
    return max(min(at, now), text.requested_at)


def doubled(text: RequestedText, customer_id: str, sid: str, at: datetime) -> Recorded | None:
    """A second provider id for a text that has one: seen once, for people. None where there is none or it is known."""
    if text.sid is None or sid == text.sid or sid in text.other_sids:
        return None
    seen = TextDoubled(message_id=text.message_id, customer_id=customer_id, first_sid=text.sid, second_sid=sid, at=at)
    return [NewEvent(TEXT_DOUBLED, seen)], "second-sid-for-one-text"


def text_with(state: Customer, sid: str) -> RequestedText | None:
    """The text that a message of the provider is known to be."""
    return next((text for text in state.texts.values() if sid in (text.sid, *text.other_sids)), None)


def _text_of(state: Customer, data: ReceiptReceived | SendingReceipt) -> RequestedText | None:
    # A look-up may have taken one text's message for another's that says nearly the same: it stays that one's.
    known = text_with(state, data.provider_sid)
    return known or (state.texts.get(data.message_id) if data.message_id is not None else None)


def _delivered(state: Customer, text: RequestedText, sid: str, at: datetime) -> Sequence[NewEvent]:
    arrived = MessageDelivered(
        message_id=text.message_id, customer_id=state.customer_id, provider_sid=sid, delivered_at=at
    )
    events = [NewEvent("message.delivered.v1", arrived, topic=messages.TOPIC, key=state.customer_id)]
    if text.trigger in NOTICES:
        # Texts to +86 cannot be answered: for a notice the receipt is the confirmation.
        confirmed = ContactConfirmed(
            customer_id=state.customer_id,
            contact_id=text.contact_id,
            message_id=text.message_id,
            confirmed_at=at,
            how="receipt",
        )
        events.append(NewEvent("contact.confirmed.v1", confirmed, topic=messages.TOPIC, key=state.customer_id))
    return events


def as_sent(recorded: Sequence[NewEvent], facts: object, silent: Collection[str]) -> Sequence[NewEvent]:
    """These events; that a provider took a text with what was sent (`facts`), where one text spoke for several sites, and
    with why no receipt is waited for, where the provider is `silent` of what became of texts.
    """  # noqa: D205 - the first line says both
    return [
        replace(event, data=_as_sent(event.data, facts, silent)) if isinstance(event.data, MessageAccepted) else event
        for event in recorded
    ]


def _as_sent(taken: MessageAccepted, facts: object, silent: Collection[str]) -> MessageAccepted:
    body = facts if isinstance(facts, str) and taken.body is None else taken.body
    return structs.replace(taken, body=body, no_receipt=GIVES_NONE if taken.provider in silent else None)
