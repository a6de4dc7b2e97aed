"""One record of a topic as one line: who says it, about what, what it is, and why. Remembers what later lines refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from operations.times import Times
from outagectl.words.brief import promised, text_says
from outagectl.words.others import in_words
from schemas.cloudevent import ContractError, from_kafka
from schemas.contracts import audience, customers, dispatch, messages, notices, quarantine, receipts, restorations
from services.kernel.model import Record

WRITERS = {
    notices.TOPIC: "planner",
    restorations.TOPIC: "restorer",
    audience.TOPIC: "notifier",
    messages.TOPIC: "notifier",
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
    }
)
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class WatchedEvent:
    """One event as read from its topic. `data` is empty where it could not be read."""

    at: datetime
    topic: str
    key: str
    who: str
    source: str
    id: str
    type: str
    data: Mapping[str, Any]
    problem: str | None = None


@dataclass(slots=True)
class Memory:
    """What earlier events said and later ones refer to by id only."""

    texts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """By message id: customerId, contactId, mrids, trigger."""
    sids: dict[str, str] = field(default_factory=dict)
    """Message id by the provider's id."""
    obligations: dict[str, str] = field(default_factory=dict)
    """By promise id."""

    def learn(self, told: WatchedEvent) -> None:
        """Remember what this event is the last to say."""
        if told.type == "message.requested.v1":
            self.texts[str(told.data["messageId"])] = told.data
        elif told.type == "message.accepted.v1":
            self.sids[str(told.data["providerSid"])] = str(told.data["messageId"])
        elif told.type == "promise.made.v1":
            self.obligations[str(told.data["promiseId"])] = str(told.data["obligation"])

    def text(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The text that an event is about, as it was asked for; empty where that is not known."""
        message_id = data.get("messageId") or self.sids.get(str(data.get("providerSid")))
        return self.texts.get(str(message_id), {})


def read(record: Record) -> WatchedEvent:
    """A record as an event; what breaks its contract is named as that."""
    key = (record.key or b"").decode(errors="replace")
    try:
        event = from_kafka(record.topic, record.key, record.headers, record.value)
    except ContractError as error:
        source = record.headers.get("ce_source", b"?").decode(errors="replace")
        who, id_ = writer(record.topic, source, {}), record.headers.get("ce_id", b"?").decode(errors="replace")
        return WatchedEvent(record.timestamp, record.topic, key, who, source, id_, UNREADABLE, {}, error.reason)
    data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(event.data))
    who = writer(record.topic, event.source, data)
    return WatchedEvent(record.timestamp, record.topic, key, who, event.source, event.id, event.type, data)


def writer(topic: str, source: str, data: Mapping[str, Any]) -> str:
    """Who says it: a service by its name, a dispatch system by its own."""
    if topic == quarantine.TOPIC:
        return str(data.get("service", "quarantine"))
    who = WRITERS.get(topic, topic)
    own = source.strip("/")
    return own if who == "dispatch" and own.startswith("dispatch") else who


def about(told: WatchedEvent, memory: Memory) -> str:
    """The outage or the customer that a line is about."""
    data = told.data
    if data.get("mRID"):
        return str(data["mRID"])
    mrids = data.get("mrids") or memory.text(data).get("mrids") or ()
    customer = data.get("customerId") or memory.text(data).get("customerId")
    return " ".join(filter(None, [str(customer or ""), ",".join(mrids)])) or told.key or "–"


def what(told: WatchedEvent, memory: Memory, t: Times) -> str:
    """The event in words, with its reason where it has one."""
    data, kind = told.data, told.type
    if told.problem is not None:
        return f"sent something that cannot be read ({told.problem}): {told.source}/{told.id}"
    if kind.startswith("promise."):
        return _promise(kind, data, memory, t)
    if kind.startswith("message.") and kind != "message.quarantined.v1":
        return _text(kind, data, memory)
    if kind == "receipt.received.v1":
        return f"{data.get('provider')} says of {_named(data, memory)}: {data.get('status')}"
    if kind == "message.quarantined.v1":
        return (
            f"set {data.get('source')}/{data.get('id')} aside: {data.get('reason')}; a person decides "
            f"(outagectl quarantine show {str(data.get('quarantineId'))[:13]})"
        )
    said = in_words(kind, data, t)
    reason = data.get("reason")
    return said if not reason or str(reason) in said else f"{said} ({reason})"


def _promise(kind: str, data: Mapping[str, Any], memory: Memory, t: Times) -> str:
    rule = (data.get("rule") or {}).get("ruleId")
    obligation = data.get("obligation") or memory.obligations.get(str(data.get("promiseId")))
    thing = promised(obligation)[0] if obligation else "what was promised"
    state = kind.removeprefix("promise.").removesuffix(".v1").replace("-", " ")
    due = t.text(data.get("dueAt"))
    if kind == "promise.made.v1":
        return f"promises {thing} by {due} ({rule})"
    if kind == "promise.corrected.v1":
        state = f"corrected from {data.get('was')} to {data.get('now')}"
    return f"promise {state}: {thing} by {due} ({data.get('reason')}, {rule})"


def _named(data: Mapping[str, Any], memory: Memory) -> str:
    text = memory.text(data)
    if text:
        return f"“{text_says(text.get('trigger'))}” to {text.get('contactId')}"
    return f"text {str(data.get('messageId') or data.get('providerSid'))[:13]}…"


def _text(kind: str, data: Mapping[str, Any], memory: Memory) -> str:
    named = _named(data, memory)
    why = f" ({data['reason']})" if data.get("reason") else ""
    match kind:
        case "message.requested.v1":
            return f"texts {named}, lane {data.get('lane')}{why}"
        case "message.accepted.v1":
            found = "" if data.get("foundBy", "answer") == "answer" else f", found by {data['foundBy']}"
            return f"{data.get('provider')} took {named}{found}"
        case "message.delivered.v1":
            return f"{named} is on the handset"
        case "message.undelivered.v1":
            return f"{named} did NOT arrive{why}"
        case "message.suppressed.v1":
            return f"{named} is not sent{why}"
        case "message.expired.v1":
            return f"{named} is dropped, of no use any more{why}"
        case _:
            return f"{kind}: {named}{why}"


def tone(told: WatchedEvent) -> str | None:
    """Rich's style of a line."""
    if told.problem is not None or told.type in BAD:
        return "red"
    return "green" if told.type in GOOD else None
