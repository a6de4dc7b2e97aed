"""Parse CloudEvents as they come over HTTP: structured, batch or binary, one raw event at a time.

Source: CloudEvents 1.0.2, HTTP protocol binding §3 (content modes, header values) and JSON batch format §4.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import msgspec
from starlette.datastructures import Headers

from schemas.cloudevent import CloudEvent, ContractError, parse_structured
from schemas.contracts.base import encode
from schemas.envelope import UNREADABLE, Attributes, not_a_cloudevent, read_event
from schemas.strict import as_written, refuse_unknown_fields
from services.gateway.dispatch.spoken import TYPES

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BINARY = "application/json"
MEDIA_TYPES = (STRUCTURED, BATCH, BINARY)

_ATTRIBUTES = ("specversion", "id", "source", "type", "time", "subject")
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LEAST_ONCE = 2
_MARK = b"\xef\xbb\xbf"  # some systems begin every text in UTF-8 with it; RFC 8259 §8.1 lets a reader pass over it

Reader = Callable[[], CloudEvent]
"""Reads one event; raises ContractError."""


class WrongMediaType(Exception):
    """The content type, its charset or its encoding is not one we read; the message says which are."""


@dataclass(frozen=True, slots=True)
class RequestEvents:
    """The events of one request, not yet read."""

    batch: bool
    readers: Sequence[Reader]


def media_type(headers: Headers) -> str:
    """The content mode.

    Raises:
        WrongMediaType: none we read.

    """
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise WrongMediaType("send the body without Content-Encoding")
    kind, _, parameters = headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    if kind not in MEDIA_TYPES:
        raise WrongMediaType(f"send Content-Type {STRUCTURED}, {BATCH}, or {BINARY} with ce- headers")
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in {"utf-8", "utf8"}:
            raise WrongMediaType("send JSON in UTF-8")
    return kind


def open_parcel(kind: str, headers: Headers, body: bytes) -> RequestEvents:
    """The events of a request whose media type is `kind`.

    Raises:
        ContractError: a batch is no JSON array.

    """
    trace = headers.get("traceparent")
    body = body.removeprefix(_MARK)
    if kind == BINARY:
        return RequestEvents(batch=False, readers=[lambda: _checked(_binary(headers, body, trace))])
    if kind == STRUCTURED:
        return RequestEvents(batch=False, readers=[lambda: _checked(_traced(parse_structured(body), trace))])
    try:
        items = _ITEMS.decode(body)
    except msgspec.ValidationError:
        not_a_cloudevent("batch", "is not a JSON array", f"send an array of events, or one event as {STRUCTURED}")
    except UNREADABLE as error:
        raise ContractError(
            "batch", f"is not JSON in UTF-8 ({error})", "send one JSON array", reason="not-json"
        ) from None
    return RequestEvents(batch=True, readers=[_reader(bytes(item)) for item in items])


def _reader(item: bytes) -> Reader:
    return lambda: _checked(parse_structured(item))


def _checked(event: CloudEvent) -> CloudEvent:
    """`event`, if dispatch systems may state it and its writer made no slip.

    Raises:
        ContractError: see the reasons.

    """
    if event.type not in TYPES:
        error = ContractError(
            "type",
            f"{event.type} is not said by dispatch or metering systems",
            "send a type of outage.dispatch or outage.meters, see schemas/README.md",
            reason="wrong-topic",
        )
        error.name(event.source, event.id, event.type)
        raise error
    # What reads back as it was written has no field too many; only the rest is worth the slow walk over its contract.
    if as_written(event) != msgspec.json.decode(encode(event.data)):
        refuse_unknown_fields(event)
    return event


def _traced(event: CloudEvent, trace: str | None) -> CloudEvent:
    """`event` under the caller's trace, if it names none itself and the header is one."""
    if event.traceparent or not trace:
        return event
    # The envelope keeps a traceparent only if it is well formed; here the same is asked of the header.
    known = re.fullmatch(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", trace)
    return msgspec.structs.replace(event, traceparent=trace) if known else event


def _binary(headers: Headers, body: bytes, trace: str | None) -> CloudEvent:
    if not any(name.startswith("ce-") for name in headers):
        not_a_cloudevent(
            "ce-specversion", "is missing", f"send the ce- headers of binary mode, or the whole event as {STRUCTURED}"
        )
    values: dict[str, str] = {}
    for name in _ATTRIBUTES:
        given = headers.getlist("ce-" + name)
        if len(given) >= _LEAST_ONCE:
            not_a_cloudevent("ce-" + name, "stands twice", "send it once")
        if given:
            values[name] = _text("ce-" + name, given[0])
    return read_event(Attributes("ce-", values, headers.get("ce-traceparent") or trace), body, None)


def _text(name: str, value: str) -> str:
    """A header's value as text: unquoted, then percent-decoded (HTTP binding §3.1.3.2).

    Raises:
        ContractError: it is not UTF-8.

    """
    quoted = _QUOTED.fullmatch(value)
    plain = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value
    try:
        # Servers hand header bytes on as Latin-1; senders may also put plain UTF-8 there.
        return unquote(plain.encode("latin-1").decode(), errors="strict")
    except UnicodeError:
        raise ContractError(name, "is not UTF-8", "percent-encode what is not ASCII", reason="wrong-type") from None
