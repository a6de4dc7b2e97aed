"""Read a list of lines (CSV: line,area or line,area,transformer) as a network model: what OUTAGE_NETWORK_FILE named before.

One row for each area of a line; area and transformer may be blank. Lines have no source in it, and elements are called by their
names: enough to know which lines there are and what lies on them.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from connectors.table import CsvTable, Errors, RowError
from schemas.contracts.network import ElementKind, Feed, ModelRef, NetworkElement
from services.places import normal

COLUMNS: Final = (("line", "area"), ("line", "area", "transformer"))


def is_lines_file(table: CsvTable) -> bool:
    """Whether the header is that of a list of lines."""
    return tuple(table.header) in COLUMNS


def lines_in(table: CsvTable, errors: Errors, model: ModelRef) -> Iterator[NetworkElement]:
    """Each line with its areas, each area, each transformer with the lines it hangs on. `model` goes into each.

    Raises:
        FileProblem: the table cannot be read.

    """
    found = _Places()
    for row in table.rows(errors):
        line, area, transformer = row.get("line"), row.get("area"), row.get("transformer")
        if not normal(line):
            errors.add(RowError(row.line, "line is empty: name the line first, then its area", None, "line"))
            continue
        of_line = found.place("line", line)
        if normal(area):
            of_line.areas[found.place("area", area).element_id] = None
        if normal(transformer):
            found.place("transformer", transformer).lines[of_line.element_id] = None
    yield from (one.element(model) for one in found.all())


class _Place:
    """One element, as the rows so far have it."""

    def __init__(self, kind: ElementKind, name: str, element_id: str) -> None:
        self.kind, self.name, self.element_id = kind, name, element_id
        self.areas: dict[str, None] = {}
        self.lines: dict[str, None] = {}

    def element(self, model: ModelRef) -> NetworkElement:
        return NetworkElement(
            element_id=self.element_id,
            kind=self.kind,
            name=self.name,
            fed_from=tuple(Feed(element_id=line) for line in self.lines),
            areas=tuple(self.areas),
            model=model,
        )


class _Places:
    """All of them, by kind and name in normal form."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], _Place] = {}
        self._ids: set[str] = set()

    def place(self, kind: ElementKind, name: str) -> _Place:
        form = normal(name)
        if (known := self._of.get((kind, form))) is not None:
            return known
        # A street and a line of one name are two elements.
        element_id = name if name not in self._ids else f"{name} ({kind})"
        self._ids.add(element_id)
        made = self._of[kind, form] = _Place(kind, name, element_id)
        return made

    def all(self) -> Sequence[_Place]:
        return list(self._of.values())
