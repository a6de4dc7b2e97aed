"""The tables that people write (TOML), as structs: what a key may hold, and what is said of one that is wrong.

A field's type says what its key may hold, and msgspec holds the file to it; `extra` of a type (msgspec's Meta) is what is
said where it does not fit. What one key asks of another a table raises itself: `Wrong`, in its `__post_init__`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import time, timedelta
from functools import cache
from typing import Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

from msgspec import UNSET, Meta, Struct
from msgspec.structs import asdict

Text = Annotated[str, Meta(pattern=r"\S", extra={"what": "{value!r} is not a text", "remedy": 'write {key} = "…"'})]
Flag = Annotated[bool, Meta(extra={"what": "{value!r} is neither true nor false", "remedy": "write {key} = true"})]
Duration = Annotated[
    str,
    Meta(
        pattern=r"^\s*\d{1,7}\s+(second|minute|hour|day)s?\s*$",
        examples=["2 hours"],
        extra={
            "what": "{value!r} is not a time with its unit",
            "remedy": 'write {key} = "2 hours" (seconds, minutes, days)',
        },
    ),
]
ClockTime = Annotated[
    str,
    Meta(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        examples=["21:00"],
        extra={"what": "{value!r} is not a time of day", "remedy": 'write {key} = "21:00" (00:00 to 23:59)'},
    ),
]

Steps = tuple[str | int, ...]
"""The way to a key from the top of a file: keys, and after a list of tables the table's number from 0."""


class Wrong(ValueError):
    """A table's keys do not fit each other; `steps` lead from that table to the key at fault."""

    def __init__(self, steps: Steps | str, what: str, remedy: str) -> None:
        super().__init__("the keys do not fit each other")
        self.steps: Steps = (steps,) if isinstance(steps, str) else steps
        self.what = what
        self.remedy = remedy


class Written(Struct, forbid_unknown_fields=True):
    """A table that people write. A key that is no field is refused: a rule misspelt is a rule not applied."""

    noun: ClassVar[str] = "table"
    """How errors call one of a list of such tables, before its id or number."""

    @classmethod
    def name(cls, number: int, raw: Mapping[str, Any]) -> str:
        """How errors call the table of this number (1 is the first) in a list: by its id, where it should have one."""
        if "id" not in cls.__struct_fields__:
            return f"{cls.noun} {number}"
        own = raw.get("id")
        return f"{cls.noun} {own}" if isinstance(own, str) and own else f"{cls.noun} number {number}"

    @classmethod
    def complaint(cls, key: str, value: Any) -> tuple[str, str]:
        """What is wrong with the `value` of `key`, and what to do: as the field's type says, else by its words."""
        parts = cls.parts(key)
        said = next((part.extra for part in parts if isinstance(part, Meta) and part.extra), None)
        words = cls.words(key)
        if said:
            return said["what"].format(value=value), said["remedy"].format(key=key)
        if not words:
            return f"{value!r} is not a table", f"write [{key}] and its keys below"
        if tuple not in parts:
            return f"{value!r} is not known", f"write one of {', '.join(words)}"
        if not isinstance(value, list):
            return f"{value!r} is not a list", f'write {key} = ["{words[0]}"]'
        strange = next(word for word in value if word not in words)
        return f"{strange!r} is not known", f"write some of {', '.join(words)}"

    @classmethod
    def stray(cls) -> tuple[str, str]:
        """What is said of a key that is no field, and what to do."""
        return "is not known here", f"remove it or write one of {', '.join(sorted(cls.__struct_fields__))}"

    @classmethod
    def words(cls, key: str) -> Sequence[str]:
        """The words that a field may hold, in the order they were defined in; none where it holds something else."""
        return [*dict.fromkeys(part for part in cls.parts(key) if isinstance(part, str))]

    @classmethod
    def parts(cls, key: str) -> Sequence[Any]:
        """All that the type of a field is made of: types, what they are held to (Meta), words (str)."""
        return _parts_of(cls)[key]

    @classmethod
    def table(cls, key: str) -> type[Written] | None:
        """The form of the table, or of the tables, that `key` holds; None where it holds something else."""
        return next((part for part in cls.parts(key) if isinstance(part, type) and issubclass(part, Written)), None)


def given(table: Written) -> dict[str, Any]:
    """What was written of `table`, times as times; a key left out is left out, so that the model's default holds."""
    read = {key: _reader(table.parts(key)) for key in table.__struct_fields__}
    return {key: read[key](value) for key, value in asdict(table).items() if value is not UNSET}


def span(written: str) -> timedelta:
    """A `Duration`, e.g. "2 hours"."""
    amount, unit = written.split()
    return timedelta(**{f"{unit.removesuffix('s')}s": int(amount)})


def _reader(parts: Sequence[Any]) -> Callable[[Any], Any]:
    if Duration in parts:
        return span
    return time.fromisoformat if ClockTime in parts else lambda value: value


@cache
def _parts_of(form: type[Written]) -> Mapping[str, Sequence[Any]]:
    return {key: [*_parts(hint)] for key, hint in get_type_hints(form, include_extras=True).items()}


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    yield get_origin(hint)
    for part in get_args(hint):
        yield from _parts(part)
