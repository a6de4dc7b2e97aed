"""Find, by the contracts themselves, every field in which an event holds what is personal, however deep it stands."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

WITHIN_LIST = "[]"
"""Stands in a path for each item of a list."""


class PersonalField(NamedTuple):
    """Where it lies in the event's JSON, and by which rule it is to be forgotten."""

    path: tuple[str, ...]
    rule: str


Inner = Mapping[tuple[type[Struct], str], tuple[type[Struct], ...]]
"""Fields that hold other structs without saying so: as JSON in a text, or as a mapping; with all that they may hold."""


def personal_fields(kind: type[Struct], inner: Inner) -> set[PersonalField]:
    """Those of events of this form."""
    return {*_of(kind, inner)}


def _of(kind: type[Struct], inner: Inner) -> Iterator[PersonalField]:
    hints = get_type_hints(kind, include_extras=True)
    names = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    for name, wire in names:
        held = inner.get((kind, name))
        found = [one for other in held for one in _of(other, inner)] if held is not None else [*_in(hints[name], inner)]
        for one in found:
            yield PersonalField((wire, *one.path), one.rule)


def _in(hint: Any, inner: Inner) -> Iterator[PersonalField]:
    rule = _rule(hint)
    if rule is not None:
        yield PersonalField((), rule)
        return
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield from _of(hint, inner)
        return
    step = (WITHIN_LIST,) if getattr(hint, "__origin__", None) in (tuple, list, dict) else ()
    for part in get_args(hint):
        if not isinstance(part, Meta | str | int) and part is not ...:
            for one in _in(part, inner):
                yield PersonalField((*step, *one.path), one.rule)


def _rule(hint: Any) -> str | None:
    """The rule that an annotation names itself; of the words of customers it is the same everywhere."""
    for part in getattr(hint, "__metadata__", ()):
        if isinstance(part, Meta) and part.extra is not None:
            if "forgotten_by" in part.extra:
                return str(part.extra["forgotten_by"])
            if part.extra.get("written_by") == "customers":
                return "words"
    return None
