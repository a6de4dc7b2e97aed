"""Encode an outage's state as bytes and decode it, for the kernel's snapshots."""

from dataclasses import fields
from typing import Any, get_type_hints

import msgspec

from schemas.contracts.all_types import STRUCTS, TYPE_OF
from services.kernel.values.keeping import Keeper
from services.restorer.domain.state import SupplyState

_FIELDS = tuple(field.name for field in fields(SupplyState) if field.init and field.name != "facts")
_HINTS = get_type_hints(SupplyState)
_Kept: Any = msgspec.defstruct(
    "_Kept", [*((name, _HINTS[name]) for name in _FIELDS), ("facts", list[tuple[str, msgspec.Raw, str]])]
)
_keeper: Keeper[Any] = Keeper(_Kept)


def dump(state: SupplyState) -> bytes:
    """The state, whole."""
    facts = [
        (TYPE_OF[kind], msgspec.Raw(msgspec.json.encode(fact)), cause)
        for kind, known in state.facts.items()
        for fact, cause in known.items()
    ]
    return _keeper.dump(_Kept(**{name: getattr(state, name) for name in _FIELDS}, facts=facts))


def restore(data: bytes) -> SupplyState:
    """The state again.

    Raises:
        msgspec.MsgspecError: the bytes are not those of a state of this code.

    """
    kept = _keeper.restore(data)
    facts: dict[type, dict[Any, str]] = {}
    for kind, raw, cause in kept.facts:
        fact = msgspec.json.decode(raw, type=STRUCTS[kind])
        facts.setdefault(type(fact), {})[fact] = cause
    return SupplyState(**{name: getattr(kept, name) for name in _FIELDS}, facts=facts)
