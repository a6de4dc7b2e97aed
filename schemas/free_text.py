"""Fields of contracts in which people write what they like (schemas.base.Text): they are cleaned before they are kept."""

from collections.abc import Callable
from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct


def cleaned(data: Struct, clean: Callable[[str], str]) -> Struct:
    """`data` with `clean` applied to each free text in it, however deep; the same object where nothing changes."""
    changes: dict[str, Any] = {}
    for name in _fields(type(data)):
        value = getattr(data, name)
        new = _value(value, clean)
        if new is not value:
            changes[name] = new
    return msgspec.structs.replace(data, **changes) if changes else data


def _value(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        new = clean(value)
        return value if new == value else new
    if isinstance(value, Struct):
        return cleaned(value, clean)
    if isinstance(value, tuple):
        made = tuple(_value(item, clean) for item in value)
        return value if all(one is other for one, other in zip(made, value, strict=True)) else made
    return value


@cache
def _fields(kind: type[Struct]) -> tuple[str, ...]:
    """The fields of a contract that are free text, or may hold some."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(name for name in kind.__struct_fields__ if _may_hold(hints[name]))


@cache
def _may_hold(hint: Any) -> bool:
    if isinstance(hint, type) and issubclass(hint, Struct):
        return bool(_fields(hint))
    if any(isinstance(part, Meta) and part.extra == {"written_by": "people"} for part in get_args(hint)):
        return True
    return any(_may_hold(part) for part in get_args(hint) if not isinstance(part, Meta | str | int) and part is not ...)
