"""Limits of every number, text and list on the wire: data beside the contracts.

Published schemas stay as they are; they say less than a table, an index or a machine can hold. A record is checked when it
is *taken*, over HTTP and from Kafka alike (reason out-of-bounds), and never when the log is read: what is in it happened.
`tests/contract/schemas/test_bounds.py` walks every contract against every typed column.
"""

import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

from schemas.contracts.base import MultiPolygon, Polygon
from schemas.errors import ContractError, bare_type, shown
from schemas.shapes import check_shape


class Range(NamedTuple):
    """From and up to, both allowed."""

    least: float
    most: float


INT4: Final = Range(-(2**31), 2**31 - 1)
"""What a column of type int holds, and what every whole number keeps to that has no line below."""

WHOLE: Final[Mapping[str, Range]] = {
    "revisionNumber": Range(1, 2**53 - 1),  # some systems count by milliseconds since 1970
    "schemeStep": Range(1, 10_000),
    "customersAffected": Range(0, 100_000_000),
    "attempt": Range(1, 10_000),
    "rank": Range(1, 10_000),
    "marginSeconds": Range(-(10**10), 10**10),  # the years 2000 to 2199 in seconds; stands in no column of its own
    "offset": Range(0, 2**63 - 1),  # Kafka's own, of what was set aside
}
"""By field name on the wire, in whatever contract it stands."""

REAL: Final = Range(-1e9, 1e9)
LIST: Final = 50_000
"""Items of a list. A record's bytes bound them sooner, but for names of one letter."""
ENTRIES: Final = 100
"""Entries of a map; ours are by language."""
TEXT: Final = 300_000
"""Characters of a text whose contract says no less: the public words of a notice."""
NAME_BYTES: Final = 1_600
"""Bytes of a name in its normal form, under which it is looked up: an index row holds 2,700. One character may become 18."""
BODY_BYTES: Final = 1_048_576
"""Bytes of an event's data as it comes."""

_SHORT = 40  # so many characters cannot come to NAME_BYTES, whatever they are
_NAME = 200  # the longest text that is a name and not prose

Check = Callable[[Any, str], None]
"""Takes a value and its path; raises ContractError."""


def check_bounds(data: msgspec.Struct) -> None:
    """See that every number, text and list of `data` is within its bounds.

    Raises:
        ContractError: reason out-of-bounds, with the field, what it holds and what is allowed.

    """
    _struct(type(data))(data, "")


def check_size(body: bytes) -> None:
    """See that an event's data is no larger than anything of ours could hold.

    Raises:
        ContractError: reason out-of-bounds.

    """
    if len(body) > BODY_BYTES:
        raise _outside("data", f"has {len(body):,} bytes", f"send at most {BODY_BYTES:,}; say it in several events")


def whole_range(name: str, kind: inspect.IntType) -> Range:
    """What a whole number may be: its line above, or INT4, and within what its contract says."""
    least, most = WHOLE.get(name, INT4)
    low = kind.ge if kind.ge is not None else kind.gt + 1 if kind.gt is not None else least
    high = kind.le if kind.le is not None else kind.lt - 1 if kind.lt is not None else most
    return Range(max(least, low), min(most, high))


@cache
def _struct(kind: type[msgspec.Struct]) -> Check:
    """The check of a struct: its fields that have something to check, found once."""
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)  # noqa: S101 - type_info of a struct is one
    fields = [
        (field.name, field.encode_name, check)
        for field in found.fields
        if (check := _check(field.encode_name, field.type)) is not None
    ]

    def checked(value: Any, path: str) -> None:
        for name, wire, check in fields:
            held = getattr(value, name)
            if held is not None:
                check(held, f"{path}.{wire}" if path else wire)

    return checked


def _check(name: str, kind: inspect.Type) -> Check | None:
    kind = bare_type(kind)
    if isinstance(kind, inspect.IntType):
        return _number(whole_range(name, kind))
    if isinstance(kind, inspect.FloatType):
        return _number(REAL)
    if isinstance(kind, inspect.StrType):
        return _text(kind)
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        return _list(_check(name, kind.item_type))
    if isinstance(kind, inspect.DictType):
        return _map(_check(name, kind.key_type), _check(name, kind.value_type))
    if isinstance(kind, inspect.StructType):
        return check_shape if issubclass(kind.cls, Polygon | MultiPolygon) else _struct(kind.cls)
    return None  # words of a closed list, instants (which have their own bounds), yes and no


def _number(allowed: Range) -> Check:
    def checked(value: Any, path: str) -> None:
        if not allowed.least <= value <= allowed.most:
            raise _outside(path, f"{value:.15g} is out of bounds", f"write {allowed.least:.15g} to {allowed.most:.15g}")

    return checked


def _text(kind: inspect.StrType) -> Check | None:
    longest = min(kind.max_length or TEXT, TEXT)
    if kind.max_length is not None and kind.max_length > _NAME:
        return None  # prose, and its contract holds it
    named = longest <= _NAME

    def checked(value: Any, path: str) -> None:
        if len(value) > longest:
            raise _outside(path, f"has {len(value):,} characters", f"write at most {longest:,}")
        if named and len(value) > _SHORT and not value.isascii():
            held = len(unicodedata.normalize("NFKC", value).casefold().encode("utf-8", "replace"))
            if held > NAME_BYTES:
                raise _outside(path, f"{shown(value)} has {held:,} bytes in its normal form", f"keep to {NAME_BYTES:,}")

    return checked


def _list(item: Check | None) -> Check:
    def checked(value: Any, path: str) -> None:
        if len(value) > LIST:
            raise _outside(path, f"has {len(value):,} items", f"list at most {LIST:,}; say it in several events")
        if item is not None:
            for index, one in enumerate(value):
                item(one, f"{path}[{index}]")

    return checked


def _map(key: Check | None, item: Check | None) -> Check:
    def checked(value: Any, path: str) -> None:
        if len(value) > ENTRIES:
            raise _outside(path, f"has {len(value):,} entries", f"write at most {ENTRIES}")
        for name, one in value.items():
            if key is not None:
                key(name, f"{path}: {shown(name)}")
            if item is not None:
                item(one, f"{path}.{shown(name)}")

    return checked


def _outside(path: str, problem: str, remedy: str) -> ContractError:
    return ContractError(path, problem, remedy, reason="out-of-bounds")
