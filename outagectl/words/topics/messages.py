"""Describe in words the texts, what became of each, and what was set aside: for a history and a watch."""

from __future__ import annotations

from operations.history.subjects import reason_of
from operations.times import Times
from outagectl.words.catalogue import catalogue, words
from outagectl.words.parts import because
from outagectl.words.texts import occasion
from schemas.contracts.messages import (
    MessageAccepted,
    MessageDelivered,
    MessageExpired,
    MessageFact,
    MessageRequested,
    MessageSuppressed,
    MessageUndelivered,
)
from schemas.contracts.quarantine import MessageQuarantined
from schemas.contracts.receipts import ReceiptReceived
from services.notifier.domain.events import (
    AttemptAccepted,
    AttemptRefused,
    SendingExpired,
    SendingGivenUp,
    SendingGoesOn,
    SendingNoRoom,
    SendingReceipt,
    TextDoubled,
    TextGoesOn,
    TextHushed,
    TextMeant,
    TextUnsayable,
)


def _asked(e: MessageRequested, t: Times) -> str:
    head = f"Text {e.message_id} to contact {e.contact_id} ({occasion(e.trigger, e.template_id)}, lane {e.lane})"
    waits = bool(e.not_before and e.requested_at) and e.not_before > e.requested_at
    wait = f", not before {t.text(e.not_before)}" if waits else ""
    return f"{head} by {t.text(e.due_at)}{wait}: “{e.body}”"


def found_by(e: MessageAccepted | AttemptAccepted) -> str:
    """How it is known that the provider has a text, where it is not by its own answer."""
    return "" if e.found_by == "answer" else f", found by {e.found_by}"


def together(e: MessageAccepted | AttemptAccepted) -> str:
    """That one text spoke for several sites on one telephone, and what it said."""
    by = f", with text {e.carried_by}" if e.carried_by is not None else ""
    return f"{by}; sent for several sites: “{e.body}”" if e.body is not None else by


def no_receipt(e: MessageAccepted) -> str:
    """Why nobody waits for a receipt, where nobody does."""
    return f"no receipt is waited for{because(e.no_receipt)}" if e.no_receipt is not None else ""


def _taken(e: MessageAccepted, t: Times) -> str:
    none = f"; {no_receipt(e)}" if e.no_receipt is not None else ""
    head = f"{e.provider} took text {e.message_id} as {e.provider_sid}, {t.text(e.accepted_at)}"
    return f"{head}{found_by(e)}{none}{together(e)}"


def _attempt_taken(e: AttemptAccepted, t: Times) -> str:
    return f"{e.provider} took text {e.message_id} as {e.provider_sid}, {t.text(e.at)}{found_by(e)}{together(e)}"


def _receipt(e: ReceiptReceived | SendingReceipt, _: Times) -> str:
    return f"Receipt of {e.provider} for {e.provider_sid}: {e.status}"


def _meant(e: TextMeant, t: Times) -> str:
    waits = f"; it waits until {t.text(e.waits_until)}{because(e.waits_for)}" if e.waits_until is not None else ""
    return f"Text {e.message_id} will say: {e.believes} ({e.thread}){waits}"


def _hushed(e: TextHushed, t: Times) -> str:
    return f"Not said now ({e.thread}){because(e.reason)}: what is so at {t.text(e.until)} is said then"


def goes_on(e: SendingGoesOn, t: Times) -> str:
    """Why a text went by another provider though one may have it."""
    rule = f"By {e.policy or 'the policy'}, critical_goes_on_after"
    return (
        f"{rule}: {e.provider} said nothing of attempt {e.attempt} at text {e.message_id} "
        f"for {e.after_minutes or 0:g} min (since {t.text(e.unknown_since)}); another provider sends it, and it may arrive twice"
    )


MESSAGES = catalogue(
    words(MessageRequested, _asked),
    words(MessageAccepted, _taken),
    words(MessageDelivered, lambda e, t: f"Text {e.message_id} is on the handset, {t.text(e.delivered_at)}"),
    words(
        MessageUndelivered,
        lambda e, t: f"Text {e.message_id} did not arrive, {t.text(e.at)}{because(e.reason)}",
    ),
    words(MessageSuppressed, lambda e, _: f"Text {e.message_id} is not sent{because(e.reason)}"),
    words(MessageExpired, lambda e, _: f"Text {e.message_id} is of no use any more{because(e.reason)}"),
    words(TextMeant, _meant),
    words(TextHushed, _hushed),
    words(TextUnsayable, lambda e, _: f"No contact is left to tell ({e.thread})"),
    words(TextDoubled, lambda e, _: f"Text {e.message_id} went out twice: {e.first_sid} and {e.second_sid}"),
    words(SendingGoesOn, goes_on),
    words(TextGoesOn, goes_on),
    words(AttemptAccepted, _attempt_taken),
    words(AttemptRefused, lambda e, _: f"The provider refused text {e.message_id}{because(e.reason)}"),
    words(
        SendingNoRoom,
        lambda e, t: f"No room for text {e.message_id} on its telephone until {t.text(e.until)} ({e.reason})",
    ),
    words(
        SendingGivenUp,
        lambda e, _: (
            f"{e.provider}, which may have text {e.message_id}, is not set up any more: nobody can say whether it went"
        ),
    ),
    words(SendingExpired, lambda e, _: f"Text {e.message_id} was not taken in time"),
    words(SendingReceipt, _receipt),
    words(ReceiptReceived, _receipt),
    words(MessageQuarantined, lambda e, _: f"A message was set aside{because(e.reason)}"),
)


def watched(e: MessageFact, named: str) -> str:
    """In a line with its reason. `named`: what the text says, and to whom."""
    why = because(reason_of(e))
    match e:
        case MessageRequested():
            return f"texts {named}, lane {e.lane}{why}"
        case MessageAccepted():
            return f"{e.provider} took {named}{found_by(e)}"
        case MessageDelivered():
            return f"{named} is on the handset"
        case MessageUndelivered():
            return f"{named} did NOT arrive{why}"
        case MessageSuppressed():
            return f"{named} is not sent{why}"
        case _:
            return f"{named} is dropped, of no use any more{why}"
