"""Decide whether one event may be taken, and what its sender is answered."""

from typing import Literal

from schemas.canonical import content_hash, fingerprint
from schemas.cloudevent import CloudEvent, ContractError, KafkaMessage, to_kafka
from schemas.contracts.base import Extent, encode
from services.gateway.dispatch.answers import Reason, Result, refused
from services.gateway.dispatch.intake import Unavailable
from services.gateway.dispatch.spoken import NAMED_ALONE, topic_of
from services.gateway.dispatch.taken import IntakeOutcome, OfferedEvent
from services.gateway.dispatch.tokens import Token
from services.gateway.dispatch.wire import Reader

# What the kernel's producer lets through, less the record's own frame.
LARGEST_RECORD_BYTES = 1_000_000 - 1_000


def judged(token: Token, read: Reader) -> OfferedEvent | Result:
    """The event as a candidate, or why it is refused."""
    try:
        event = read()
        message = to_kafka(event, topic_of(event.type))
    except ContractError as error:
        return refused(error)
    if not token.may_name(event.source):
        what = f"{token.name} may not speak for it"
        return _no(event, "source-not-allowed", "source", what, "use your own source, or ask the operator for this one")
    if not token.may_say(event.type):
        what = f"{token.name} may not say it"
        remedy = "ask the operator for this type"
        if event.type in NAMED_ALONE:
            remedy += ': a token must name it, "*" does not cover it'
        return _no(event, "type-not-allowed", "type", what, remedy)
    size = _size(message)
    if size > LARGEST_RECORD_BYTES:
        what = f"has {size:,} bytes with its headers; Kafka takes {LARGEST_RECORD_BYTES:,}"
        return _no(event, "too-large", "data", what, "say it in several events, e.g. fewer usage points each")
    # Time and trace are left out, as in the services' inbox: a retry may carry its own.
    digest = fingerprint(event.type, event.data)
    return OfferedEvent(
        event.source, event.id, event.type, digest, message, former_digest(event.type, message.value), _lines(event)
    )


def _lines(event: CloudEvent) -> tuple[str, ...]:
    extent = getattr(event.data, "extent", None)
    return extent.lines if isinstance(extent, Extent) else ()


def former_digest(type_name: str, value: bytes) -> bytes:
    """What 0.1 kept of an event: the sha256 over canonical JSON of type and data as they go to Kafka."""
    return content_hash(b'{"data":' + value + b',"type":' + encode(type_name) + b"}")


def _size(message: KafkaMessage) -> int:
    return len(message.key) + len(message.value) + sum(len(name) + len(value) + 4 for name, value in message.headers)


def _no(event: CloudEvent, reason: Reason, field: str, what: str, remedy: str) -> Result:
    return Result(
        outcome="refused",
        source=event.source,
        id=event.id,
        event_type=event.type,
        field=field,
        problem=what,
        remedy=remedy,
        reason=reason,
    )


def result(candidate: OfferedEvent, verdict: IntakeOutcome) -> Result:
    """What the intake's verdict means for the sender."""
    source, id_, type_ = candidate.source, candidate.id, candidate.type
    if verdict is IntakeOutcome.OTHER_CONTENT:
        return Result(
            outcome="refused",
            source=source,
            id=id_,
            event_type=type_,
            field="id",
            problem="was used by this source for other content",
            remedy="give the new event an id of its own; to correct an event, send another",
            reason="id-reused",
        )
    if verdict is IntakeOutcome.NOT_ACKNOWLEDGED:
        return later(candidate, Unavailable("kafka-away", "Kafka did not acknowledge it"))
    outcome: Literal["taken", "already-taken"] = "taken" if verdict is IntakeOutcome.TAKEN else "already-taken"
    return Result(outcome=outcome, source=source, id=id_, event_type=type_)


def later(candidate: OfferedEvent, error: Unavailable) -> Result:
    """Not taken, through no fault of the event."""
    return Result(
        outcome="retry",
        source=candidate.source,
        id=candidate.id,
        event_type=candidate.type,
        problem=str(error),
        remedy="send it again with the same id",
        reason=error.reason,
    )
