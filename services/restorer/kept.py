"""An outage's state as bytes and back, for the kernel's snapshots.

JSON, so that instants keep the offset they were written with: a view made from a kept state is the one a replay gives.
Sorted sets are bytes of their own, for so they are decoded at once to what they hold: 20,000 reports in some 20 ms.
"""

from base64 import b64decode
from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from schemas.registry import STRUCTS, TYPE_OF
from services.kernel.sortedset import SortedSet
from services.restorer.state import DIGEST, State

_FIELDS = tuple(field.name for field in fields(State) if field.init and field.name != "facts")
_HINTS = get_type_hints(State)
_Kept: Any = msgspec.defstruct(
    "_Kept", [*((name, _HINTS[name]) for name in _FIELDS), ("facts", list[tuple[str, msgspec.Raw, str]])]
)


def _encode(value: Any) -> Any:
    if isinstance(value, SortedSet):
        items = list(value)
        return b"".join(items) if items and isinstance(items[0], bytes) else msgspec.json.encode(items)
    raise NotImplementedError(type(value).__name__)


def _decode(kind: Any, value: Any) -> Any:
    if get_origin(kind) is SortedSet:
        (item,) = get_args(kind)
        stored = b64decode(value)
        if item is bytes and stored != b"[]":
            return SortedSet.ordered([stored[at : at + DIGEST] for at in range(0, len(stored), DIGEST)])
        return SortedSet.ordered(msgspec.json.decode(stored, type=list[item]))  # type: ignore[valid-type]
    raise NotImplementedError(str(kind))


_encoder = msgspec.json.Encoder(enc_hook=_encode)
_decoder = msgspec.json.Decoder(_Kept, dec_hook=_decode)


def dump(state: State) -> bytes:
    """The state, whole."""
    facts = [
        (TYPE_OF[kind], msgspec.Raw(msgspec.json.encode(fact)), cause)
        for kind, known in state.facts.items()
        for fact, cause in known.items()
    ]
    return _encoder.encode(_Kept(**{name: getattr(state, name) for name in _FIELDS}, facts=facts))


def restore(data: bytes) -> State:
    """The state again.

    Raises:
        msgspec.MsgspecError: the bytes are not those of a state of this code.

    """
    kept = _decoder.decode(data)
    facts: dict[type, dict[Any, str]] = {}
    for kind, raw, cause in kept.facts:
        fact = msgspec.json.decode(raw, type=STRUCTS[kind])
        facts.setdefault(type(fact), {})[fact] = cause
    return State(**{name: getattr(kept, name) for name in _FIELDS}, facts=facts)
