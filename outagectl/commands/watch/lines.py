"""Describe one record of a topic in one line: who, about what, what it is, and why. Remembers what later lines refer to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import msgspec

from operations.history.subjects import customer_of, message_of, mrid_of, mrids_of, provider_sid_of, reason_of
from operations.times import Times
from outagectl.words.sentences import sentence
from outagectl.words.texts import occasion, text_says
from outagectl.words.topics import messages as texts
from outagectl.words.topics import promises
from outagectl.words.vocabulary import promised
from schemas.cloudevent import ContractError, from_kafka
from schemas.contracts import (
    audience,
    customers,
    dispatch,
    messages,
    network,
    notices,
    quarantine,
    receipts,
    restorations,
)
from schemas.contracts.messages import (
    MessageAccepted,
    MessageFact,
    MessageRequested,
)
from schemas.contracts.promises import (
    Promise,
    PromiseMade,
)
from schemas.contracts.quarantine import MessageQuarantined
from schemas.contracts.receipts import ReceiptReceived
from services.kernel.model import Record

ID_SHOWN = 13
WRITERS = {
    notices.TOPIC: "planner",
    restorations.TOPIC: "restorer",
    audience.TOPIC: "notifier",
    messages.TOPIC: "notifier",
    network.TOPIC: "network",
    customers.TOPIC: "registry",
    receipts.TOPIC: "gateway",
    dispatch.TOPIC: "dispatch",
}
GOOD = frozenset({"promise.kept.v1", "restoration.confirmed.v1", "message.delivered.v1", "plan.accepted.v1"})
BAD = frozenset(
    {
        "promise.broken.v1",
        "promise.at-risk.v1",
        "plan.rejected.v1",
        "notice.breached.v1",
        "message.undelivered.v1",
        "message.expired.v1",
        "contact.unreached.v1",
        "message.quarantined.v1",
        "restoration.refused.v1",
        "fact.questioned.v1",
        "customers.untold.v1",
        "task.opened.v1",
        "task.raised.v1",
    }
)
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class WatchedEvent:
    """One event as read from its topic; None where it could not be read."""

    at: datetime
    topic: str
    key: str
    who: str
    source: str
    id: str
    type: str
    event: msgspec.Struct | None
    problem: str | None = None


class KnownText(NamedTuple):
    """A text as it was asked for."""

    customer_id: str
    contact_id: str
    mrids: tuple[str, ...]
    trigger: str


@dataclass(slots=True)
class EarlierEvents:
    """What earlier events said and later ones refer to by id only."""

    texts: dict[str, KnownText] = field(default_factory=dict)
    """By message id."""
    sids: dict[str, str] = field(default_factory=dict)
    """Message id by the provider's id."""
    obligations: dict[str, str] = field(default_factory=dict)
    """By promise id."""

    def learn(self, told: WatchedEvent) -> None:
        """Remember what this event is the last to say."""
        match told.event:
            case MessageRequested() as asked:
                text = KnownText(
                    asked.customer_id, asked.contact_id, asked.mrids, occasion(asked.trigger, asked.template_id)
                )
                self.texts[asked.message_id] = text
            case MessageAccepted() as taken:
                self.sids[taken.provider_sid] = taken.message_id
            case PromiseMade() as made:
                self.obligations[made.promise_id] = made.obligation

    def text(self, event: object) -> KnownText | None:
        """The text that an event is about, as it was asked for; None where that is not known."""
        message_id = message_of(event) or self.sids.get(provider_sid_of(event) or "")
        return self.texts.get(message_id or "")


def read(record: Record) -> WatchedEvent:
    """A record as an event; what breaks its contract is named as that."""
    key = (record.key or b"").decode(errors="replace")
    try:
        event = from_kafka(record.topic, record.key, record.headers, record.value)
    except ContractError as error:
        source = record.headers.get("ce_source", b"?").decode(errors="replace")
        who, id_ = writer(record.topic, source, None), record.headers.get("ce_id", b"?").decode(errors="replace")
        return WatchedEvent(record.timestamp, record.topic, key, who, source, id_, UNREADABLE, None, error.reason)
    who = writer(record.topic, event.source, event.data)
    return WatchedEvent(record.timestamp, record.topic, key, who, event.source, event.id, event.type, event.data)


def writer(topic: str, source: str, event: object) -> str:
    """Who says it: a service by its name, a dispatch system by its own."""
    if topic == quarantine.TOPIC:
        return event.service if isinstance(event, MessageQuarantined) else "quarantine"
    who = WRITERS.get(topic, topic)
    own = source.strip("/")
    return own if who == "dispatch" and own.startswith("dispatch") else who


def about(told: WatchedEvent, memory: EarlierEvents) -> str:
    """The outage or the customer that a line is about."""
    if mrid := mrid_of(told.event):
        return mrid
    text = memory.text(told.event)
    mrids = mrids_of(told.event) or (text.mrids if text else ())
    customer = customer_of(told.event) or (text.customer_id if text else None)
    return " ".join(filter(None, [customer or "", ",".join(mrids)])) or told.key or "–"


def what(told: WatchedEvent, memory: EarlierEvents, t: Times) -> str:
    """The event in words, with its reason where it has one."""
    if told.problem is not None:
        return f"sent something that cannot be read ({told.problem}): {told.source}/{told.id}"
    match told.event:
        case Promise() as promise:
            return promises.watched(promise, _promised(promise, memory), t)
        case MessageFact() as text:
            return texts.watched(text, _named(text, memory))
        case ReceiptReceived() as receipt:
            return f"{receipt.provider} says of {_named(receipt, memory)}: {receipt.status}"
        case MessageQuarantined() as aside:
            return (
                f"set {aside.source}/{aside.id} aside: {aside.reason}; a person decides "
                f"(outagectl quarantine show {aside.quarantine_id[:ID_SHOWN]})"
            )
    said, reason = sentence(told.type, told.event, t), reason_of(told.event)
    return said if not reason or reason in said else f"{said} ({reason})"


def _promised(promise: Promise, memory: EarlierEvents) -> str:
    known = memory.obligations.get(promise.promise_id)
    obligation = promise.obligation if isinstance(promise, PromiseMade) else known
    return promised(obligation)[0] if obligation else "what was promised"


def _named(event: MessageFact | ReceiptReceived, memory: EarlierEvents) -> str:
    text = memory.text(event)
    if text:
        return f"“{text_says(text.trigger)}” to {text.contact_id}"
    return f"text {str(message_of(event) or provider_sid_of(event))[:ID_SHOWN]}…"


def tone(told: WatchedEvent) -> str | None:
    """Rich's style of a line."""
    if told.problem is not None or told.type in BAD:
        return "red"
    return "green" if told.type in GOOD else None
