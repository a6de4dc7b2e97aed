"""outage.messages: what was said to whom, and what became of it. Key: customer id. Never a phone number."""

from typing import Annotated, Literal

from msgspec import Meta, field

from schemas.contracts.base import MRID, CustomerId, CustomersWords, Instant, Language, Name, Person, Text, Wire
from schemas.contracts.promises import TYPES as PROMISE_TYPES

TOPIC = "outage.messages"

Trigger = Literal[
    "planned-notice",
    "temporary-notice",
    "moved",
    "cancelled",
    "fault",
    "fault-time-unknown",
    "ert-changed",
    "ert-overdue",
    "part-restored",
    "restored",
    "reopened",
    "breach-apology",
    "correction",
]
Lane = Literal["critical", "key", "notice", "bulk"]


class MessageFact(Wire, frozen=True, kw_only=True):
    """One fact about one text."""

    message_id: Name
    customer_id: CustomerId


class MessageRequested(MessageFact, frozen=True, kw_only=True):
    """The intent: this text, to this contact, once."""

    contact_id: Annotated[Name, Meta(description="A reference; the number lies in the notifier's vault")]
    mrids: Annotated[tuple[Name, ...], Meta(description="Outages the text speaks of")]
    trigger: Trigger
    lane: Lane
    language: Language
    template_id: Name
    template_version: Annotated[int, Meta(ge=1)]
    body: Annotated[str, Meta(min_length=1, max_length=1600, extra={"forgotten_by": "texts"})]
    ref: Annotated[str, Meta(min_length=4, max_length=8, description="Short reference code in the text")]
    requested_at: Instant
    not_before: Instant
    due_at: Annotated[Instant, Meta(description="Should have been accepted by then")]
    expires_at: Annotated[Instant, Meta(description="Of no use later: dropped, not sent late")]
    reason: Name
    supersedes: Name | None = None


class MessageAccepted(MessageFact, frozen=True, kw_only=True):
    """The provider took it."""

    attempt: Annotated[int, Meta(ge=1)]
    provider: Name
    provider_sid: Name
    accepted_at: Instant
    found_by: Annotated[Literal["answer", "callback", "look-up"], Meta(description="How we know")] = "answer"
    carried_by: (
        Annotated[
            Name, Meta(description="messageId of the text that spoke for this one, too: one telephone, several sites")
        ]
        | None
    ) = None
    body: (
        Annotated[
            str,
            Meta(
                max_length=1600,
                extra={"forgotten_by": "texts"},
                description="What was sent, where it spoke for several sites at once, or asked for an answer",
            ),
        ]
        | None
    ) = None
    no_receipt: (
        Annotated[
            Name,
            Meta(description="Why nobody waits for a receipt of it: provider-gives-none; absent: one is waited for"),
        ]
        | None
    ) = None


class MessageDelivered(MessageFact, frozen=True, kw_only=True):
    """The handset has it."""

    provider_sid: Name
    delivered_at: Instant


class MessageUndelivered(MessageFact, frozen=True, kw_only=True):
    """It did not arrive, for good."""

    reason: Name
    provider_sid: Name | None = None
    code: Annotated[int, Meta(description="Provider's code; for people, never for programs")] | None = None
    at: Instant


class MessageSuppressed(MessageFact, frozen=True, kw_only=True):
    """Decided not to send."""

    reason: Name
    at: Instant


class MessageExpired(MessageFact, frozen=True, kw_only=True):
    """Its time of use passed before it could be sent."""

    at: Instant
    reason: Name


class ContactConfirmed(Wire, frozen=True, kw_only=True):
    """The customer, or the delivery receipt where texts cannot be answered, confirmed."""

    customer_id: CustomerId
    contact_id: Name
    message_id: Name | None = None
    confirmed_at: Instant
    how: Literal["receipt", "reply", "call", "portal"]
    by: Name | None = None


class ContactUnreached(Wire, frozen=True, kw_only=True):
    """Nobody could be told: a person must act."""

    customer_id: CustomerId
    contact_id: Name | None = None
    at: Instant
    reason: Name
    mrids: tuple[Name, ...] = ()
    explanation: Text | None = None


class ContactOptedOut(Wire, frozen=True, kw_only=True):
    """Somebody answered STOP: this contact gets no text any more. What the customer is owed by statute goes another way."""

    customer_id: CustomerId
    contact_id: Name
    reply_id: Name
    at: Annotated[Instant, Meta(description="When the text came in")]


class ContactOptedIn(Wire, frozen=True, kw_only=True):
    """Somebody answered START: this contact gets texts again."""

    customer_id: CustomerId
    contact_id: Name
    reply_id: Name
    at: Annotated[Instant, Meta(description="When the text came in")]


class CallbackAnswered(Wire, frozen=True, kw_only=True):
    """After a repair a customer said whether power is back, by a text or when somebody called."""

    customer_id: CustomerId
    mrids: Annotated[tuple[Name, ...], Meta(description="Outages after which they were told that power is back")]
    power: Annotated[Literal["back", "off"], Meta(description="What the customer says")]
    how: Literal["reply", "call"]
    answered_at: Instant
    contact_id: Name | None = None
    message_id: Annotated[Name, Meta(description="The text that had told them so")] | None = None
    by: Annotated[Person, Meta(description="With call: who called")] | None = None
    opinion: CustomersWords | None = None


class CustomersUntold(Wire, frozen=True, kw_only=True):
    """A fact that is held touches special or life-support customers, who are told nothing of it: a person must act."""

    mrid: MRID = field(name="mRID")
    question_id: Name
    fact_type: Annotated[Name, Meta(description="Type of the event that is held, e.g. outage.started.v1")]
    reason: Name
    customers: Annotated[int, Meta(ge=1, description="Special and life-support customers touched, count")]
    customer_ids: Annotated[tuple[CustomerId, ...], Meta(description="The first 50 of them, by id")] = ()
    at: Instant


TYPES: dict[str, type[Wire]] = {
    "message.requested.v1": MessageRequested,
    "message.accepted.v1": MessageAccepted,
    "message.delivered.v1": MessageDelivered,
    "message.undelivered.v1": MessageUndelivered,
    "message.suppressed.v1": MessageSuppressed,
    "message.expired.v1": MessageExpired,
    "contact.confirmed.v1": ContactConfirmed,
    "contact.unreached.v1": ContactUnreached,
    "contact.opted-out.v1": ContactOptedOut,
    "contact.opted-in.v1": ContactOptedIn,
    "callback.answered.v1": CallbackAnswered,
    "customers.untold.v1": CustomersUntold,
    **PROMISE_TYPES,
}
