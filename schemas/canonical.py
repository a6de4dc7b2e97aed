"""One hash for one meaning: equal JSON gives equal hashes however it was written down."""

import hashlib
import math

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
