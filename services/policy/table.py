"""One table of a regime file, read key by key; every complaint names the place, the key and the remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import EllipsisType, MappingProxyType
from typing import Any

from services.policy.lines import NO_LINES, Block, Lines
from services.policy.model import Between, Condition, PolicyError
from services.policy.vocabulary import TRAITS

UNITS = {"second": "seconds", "minute": "minutes", "hour": "hours", "day": "days"}
NUMBER_AND_UNIT = 2


def open_table(path: Path | str, kind: str) -> tuple[Table, str]:
    """The TOML file at `path` as a table, and its text with the line ends of Unix. `kind` is what it should be.

    Raises:
        PolicyError: it cannot be read or is no TOML; names the file and the remedy.

    """
    try:
        text = Path(path).read_bytes().replace(b"\r\n", b"\n").decode()
        return Table(tomllib.loads(text), str(path), lines=Lines.of(text)), text
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read ({error.strerror}): give the path of {kind}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: is not TOML in UTF-8: {error}: correct that place") from error


class Table:
    """A TOML table that knows where it stands and which of its keys were asked for."""

    def __init__(
        self,
        raw: Mapping[str, Any],
        path: str,
        place: str = "",
        lines: Lines = NO_LINES,
        block: Block = ("", 1),
        *,
        inline: str = "",
    ) -> None:
        self._raw = raw
        self._asked: set[str] = set()
        self._path = path
        self._place = place
        self._lines = lines
        self._block = block
        self._inline = inline

    def wrong(self, key: str, what: str, remedy: str, *, line: int | None = None) -> PolicyError:
        """The error for `key`: file, line (the key's where none is given), place, what is wrong, what to do."""
        line = line or self._lines.find(self._block, self._inline or key)
        where = [f"{self._path}, line {line}" if line else self._path, *([self._place] if self._place else [])]
        return PolicyError(f"{': '.join(where)}: {key}: {what}: {remedy}")

    def finish(self) -> None:
        """Refuse keys that nobody asked for: a rule misspelt is a rule not applied.

        Raises:
            PolicyError: there is one.

        """
        for key in self._raw.keys() - self._asked:
            known = ", ".join(sorted(self._asked))
            raise self.wrong(key, "is not known here", f"remove it or write one of {known}")

    def text(self, key: str, default: Any = ...) -> Any:
        """A string that is not blank; `default` where the key is absent, which is wrong when no default is given."""
        value = self._take(key, default)
        if value is default:
            return default
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, f"{value!r} is not a text", f'write {key} = "…"')
        return value

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._take(key, ...)
        if not isinstance(value, bool):
            raise self.wrong(key, f"{value!r} is neither true nor false", f"write {key} = true")
        return value

    def number(self, key: str) -> Decimal:
        """A number that is not negative."""
        value = self._take(key, ...)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise self.wrong(key, f"{value!r} is not a number from 0 up", f"write {key} = 7")
        return Decimal(str(value))

    def whole(self, key: str) -> int | None:
        """A whole number; None where the key is absent."""
        value = self._take(key, None)
        if value is not None and type(value) is not int:
            raise self.wrong(key, f"{value!r} is not a whole number", f"write {key} = 2027")
        return value

    def entries(self, key: str) -> list[Any]:
        """A list with whatever is in it; empty where the key is absent."""
        value = self._take(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, f"{value!s} is not a list", f"write {key} = [ … ]")
        return value

    def choice(self, key: str, allowed: Sequence[str], default: str | EllipsisType = ...) -> Any:
        """One of the words `allowed`."""
        value = self._take(key, default)
        if value not in allowed:
            raise self.wrong(key, f"{value!r} is not known", f"write one of {', '.join(allowed)}")
        return value

    def choices(self, key: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """A list of words out of `allowed`; empty where the key is absent."""
        value = self._take(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, f"{value!r} is not a list", f'write {key} = ["{allowed[0]}"]')
        for word in value:
            if word not in allowed:
                raise self.wrong(key, f"{word!r} is not known", f"write some of {', '.join(allowed)}")
        return tuple(value)

    def duration(self, key: str, default: str | EllipsisType = ...) -> timedelta:
        """A time like "2 hours", "90 minutes", "1 day"."""
        value = self._take(key, default)
        parts = value.split() if isinstance(value, str) else []
        unit = UNITS.get(parts[1].removesuffix("s")) if len(parts) == NUMBER_AND_UNIT else None
        if unit is None or not parts[0].isdecimal():
            raise self.wrong(
                key, f"{value!r} is not a time with its unit", f'write {key} = "2 hours" (seconds, minutes, days)'
            )
        return timedelta(**{unit: int(parts[0])})

    def sub(self, key: str, *, optional: bool = False) -> Table:
        """A table within this one."""
        value = self._take(key, {} if optional else ...)
        if not isinstance(value, dict):
            raise self.wrong(key, f"{value!r} is not a table", f"write [{key}] and its keys below")
        place = f"{self._place}: {key}" if self._place else key
        name = f"{self._block[0]}.{key}".lstrip(".")
        if self._lines.has(name):
            return Table(value, self._path, place, self._lines, (name, 1))
        # Written inline, as applies_when is: its keys stand on the line of its own.
        return Table(value, self._path, place, self._lines, self._block, inline=key)

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        """A list of tables, at least one."""
        value = self._take(key, ...)
        if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
            raise self.wrong(key, "holds no rules", f"write [[{key}]] at least once, with the keys of one rule below")
        return value

    def each(self, key: str, name: Callable[[int, Mapping[str, Any]], str]) -> Iterator[Table]:
        """Each table of such a list; `name` says how errors call it, from its number (1 is the first) and content."""
        for number, value in enumerate(self.tables(key), start=1):
            yield Table(value, self._path, name(number, value), self._lines, (key, number))

    def items(self) -> Mapping[str, Any]:
        """All keys with their raw values."""
        self._asked.update(self._raw)
        return self._raw

    def _take(self, key: str, default: Any) -> Any:
        self._asked.add(key)
        value = self._raw.get(key, default)
        if value is ...:
            raise self.wrong(key, "is missing", "add it")
        return value


def conditions(table: Table) -> Mapping[str, Condition]:
    """The applies_when of a rule: trait = word, list of words, true/false, or a range {at_least, below}.

    Raises:
        PolicyError: a condition is none of these.

    """
    found: dict[str, Condition] = {}
    for trait, value in table.items().items():
        if trait not in TRAITS:
            raise table.wrong(trait, "no case has such a trait", f"write one of {', '.join(TRAITS)}")
        remedy = 'write a word, ["a", "b"], true, or { at_least = 10, below = 35 }'
        match value:
            case str() | bool():
                found[trait] = frozenset({value})
            case [_, *_] if all(isinstance(word, str | bool) for word in value):
                found[trait] = frozenset(value)
            case dict() if value and value.keys() <= {"at_least", "below"} and all(map(_is_number, value.values())):
                found[trait] = Between(**value)
            case _:
                raise table.wrong(trait, f"{value!r} is not a condition", remedy)
        _check_words(table, trait, found[trait])
    return MappingProxyType(found)


def _check_words(table: Table, trait: str, condition: Condition) -> None:
    words = TRAITS[trait]
    if isinstance(condition, Between):
        if words:
            raise table.wrong(trait, "it is a word, not a number", f"write one of {_listed(words)}")
        return
    if not words:
        raise table.wrong(trait, "it is a number", "write { at_least = 10, below = 35 }")
    for word in sorted(map(str, condition - set(words))):
        raise table.wrong(trait, f"{word!r} is not known", f"write one of {_listed(words)}")


def _listed(words: Sequence[str | bool]) -> str:
    return ", ".join(word if isinstance(word, str) else str(word).lower() for word in words)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
