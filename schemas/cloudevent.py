"""Encode and decode CloudEvents 1.0 on the wire to typed contracts: one codec for services, gateway and command line.

Source: CloudEvents 1.0.2, its JSON event format and its Kafka protocol binding (binary and structured mode).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from schemas.canonical import content_hash
from schemas.citation import is_ours
from schemas.contracts import dispatch, receipts
from schemas.contracts.all_types import key_of
from schemas.contracts.base import encode
from schemas.contracts.evidence import meters
from schemas.envelope import UNREADABLE, Attributes, CloudEvent, check_subject, not_a_cloudevent, read_event, topics_of
from schemas.errors import ContractError, shown
from schemas.keys import LONGEST, plain_key

__all__ = ["CloudEvent", "ContractError", "KafkaMessage", "content_hash", "from_kafka", "parse_structured", "to_kafka"]

Headers = Mapping[str, bytes] | Iterable[tuple[str, bytes]]
STRUCTURED = "application/cloudevents+json"
FROM_OUTSIDE = frozenset({dispatch.TOPIC, meters.TOPIC, receipts.TOPIC})
"""Topics on which none of our services speaks under its own name."""
_OWN_NAME = 2  # slashes in /outage/planner
_ENVELOPE = msgspec.json.Decoder(dict[str, Raw])
_TEXT = msgspec.json.Decoder(str | None)


class KafkaMessage(NamedTuple):
    """One CloudEvent in Kafka's binary mode, as a producer wants it."""

    topic: str
    key: bytes
    headers: list[tuple[str, bytes]]
    value: bytes


def parse_structured(event: Mapping[str, Any] | bytes | str) -> CloudEvent:
    """Read one CloudEvent in JSON form: {"specversion", "id", "source", "type", "time", "subject", "data"}.

    Raises:
        ContractError: it breaks its contract; the error names the field and what to do.

    """
    raw = event.encode(errors="surrogatepass") if isinstance(event, str) else event
    return _structured(raw if isinstance(raw, bytes) else msgspec.json.encode(raw), None)


def from_kafka(topic: str, key: bytes | None, headers: Headers, value: bytes | None) -> CloudEvent:
    """Read one Kafka record, in binary mode or in structured mode (content-type application/cloudevents+json).

    Raises:
        ContractError: it breaks its contract; `reason` is the machine's word for how.

    """
    named = headers if isinstance(headers, Mapping) else dict(headers)
    if not value:
        error = ContractError("value", "is empty", "send the event's data as JSON", reason="empty-value")
        error.name(*(named.get("ce_" + part, b"").decode(errors="replace") for part in ("source", "id", "type")))
        raise error
    content_type = (named.get("content-type") or b"").lower()
    if content_type.startswith(b"application/cloudevents"):
        if not content_type.startswith(STRUCTURED.encode()):
            not_a_cloudevent("content-type", "is not one we read", f"send {STRUCTURED} or binary mode")
        event = _structured(value, topic)
    else:
        event = _binary(named, value, topic)
    _check_key(event, topic, key)
    _check_source(event, topic)
    return event


def to_kafka(event: CloudEvent, topic: str | None = None) -> KafkaMessage:
    """Write `event` in binary mode; `topic` is needed only where its type travels on several (promise.*).

    Raises:
        ContractError: the type is unknown or not of that topic, or data and subject give no key or two.
        ValueError: `time` has no zone.

    """
    if event.time.tzinfo is None:
        raise ValueError("a CloudEvent's time is aware; this one has no zone")
    topics = topics_of(event.type, "")
    if topic is None and len(topics) == 1:
        (topic,) = topics
    if topic not in topics:
        raise ContractError(
            "topic",
            f"{event.type} does not travel there",
            f"name one of {', '.join(sorted(topics))}",
            reason="wrong-topic",
        )
    key = key_of(topic, event.data) or event.subject
    if key is None:
        raise ContractError(
            "subject", "is missing, so there is no key", "give the event a subject", reason="key-mismatch"
        )
    check_subject(event.subject, key)
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event.id.encode()),
        ("ce_source", event.source.encode()),
        ("ce_type", event.type.encode()),
        ("ce_time", event.time.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()),
        ("ce_subject", key.encode()),
        ("content-type", b"application/json"),
    ]
    if event.traceparent:
        headers.append(("traceparent", event.traceparent.encode()))
    return KafkaMessage(topic, key.encode(), headers, encode(event.data))


def _binary(headers: Mapping[str, bytes], value: bytes, topic: str) -> CloudEvent:
    if "ce_specversion" not in headers:
        not_a_cloudevent("ce_specversion", "is missing", "send the ce_ headers of CloudEvents 1.0 in binary mode")
    values: dict[str, str] = {}
    for name in ("specversion", "id", "source", "type", "time", "subject"):
        header = headers.get("ce_" + name)
        # Kafka lets a header have no value; what has none is not there.
        if header:
            try:
                values[name] = header.decode()
            except UnicodeDecodeError:
                raise ContractError("ce_" + name, "is not UTF-8", "send text in UTF-8", reason="wrong-type") from None
    trace = headers.get("traceparent") or headers.get("ce_traceparent")
    return read_event(Attributes("ce_", values, trace.decode("ascii", "replace") if trace else None), value, topic)


def _structured(event: bytes, topic: str | None) -> CloudEvent:
    try:
        parts = _ENVELOPE.decode(event)
    except msgspec.ValidationError:
        not_a_cloudevent(
            "event", "is not a JSON object", "send an object with specversion, id, source, type, time, data"
        )
    except UNREADABLE as error:
        raise ContractError(
            "event", f"is not JSON in UTF-8 ({error})", "send one JSON object", reason="not-json"
        ) from None
    values: dict[str, str] = {}
    for name in ("specversion", "id", "source", "type", "time", "subject", "traceparent", "datacontenttype"):
        if name in parts:
            try:
                text = _TEXT.decode(parts[name])
            except UNREADABLE:
                raise ContractError(name, "is not text", "write it in quotes", reason="wrong-type") from None
            if text is not None:
                values[name] = text
    if "data" not in parts:
        not_a_cloudevent("data", "is missing", "put the fact itself under data, as JSON (data_base64 is not read)")
    if not values.get("datacontenttype", "application/json").startswith("application/json"):
        not_a_cloudevent("datacontenttype", "is not application/json", "send JSON data")
    return read_event(Attributes("", values, values.get("traceparent")), bytes(parts["data"]), topic)


def _check_source(event: CloudEvent, topic: str) -> None:
    """Our services speak as /outage/NAME on their own topics; what lies below a name they say to themselves only.

    Ids of ours follow from what caused them: who took one first would keep the real one out.
    """
    if not is_ours(event.source) or (topic not in FROM_OUTSIDE and event.source.count("/") == _OWN_NAME):
        return
    error = ContractError(
        "source",
        f"{shown(event.source)} is reserved",
        "name your own system, e.g. /dispatch/east",
        reason="reserved-source",
    )
    error.name(event.source, event.id, event.type)
    raise error


def _check_key(event: CloudEvent, topic: str, key: bytes | None) -> None:
    due = key_of(topic, event.data) or event.subject
    if key is None:
        where = f"under the key {shown(due)}" if due else "under the outage's mRID or the customer's id"
        error = ContractError("key", "is missing", f"send it {where}", reason="key-mismatch")
    elif due is not None and key != due.encode():
        problem = f"{shown(key.decode(errors='backslashreplace'))} is not {shown(due)}, which the data gives"
        error = ContractError("key", problem, "key and data must name the same", reason="key-mismatch")
    elif plain_key(key) is None:
        problem = f"{shown(key.decode(errors='backslashreplace'))} is no name"
        remedy = f"send text in UTF-8, 1 to {LONGEST} characters, none of them a control character"
        error = ContractError("key", problem, remedy, reason="key-mismatch")
    else:
        return
    error.name(event.source, event.id, event.type)
    raise error
