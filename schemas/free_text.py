"""Clean the fields in which people write what they like, before they are kept.

Each such field says beside itself in the contract who writes it (schemas.contracts.base): `Text` and `Person` are the utility's own
people's, who name dates and numbers of plant; `CustomersWords` are a customer's, in which no figure of ours stands.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

Clean = Callable[[str], str]
Writer = Literal["people", "customers"]


def cleaned(data: Struct, clean: Clean, customers: Clean | None = None) -> Struct:
    """`data` with each free text in it cleaned, however deep; the same object where nothing changes.

    :param clean: for words of the utility's own people.
    :param customers: for words of customers; the same as the others' if left out.
    """
    by: dict[Writer, Clean] = {"people": clean, "customers": customers or clean}
    return _struct(data, by)


def _struct(data: Struct, by: dict[Writer, Clean]) -> Struct:
    changes: dict[str, Any] = {}
    for name, writer in free_texts(type(data)):
        value = getattr(data, name)
        new = _value(value, by, writer)
        if new is not value:
            changes[name] = new
    return msgspec.structs.replace(data, **changes) if changes else data


def _value(value: Any, by: dict[Writer, Clean], writer: Writer | None) -> Any:
    if isinstance(value, str) and writer is not None:
        new = by[writer](value)
        return value if new == value else new
    if isinstance(value, Struct):
        return _struct(value, by)
    if isinstance(value, tuple):
        made = tuple(_value(item, by, writer) for item in value)
        return value if all(one is other for one, other in zip(made, value, strict=True)) else made
    return value


@cache
def free_texts(kind: type[Struct]) -> tuple[tuple[str, Writer | None], ...]:
    """The fields of a contract that are free text, with who writes them; None for those that only may hold some."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(
        (name, _writer(hints[name])) for name in kind.__struct_fields__ if _writer(hints[name]) or _holds(hints[name])
    )


def _parts(hint: Any) -> tuple[Any, ...]:
    return tuple(part for part in get_args(hint) if not isinstance(part, str | int) and part is not ...)


@cache
def _writer(hint: Any) -> Writer | None:
    for part in _parts(hint):
        if isinstance(part, Meta):
            if part.extra is not None and "written_by" in part.extra:
                writer: Writer = part.extra["written_by"]
                return writer
        elif (found := _writer(part)) is not None:
            return found
    return None


@cache
def _holds(hint: Any) -> bool:
    if isinstance(hint, type) and issubclass(hint, Struct):
        return bool(free_texts(hint))
    return any(_holds(part) for part in _parts(hint) if not isinstance(part, Meta))
