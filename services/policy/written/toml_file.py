"""Read a TOML file into the form it should have; say of a wrong one on which line and in which table, why, and the remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from services.policy.model import PolicyError
from services.policy.written.lines import Block, Lines
from services.policy.written.table import Steps, Written, Wrong

Form = TypeVar("Form", bound=Written)

_SAID: Final = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_FIELD: Final = re.compile(r"Object (?:missing required|contains unknown) field `(.*)`", re.DOTALL)


class TomlFile:
    """A TOML file, read; `text` has the line ends of Unix. `kind` is what it should be, for the error.

    Raises:
        PolicyError: it cannot be read or is no TOML; names the file and the remedy.

    """

    def __init__(self, path: Path | str, kind: str) -> None:
        self._path = path
        try:
            self.text = Path(path).read_bytes().replace(b"\r\n", b"\n").decode()
            self.raw: Mapping[str, Any] = tomllib.loads(self.text)
        except OSError as error:
            raise PolicyError(f"{path}: cannot be read ({error.strerror}): give the path of {kind}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise PolicyError(f"{path}: is not TOML in UTF-8: {error}: correct that place") from error
        self._lines = Lines.of(self.text)

    def read(self, form: type[Form]) -> Form:
        """The file as `form`.

        Raises:
            PolicyError: it is of another form; names the file, the line, the table, the key and the remedy.

        """
        try:
            return msgspec.convert(self.raw, form)
        except msgspec.ValidationError as error:
            raise self._refusal(_Table(form, self.raw), error) from error

    def wrong(self, key: str, what: str, remedy: str, *, line: int | None = None) -> PolicyError:
        """The error for a key at the top of the file; `line` where a better one than the key's is known."""
        return self._error(_Table(Written, self.raw), key, what, remedy, line)

    def _refusal(self, top: _Table, error: msgspec.ValidationError) -> PolicyError:
        """What msgspec says of the whole file, said of the table, key and value at fault."""
        said = _SAID.fullmatch(str(error))
        what, path = (said["what"], said["path"] or "") if said else (str(error), "")
        steps: Steps = tuple(key or int(number) for key, number in _STEP.findall(path))
        wrong = error.__cause__
        if isinstance(wrong, Wrong):
            table, key = top.at((*steps, *wrong.steps), self._lines)
            return self._error(table, key, wrong.what, wrong.remedy)
        field = _FIELD.fullmatch(what)
        table, key = top.at((*steps, field[1]) if field else steps, self._lines)
        if field and key == field[1]:
            return self._error(table, *table.stray(key))
        return self._error(table, key, *table.form.complaint(key, table.raw[key]))

    def _error(self, table: _Table, key: str, what: str, remedy: str, line: int | None = None) -> PolicyError:
        line = line or self._lines.find(table.block, table.inline or key)
        where = [f"{self._path}, line {line}" if line else f"{self._path}", *table.place]
        return PolicyError(f"{': '.join(where)}: {key}: {what}: {remedy}")


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of a file: its form and content, the header it stands under, and how errors call it.

    `inline` is its key where it is written within a line of another table: its keys stand on that line.
    """

    form: type[Written]
    raw: Mapping[str, Any]
    block: Block = ("", 1)
    inline: str = ""
    place: tuple[str, ...] = ()

    def at(self, steps: Steps, lines: Lines) -> tuple[_Table, str]:
        """The innermost table on the way of `steps`, and the key in it that they lead to or through."""
        key, *beyond = steps
        number = beyond[0] if beyond and isinstance(beyond[0], int) else None
        beyond = beyond if number is None else beyond[1:]
        inner = self._inner(str(key), number, lines) if beyond else None
        return inner.at(tuple(beyond), lines) if inner else (self, str(key))

    def _inner(self, key: str, number: int | None, lines: Lines) -> _Table | None:
        form, value = self.form.table(key), self.raw.get(key, {})
        if form is None:
            return None
        if number is not None:
            return _Table(form, value[number], (key, number + 1), place=(form.name(number + 1, value[number]),))
        header = f"{self.block[0]}.{key}".lstrip(".")
        block, inline = ((header, 1), "") if lines.has(header) else (self.block, key)
        return _Table(form, value, block, inline, (*self.place, key))

    def stray(self, key: str) -> tuple[str, str, str]:
        """Key, complaint and remedy where `key` is missing or not known: a key misspelt is both, and named as missing."""
        fields = msgspec.structs.fields(self.form)
        missing = next((field.name for field in fields if field.required and field.name not in self.raw), None)
        if missing:
            return missing, "is missing", "add it"
        return key, *self.form.stray()
