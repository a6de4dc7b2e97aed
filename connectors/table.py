"""Read a spreadsheet saved as CSV, row by row: find its encoding and delimiter, keep what is wrong by line and column.

Read: UTF-8 with or without a mark, UTF-16 with one, GB18030 (what Chinese Windows saves); commas, semicolons or tabs;
either line end. The file is streamed: memory does not grow with it.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from services.kernel.observing.masking import mask
from services.places import cleaned

BLOCK = 1 << 20
KEPT_ERRORS = 1_000
SHOWN, COLUMNS_SHOWN = 40, 12
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
# Of the characters beyond ASCII, so many must be everyday Chinese before bytes pass for GB18030, which allows nearly any.
# Rare ones stand in names (赟 is beyond GB2312): one is taken beside any that is everyday, more up to this share. Bytes of
# Latin or Big5 text read as GB18030 have none, or half.
PLAUSIBLE_SHARE = 0.75
SUBJECTS = {"customer_id": "customer", "element_id": "element"}
"""What a row is about, by the column that holds its id: the first of its file."""


class RowProblem(ValueError):
    """What is wrong in a row and what to do; `column` is where, if it is one cell."""

    def __init__(self, problem: str, column: str | None = None) -> None:
        super().__init__(problem)
        self.column = column


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong in a line of the file and what to do about it. Line 1 is the header.

    A cell may stand in the wrong column: what is quoted of it shows no phone number.
    """

    line: int
    problem: str
    subject: str | None = None
    """The id of what the line is about."""
    column: str | None = None
    what: str = "customer"
    """What that is, in words."""

    def __str__(self) -> str:
        who = f" ({self.what} {self.shown_subject})" if self.subject else ""
        # Customers with their contacts in one file stand in several lines.
        where = f"line {self.line}{who}" if self.line or not self.subject else f"{self.what} {self.shown_subject}"
        return f"{where}: {self.shown_problem}"

    @property
    def shown_subject(self) -> str | None:
        """The subject's id for people and programs to read."""
        return mask(self.subject) if self.subject else None

    @property
    def shown_problem(self) -> str:
        """The problem for people and programs to read."""
        return mask(self.problem)


class FileProblem(ValueError):
    """The file as a whole cannot be read; `error` says where and what to do."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.error = RowError(line, problem)


@dataclass(slots=True)
class Errors:
    """What is wrong in a file: the first KEPT_ERRORS, the number of all, and the subjects they keep out."""

    kept: list[RowError] = field(default_factory=list)
    count: int = 0
    subjects: set[str] = field(default_factory=set)

    def add(self, error: RowError) -> None:
        """One more."""
        self.count += 1
        if error.subject:
            self.subjects.add(error.subject)
        if len(self.kept) < KEPT_ERRORS:
            self.kept.append(error)


@dataclass(frozen=True, slots=True)
class CsvRow:
    """Cells by column, clean (on one line, nothing hidden), and the line on which the row begins."""

    line: int
    cells: dict[str, str]

    def get(self, name: str) -> str:
        """A cell; empty where the column is absent."""
        return self.cells.get(name, "")


class CsvTable:
    """The header and, once, the rows of a CSV text."""

    def __init__(self, stream: TextIO) -> None:
        self._delimiter = _delimiter(stream)
        self._reader = csv.reader(stream, delimiter=self._delimiter, strict=True)
        self._begins = 1
        first = next(self._lines(), None)
        self.header_line, self._written = first or (1, [])
        self.header = [cleaned(name).lower() for name in self._written]

    def check(self, required: Sequence[str], optional: Sequence[str]) -> None:
        """Hold the header to the columns of a kind of file.

        Raises:
            FileProblem: the file is empty, or columns are missing, not known, or there twice.

        """
        problem = _header_problem(self.header, self._written, tuple(required), tuple(optional))
        if problem:
            raise FileProblem(self.header_line, problem)

    def rows(self, errors: Errors) -> Iterator[CsvRow]:
        """Rows that have a cell for each column, in the file's order; others go to `errors`.

        Raises:
            FileProblem: from here on nothing can be told apart.

        """
        header, width = self.header, len(self.header)
        for line, cells in self._lines():
            if len(cells) != width:
                named = DELIMITERS[self._delimiter]
                problem = f"{len(cells)} cells under {width} columns: put text that holds a {named} in quotes"
                what = SUBJECTS.get(header[0])
                errors.add(RowError(line, problem, cells[0] or None, what=what) if what else RowError(line, problem))
            elif any("\0" in cell for cell in cells):
                errors.add(RowError(line, "a cell holds a NUL character: save the file again from the spreadsheet"))
            else:
                yield CsvRow(line, dict(zip(header, map(cleaned, cells), strict=True)))

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        try:
            for cells in self._reader:
                line, self._begins = self._begins, self._reader.line_num + 1  # a quoted cell may span lines
                trimmed = [cell.strip() for cell in cells]
                if any(trimmed):
                    yield line, trimmed
        except csv.Error as error:
            problem = f"not readable as CSV ({error}): check the quotes in this line; nothing was taken"
            raise FileProblem(self._reader.line_num, problem) from None
        except UnicodeError:
            problem = "the encoding breaks off here: save the file again as “CSV UTF-8” in the spreadsheet"
            raise FileProblem(self._reader.line_num + 1, problem) from None


@dataclass(slots=True)
class OpenTable:
    """An open file: its table, what to tell about how it was read, and how far it is read."""

    table: CsvTable
    note: str | None
    size: int
    _bytes: io.BufferedReader

    def done(self) -> int:
        """Bytes read so far."""
        return self._bytes.tell()


@contextmanager
def opened(path: Path) -> Iterator[OpenTable]:
    """The table of a file.

    Raises:
        OSError: it cannot be opened.
        FileProblem: its encoding is none of those we read, or it is no CSV.

    """
    encoding = encoding_of(path)
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
        note = None
        if encoding == "gb18030":
            note = "The file is not UTF-8 and was read as GB18030 (Chinese Windows): look at the names before you trust it."
        yield OpenTable(CsvTable(text), note, path.stat().st_size, raw)


def encoding_of(path: Path) -> str:
    """Python's name of a file's encoding.

    Raises:
        OSError: it cannot be opened.
        FileProblem: none that we read.

    """
    with path.open("rb") as file:
        head = file.read(4)
    if head == b"PK\x03\x04":
        raise FileProblem(1, "this is a spreadsheet, not CSV: save it as “CSV UTF-8” in the spreadsheet")
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if _decodes(path, "utf-16"):
            return "utf-16"
        raise FileProblem(
            1, "the file begins as UTF-16 and breaks off: save it again as “CSV UTF-8” in the spreadsheet"
        )
    if _decodes(path, "utf-8"):
        return "utf-8-sig"
    if _is_chinese(path):
        return "gb18030"
    raise FileProblem(1, "the file is neither UTF-8 nor GB18030: save it as “CSV UTF-8” in the spreadsheet")


def _blocks(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _decodes(path: Path, encoding: str) -> bool:
    try:
        for _ in _blocks(path, encoding):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(path: Path) -> bool:
    beyond = everyday = 0
    try:
        for text in _blocks(path, "gb18030"):
            strange = [character for character in text if not character.isascii()]
            beyond += len(strange)
            everyday += len("".join(strange).encode("gb2312", errors="ignore").decode("gb2312"))
    except UnicodeDecodeError:
        return False
    return everyday >= PLAUSIBLE_SHARE * beyond or (beyond - everyday == 1 and everyday > 0)


def _delimiter(stream: TextIO) -> str:
    start = stream.tell()
    header = next((line for line in iter(stream.readline, "") if line.strip()), "")
    stream.seek(start)
    return max(DELIMITERS, key=header.count)


def _header_problem(
    header: list[str], written: list[str], required: tuple[str, ...], optional: tuple[str, ...]
) -> str | None:
    if not header:
        return f"the file is empty: the first line names {', '.join(required)}"
    missing = [name for name in required if name not in header]
    unknown = [name for name in header if name not in required + optional]
    twice = [name for name, count in Counter(header).items() if count > 1]
    if missing:
        read = ", ".join(repr(name[:SHOWN]) for name in written[:COLUMNS_SHOWN]) + (
            " …" * (len(written) > COLUMNS_SHOWN)
        )
        return f"columns {', '.join(missing)} are missing: the first line names the columns, and it reads {read}"
    if unknown:
        # Of numbered columns (supply1_line, supply2_line …) one stands for all.
        known = ", ".join(dict.fromkeys(re.sub("[0-9]+", "N", name) for name in required + optional))
        return f"columns {', '.join(repr(name) for name in unknown)} are not known: the columns are {known}"
    return f"columns {', '.join(twice)} stand twice: leave one of each" if twice else None
