"""Read an event's data as the struct of its type, so that whoever words it names fields and not strings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from schemas.contracts import all_types
from schemas.upcast import upcast
from services.notifier.domain import events as of_notifier
from services.planner.domain import events as of_planner
from services.restorer.domain import events as of_restorer
from services.restorer.domain.months import events as of_months
from services.tasks.domain.words import TASK_STRUCTS

STRUCTS: Mapping[str, type[Struct]] = {
    **all_types.STRUCTS,
    **of_planner.STRUCTS,
    **of_restorer.STRUCTS,
    **of_months.STRUCTS,
    **of_notifier.STRUCTS,
    **TASK_STRUCTS,
}
"""Every type that travels or stays in a log."""
S = TypeVar("S", bound=Struct)


def decoded(type_name: str, data: Mapping[str, Any]) -> Struct | None:
    """The event; None where this version does not know its type.

    One of a version that has a successor is told as that. One that does not fit is told as far as it can be read: what it
    lacks, and an instant or a part that cannot be read, is None against the type, or empty where the struct has a list;
    any other value stands as it was written.
    """
    type_name, data = upcast(type_name, dict(data))
    struct = STRUCTS.get(type_name)
    if struct is None:
        return None
    return whole_or_part(data, struct)


def whole_or_part(data: Mapping[str, Any], struct: type[S]) -> S:
    """`data` as `struct`, as far as it can be read."""
    try:
        return msgspec.convert(data, struct)
    except msgspec.ValidationError:
        return _in_part(data, struct)


def _in_part(data: Mapping[str, Any], struct: type[S]) -> S:
    hints, found = get_type_hints(struct), dict[str, Any]()
    for one in msgspec.structs.fields(struct):
        if one.encode_name in data:
            found[one.name] = _value(data[one.encode_name], hints[one.name])
        elif one.required:
            found[one.name] = () if get_origin(hints[one.name]) is tuple else None
    try:
        return struct(**found)
    except (TypeError, ValueError):  # instants that no contract takes: without a zone, or of the year 225
        return struct(**{name: None if isinstance(value, datetime) else value for name, value in found.items()})


def _value(value: object, hint: Any) -> Any:
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    struct = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Struct)), None)
    if struct is not None:
        return _nested(value, struct)
    if get_origin(hint) is tuple and isinstance(value, list | tuple):
        return tuple(_value(one, get_args(hint)[0]) for one in value)
    try:
        return msgspec.convert(value, hint)
    except msgspec.ValidationError:
        return None if datetime in kinds else value


def _nested(value: object, struct: type[Struct]) -> Struct | None:
    if not isinstance(value, Mapping):
        return None
    try:
        return whole_or_part(value, struct)
    except (TypeError, ValueError):
        return None
