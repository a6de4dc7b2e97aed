"""Read the cells of a row: yes or no, a list, a figure; and turn them into a contract. Problems name the column and what to do."""

import math
import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from connectors.table import CsvRow, RowProblem
from schemas.errors import in_words

T = TypeVar("T", bound=msgspec.Struct)
YES = frozenset({"yes", "y", "true", "1", "是"})
NO = frozenset({"", "no", "n", "false", "0", "否"})
# A comma of ASCII may stand within a name ("St Mary's, Gate 3"), so it parts nothing.
PARTING = ";；、，"
_PARTS = re.compile(f"[{PARTING}]")


def yes(row: CsvRow, name: str) -> bool:
    """Whether a cell says yes; an empty one says no.

    Raises:
        RowProblem: it says neither.

    """
    word = row.get(name).lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise RowProblem(f"{name} must be yes or no (or empty for no)", name)


def parts(row: CsvRow, name: str) -> list[str]:
    """What stands in a cell between semicolons, of any width, or between 、 and ，."""
    return [part for item in _PARTS.split(row.get(name)) if (part := item.strip())]


def figure(row: CsvRow, name: str, what: str, least: float, most: float, *, whole: bool = False) -> float | None:
    """The number in a cell, None in an empty one. `what`: what it has to be, with its unit and an example.

    Raises:
        RowProblem: there is none, or it lies outside `least` to `most`.

    """
    written = row.get(name)
    if not written:
        return None
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    # What is no number at all lies within no bounds.
    if not least <= value <= most or (whole and not value.is_integer()):
        raise RowProblem(f"{name} must be {what}", name)
    return value


def position(row: CsvRow) -> dict[str, float] | None:
    """Where something is, of the columns latitude and longitude, as it goes on the wire; None where both are empty.

    Raises:
        RowProblem: one is empty, no number of degrees, or both are nought: a spreadsheet's word for not known.

    """
    found = {
        name: figure(row, name, f"degrees from -{most} to {most}, such as {such}{_swapped(row)}", -most, most)
        for name, most, such in (("latitude", 90, "30.5728"), ("longitude", 180, "114.2793"))
    }
    given = {name: degrees for name, degrees in found.items() if degrees is not None}
    if len(given) == 1:
        (there,), (lacking,) = given, found.keys() - given
        raise RowProblem(f"{lacking} is empty where {there} is given: give both or neither", lacking)
    if given and not any(given.values()):
        raise RowProblem("0, 0 lies in the sea: leave both empty where it is not known", "latitude")
    return given or None


def _swapped(row: CsvRow) -> str:
    """A hint, where the two numbers would do the other way round."""
    try:
        would_do = abs(float(row.get("longitude"))) <= 90 < abs(float(row.get("latitude"))) <= 180  # noqa: PLR2004 - degrees
    except ValueError:
        return ""
    return " (latitude and longitude seem to be swapped)" if would_do else ""


def converted(fields: Mapping[str, object], struct: type[T]) -> T:
    """`fields`, by their names on the wire, as a contract.

    Raises:
        RowProblem: one of them cannot be used.

    """
    try:
        return msgspec.convert(fields, struct)
    except msgspec.ValidationError as error:
        # msgspec names the wire's field (` - at `$.customerId``); the clerk knows the column.
        message, _, path = str(error).partition(" - at `$.")
        column = re.sub(r"([A-Z])", r"_\1", path.strip("`").partition("[")[0]).lower()
        problem = f"{column or 'a cell'} cannot be used (it {in_words(message)}): correct it"
        raise RowProblem(problem, column or None) from None
