"""The states of a text and its moves, as data: of the row the sender works on, and of the text in its customer's stream."""

from collections.abc import Mapping
from typing import Final, Literal

RowState = Literal[
    "ready",
    "sending",
    "unknown",
    "accepted",
    "sent",
    "delivered",
    "undelivered",
    "refused",
    "expired",
    "suppressed",
    "carried",
]
RowEvent = Literal[
    "claim", "accept", "refuse-for-now", "refuse-for-good", "lose-answer", "prove-nothing-created", "go-on",
    "receipt-sent", "receipt-delivered", "receipt-undelivered", "expire", "suppress", "carry",
]  # fmt: skip

# Only what is listed may happen. `unknown` never expires and is never suppressed: it first waits for its verdict
# (callback or look-up), or we would forget a text that the customer may hold.
ROW: Final[Mapping[tuple[RowState, RowEvent], RowState]] = {
    ("ready", "claim"): "sending",
    ("ready", "expire"): "expired",
    ("ready", "suppress"): "suppressed",
    # A callback, or the sender's word, may come after the attempt was given up and the text freed.
    ("ready", "accept"): "accepted",
    ("ready", "refuse-for-good"): "refused",
    ("sending", "accept"): "accepted",
    ("sending", "refuse-for-now"): "ready",
    ("sending", "refuse-for-good"): "refused",
    ("sending", "lose-answer"): "unknown",
    # A receipt may overtake the answer to our own request.
    ("sending", "receipt-sent"): "sent",
    ("sending", "receipt-delivered"): "delivered",
    ("sending", "receipt-undelivered"): "undelivered",
    ("unknown", "accept"): "accepted",
    ("unknown", "refuse-for-good"): "refused",
    ("unknown", "prove-nothing-created"): "ready",
    # By the policy's rule, and said so: the text may arrive twice.
    ("unknown", "go-on"): "ready",
    ("unknown", "receipt-sent"): "sent",
    ("unknown", "receipt-delivered"): "delivered",
    ("unknown", "receipt-undelivered"): "undelivered",
    ("accepted", "receipt-sent"): "sent",
    ("accepted", "receipt-delivered"): "delivered",
    ("accepted", "receipt-undelivered"): "undelivered",
    ("sent", "receipt-delivered"): "delivered",
    ("sent", "receipt-undelivered"): "undelivered",
    # Another text speaks for it, too, and says what becomes of it (sending/followers.py).
    ("sending", "carry"): "carried",
    ("carried", "prove-nothing-created"): "ready",
    ("carried", "accept"): "accepted",
    ("carried", "refuse-for-good"): "refused",
    # Carriers correct themselves, in this direction only.
    ("undelivered", "receipt-delivered"): "delivered",
    ("refused", "receipt-delivered"): "delivered",
    # Too late to stop: the provider had it already.
    ("expired", "accept"): "accepted",
    ("suppressed", "accept"): "accepted",
}

# How far a text has come; a receipt never takes it back.
RANK: Final[Mapping[RowState, int]] = {
    "ready": 0, "sending": 0, "unknown": 0, "carried": 0, "suppressed": 0, "expired": 0,
    "accepted": 1, "sent": 2, "refused": 3, "undelivered": 3, "delivered": 4,
}  # fmt: skip

FINAL: Final[frozenset[RowState]] = frozenset({"delivered", "undelivered", "refused", "expired", "suppressed"})

# Provider's words (Twilio Message.Status) → what they do to the row. Others (queued, accepted, sending) only show that
# the provider has the text.
RECEIPT_EVENT: Final[Mapping[str, RowEvent]] = {
    "sent": "receipt-sent",
    "delivered": "receipt-delivered",
    "read": "receipt-delivered",
    "undelivered": "receipt-undelivered",
    "failed": "receipt-undelivered",
    "canceled": "receipt-undelivered",
}


def step(state: RowState, event: RowEvent) -> RowState | None:
    """The row's next state; None where `event` changes nothing (late, doubled, or lower in rank)."""
    return ROW.get((state, event))


TextState = Literal["requested", "accepted", "delivered", "undelivered", "suppressed", "expired"]
TextEvent = Literal[
    "message.accepted.v1",
    "message.delivered.v1",
    "message.undelivered.v1",
    "message.suppressed.v1",
    "message.expired.v1",
]

TEXT: Final[Mapping[tuple[TextState, TextEvent], TextState]] = {
    ("requested", "message.accepted.v1"): "accepted",
    ("requested", "message.undelivered.v1"): "undelivered",
    ("requested", "message.suppressed.v1"): "suppressed",
    ("requested", "message.expired.v1"): "expired",
    ("suppressed", "message.accepted.v1"): "accepted",
    ("expired", "message.accepted.v1"): "accepted",
    ("accepted", "message.delivered.v1"): "delivered",
    ("accepted", "message.undelivered.v1"): "undelivered",
    ("undelivered", "message.delivered.v1"): "delivered",
}


def text_step(state: TextState, event: str) -> TextState | None:
    """As `step`, for the text within its customer's stream; `event` is an event type, any."""
    return _TEXT.get((state, event))


_TEXT: Final[Mapping[tuple[str, str], TextState]] = {(state, event): to for (state, event), to in TEXT.items()}
