"""Check what every CloudEvent must carry before anyone looks at its data, whichever way it came."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple, NoReturn

import msgspec
from msgspec import Struct

from schemas.bounds import check_bounds, check_size
from schemas.citation import LIMIT, citation
from schemas.contracts.all_types import REGISTRY, key_of
from schemas.contracts.base import EARLIEST, LATEST, encode
from schemas.errors import CITATION_LIMIT, WRITE_INSTANT, ContractError, data_error, shown
from schemas.upcast import UPCASTERS, upcast

UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\Z")
_NUL = b"\\u0000"
_DECODERS = {name: msgspec.json.Decoder(contract.struct) for name, contract in REGISTRY.items()}
_TIME = msgspec.json.Decoder(datetime)


class CloudEvent(Struct, frozen=True, kw_only=True):
    """One typed event.

    `time` is UTC; `subject` is the key where one follows from the data; `body` holds the data's bytes as received, for
    `content_hash` (empty in an event made here). `data` is of the newest version of its type, `type` is the one that it came as.
    """

    source: str
    id: str
    type: str
    time: datetime
    subject: str | None = None
    data: Struct
    traceparent: str | None = None
    body: bytes = b""


class Attributes(NamedTuple):
    """Context attributes as text, by the names a sender knows them under (ce_id in headers, id in JSON)."""

    prefix: str
    values: Mapping[str, str]
    traceparent: str | None


def read_event(attributes: Attributes, body: bytes, topic: str | None) -> CloudEvent:
    """The typed event of these attributes and this JSON data; without a topic, any topic of its type will do.

    Raises:
        ContractError: it breaks its contract; source, id and type are named as far as they could be read.

    """
    values = attributes.values
    try:
        return _checked(attributes, body, topic)
    except ContractError as error:
        error.name(values.get("source"), values.get("id"), values.get("type"))
        raise


def _checked(attributes: Attributes, body: bytes, topic: str | None) -> CloudEvent:
    prefix, values, traceparent = attributes
    if values.get("specversion") != "1.0":
        not_a_cloudevent(prefix + "specversion", "is not 1.0", "write 1.0: the version of CloudEvents, not of the type")
    source, event_id, type_name = values.get("source"), values.get("id"), values.get("type") or ""
    subject = values.get("subject")
    topics = topics_of(type_name, prefix)
    if topic is not None and topic not in topics:
        raise ContractError(
            prefix + "type",
            f"{type_name} does not travel on {topic}",
            f"send it to {' or '.join(sorted(topics))}",
            reason="wrong-topic",
        )
    if not source:
        raise ContractError(
            prefix + "source", "is missing", "name the sending system, e.g. /dispatch/east", reason="missing-source"
        )
    if not event_id:
        raise ContractError(
            prefix + "id", "is missing", "give each event an id that its source never uses again", reason="missing-id"
        )
    if len(citation(source, event_id)) > LIMIT:
        raise ContractError(
            prefix + "id", "is too long", f"keep source and id under {CITATION_LIMIT} characters", reason="wrong-type"
        )
    time = _instant(values.get("time"), prefix + "time")
    data = _data(type_name, body)
    key = key_of(topic or next(iter(topics)), data) if topic or len(topics) == 1 else None
    for name, text in (("source", source), ("id", event_id), ("subject", subject or key)):
        if text and _CONTROL.search(text):
            raise ContractError(prefix + name, "holds a control character", "leave it out", reason="wrong-type")
    check_subject(subject, key, prefix)
    if traceparent and not _TRACEPARENT.match(traceparent):
        traceparent = None
    return CloudEvent(
        source=source,
        id=event_id,
        type=type_name,
        time=time,
        subject=subject,
        data=data,
        traceparent=traceparent,
        body=body,
    )


def check_subject(subject: str | None, key: str | None, prefix: str = "") -> None:
    """A subject, where there is one, repeats the key that follows from the data.

    Raises:
        ContractError: they differ.

    """
    if subject is not None and key is not None and subject != key:
        problem = f"{shown(subject)} is not {shown(key)}, which the data gives"
        raise ContractError(prefix + "subject", problem, "repeat the key or leave it out", reason="key-mismatch")


def topics_of(type_name: str, prefix: str) -> frozenset[str]:
    """The topics on which a type travels.

    Raises:
        ContractError: no such type.

    """
    contract = REGISTRY.get(type_name)
    if contract is None:
        problem = f"{shown(type_name)} is not a type we know" if type_name else "is missing"
        raise ContractError(prefix + "type", problem, "use a type listed in schemas/README.md", reason="unknown-type")
    return contract.topics


def _instant(text: str | None, field: str) -> datetime:
    if not text:
        raise ContractError(field, "is missing", WRITE_INSTANT, reason="bad-time")
    try:
        instant = _TIME.decode(b'"' + text.encode() + b'"')
    except UNREADABLE:
        raise ContractError(
            field, f"{shown(text)} is not an RFC 3339 instant", WRITE_INSTANT, reason="bad-time"
        ) from None
    if instant.tzinfo is None:
        raise ContractError(field, "has no zone", WRITE_INSTANT, reason="bad-time")
    if not EARLIEST <= instant < LATEST:
        raise ContractError(field, f"{shown(text)} is outside 2000 to 2199", "check the year", reason="bad-time")
    return instant.astimezone(UTC)


def _data(type_name: str, body: bytes) -> Struct:
    struct = REGISTRY[type_name].struct
    check_size(body)
    try:
        data = _DECODERS[type_name].decode(body)
    except UNREADABLE as error:
        raise data_error(error, struct, type_name) from None
    if _NUL in body and _NUL in encode(data).replace(b"\\\\", b""):
        raise ContractError(
            "data", "holds the character U+0000", "leave it out: databases refuse it", reason="wrong-type"
        )
    check_bounds(data)
    return newest(type_name, data)


def newest(type_name: str, data: Struct) -> Struct:
    """`data` of this type as its newest version says it; a field that its own version does not have stays unsaid."""
    if type_name not in UPCASTERS:
        return data
    name, form = upcast(type_name, msgspec.to_builtins(data, builtin_types=(datetime,)))
    made: Struct = msgspec.convert(form, REGISTRY[name].struct)
    return made


def not_a_cloudevent(field: str, problem: str, remedy: str) -> NoReturn:
    """Say that this is no CloudEvent 1.0 that we read.

    Raises:
        ContractError: always.

    """
    raise ContractError(field, problem, remedy, reason="not-a-cloudevent")
