"""Hash the meaning of JSON: equal values give equal hashes however they were written down."""

import hashlib
import math
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec


def _number(literal: str) -> int | float | str:
    """10.0, 1e1 and 10 are one number: some languages re-write one as the other."""
    value = float(literal)
    if not math.isfinite(value):
        return "number " + literal
    return int(value) if value.is_integer() else value


_DECODER = msgspec.json.Decoder(float_hook=_number)
_ENCODER = msgspec.json.Encoder(order="sorted")


def canonical(value: bytes) -> bytes:
    """`value` as JSON with sorted keys, no spaces and plain numbers; bytes that are not JSON come back as they are."""
    try:
        return _ENCODER.encode(_DECODER.decode(value))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return value


def content_hash(value: bytes) -> bytes:
    """The sha256 (32 bytes) over canonical JSON, so that an honest re-serialisation is not taken for other content."""
    return hashlib.sha256(canonical(value)).digest()


def fingerprint(type_name: str, data: msgspec.Struct) -> bytes:
    """The sha256 (32 bytes) over what an event says, once it is read: the same through whichever door it came.

    A default that is written out, a null and a field that is left out are one; so are an instant in two zones or with more
    noughts, and a field that no contract knows is not said at all.
    """
    return hashlib.sha256(_ENCODER.encode({"type": type_name, "data": _said(data)})).digest()


def _said(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is bool or kind is int:
        return value
    if kind is datetime:
        return value.astimezone(UTC).isoformat()
    if kind is tuple or kind is list:
        return [_said(item) for item in value]
    if kind is float:
        return int(value) if value.is_integer() else value
    if kind is dict:
        return {name: _said(item) for name, item in value.items()}
    if isinstance(value, msgspec.Struct):
        said: dict[str, Any] = {}
        for field, name, default in _fields(type(value)):
            held = getattr(value, field)
            if held is not None and held is not default and held != default:
                said[name] = _said(held)
        return said
    return value


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str, Any], ...]:
    """Name here, name on the wire, and the default that says nothing (NODEFAULT: none does) of each field."""
    return tuple(
        (
            field.name,
            field.encode_name,
            field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default,
        )
        for field in msgspec.structs.fields(kind)
    )
