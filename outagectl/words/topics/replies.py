"""Describe in words what customers answered, and what became of it: for a history and a watch."""

from __future__ import annotations

from operations.times import Times
from outagectl.words.catalogue import catalogue, words
from outagectl.words.parts import because
from schemas.contracts.audience import CustomerReplied
from schemas.contracts.evidence.replies import SupplyDenied
from schemas.contracts.messages import CallbackAnswered, ContactOptedIn, ContactOptedOut
from schemas.contracts.receipts import InboundReceived
from services.notifier.domain.replies.events import (
    CalledBack,
    CustomerAsked,
    HandsetOptedIn,
    HandsetOptedOut,
    ReplyReceived,
    ReplyToRead,
)


def _answered(e: CallbackAnswered, t: Times) -> str:
    said = f" “{e.opinion}”" if e.opinion else ""
    how = "answers by text" if e.how == "reply" else f"says to {e.by or 'somebody who called'}"
    return f"{e.customer_id} {how}, {t.text(e.answered_at)}: power is {e.power}{said}"


def _read(e: ReplyToRead, _: Times) -> str:
    return f"A person must read text {e.reply_id} of {e.customer_id or 'nobody whom we know'}{because(e.reason)}"


REPLIES = catalogue(
    words(InboundReceived, lambda e, _: f"A text came in: “{e.body}”"),
    words(ReplyReceived, lambda e, _: f"A text came in ({e.meaning}){because(e.reason)}: “{e.body}”"),
    words(HandsetOptedOut, lambda e, t: f"A number wants no texts, {t.text(e.at)}"),
    words(HandsetOptedIn, lambda e, t: f"A number wants texts again, {t.text(e.at)}"),
    words(ReplyToRead, _read),
    words(
        CustomerReplied, lambda e, t: f"{e.customer_id} answers by {e.contact_id}, {t.text(e.received_at)}: {e.meaning}"
    ),
    words(CustomerAsked, lambda e, t: f"{e.customer_id} asks how it stands, {t.text(e.at)}"),
    words(CalledBack, lambda e, t: f"{e.by} has called {e.customer_id}, {t.text(e.at)}: power is {e.power}"),
    words(ContactOptedOut, lambda e, t: f"Contact {e.contact_id} wants no texts, {t.text(e.at)}"),
    words(ContactOptedIn, lambda e, t: f"Contact {e.contact_id} wants texts again, {t.text(e.at)}"),
    words(CallbackAnswered, _answered),
    words(SupplyDenied, lambda e, t: f"{e.customer_id} answers, {t.text(e.said_at)}: power is not back"),
)
