"""Hold the rows of a network file to each other: each id once, and whatever a row names is there."""

from dataclasses import dataclass, field
from typing import Final

from connectors.network.ways import COLUMN
from connectors.table import Errors, RowError, RowProblem
from schemas.contracts.network import NetworkElement, SwitchState

ELEMENT: Final = "element"
AREAS: Final = "areas"


@dataclass(slots=True)
class _Switch:
    """As it was first named."""

    state: SwitchState
    line: int
    element: str


@dataclass(slots=True)
class _Wanted:
    """An id that rows name: the first of them, and how many."""

    line: int
    element: str
    rows: int = 0


@dataclass(slots=True)
class Agreement:
    """What rows so far said, as far as others can contradict it. Take each good row, then ask for the end."""

    errors: Errors
    _lines: dict[str, int] = field(default_factory=dict)
    _areas: set[str] = field(default_factory=set)
    _switches: dict[str, _Switch] = field(default_factory=dict)
    _wanted: dict[tuple[str, str], _Wanted] = field(default_factory=dict)

    def take(self, line: int, element: NetworkElement) -> None:
        """One more row.

        Raises:
            RowProblem: it contradicts one before.

        """
        before = self._lines.setdefault(element.element_id, line)
        if before != line:
            problem = f"element {element.element_id} stands in line {before} already: remove one row"
            raise RowProblem(problem, "element_id")
        if element.kind == "area":
            self._areas.add(element.element_id)
        for feed in element.fed_from:
            if feed.element_id not in self._lines:  # it may still come
                self._want(COLUMN, feed.element_id, line, element)
            for way in feed.through:
                self._switch(way.switch, way.normally, line, element)
        for area in element.areas:
            self._want(AREAS, area, line, element)

    def end(self) -> None:
        """No more rows: add what no row has, or what one has under another kind, to the errors."""
        for (column, name), wanted in self._wanted.items():
            rows = f" (named in {wanted.rows:,} rows)" if wanted.rows > 1 else ""
            if name not in self._lines:
                # Of a row that is wrong itself enough is said.
                if name not in self.errors.subjects:
                    problem = f"{column}: no row has the element {name}{rows}: add it, or correct the id"
                    self._add(wanted.line, problem, wanted.element, column)
            elif column == AREAS and name not in self._areas:
                problem = f"areas: {name} is no area but another kind of element (line {self._lines[name]}){rows}: correct the id"
                self._add(wanted.line, problem, wanted.element, column)
        for switch in sorted(self._switches.keys() & self._lines.keys()):
            first = self._switches[switch]
            problem = f"{COLUMN}: the switch {switch} has the id of the element in line {self._lines[switch]}: give one another id"
            self._add(first.line, problem, first.element, COLUMN)

    def _want(self, column: str, name: str, line: int, element: NetworkElement) -> None:
        self._wanted.setdefault((column, name), _Wanted(line, element.element_id)).rows += 1

    def _switch(self, switch: str, state: SwitchState, line: int, element: NetworkElement) -> None:
        first = self._switches.setdefault(switch, _Switch(state, line, element.element_id))
        if first.state != state:
            problem = f"{COLUMN}: the switch {switch} is normally {state} here and {first.state} in line {first.line}: correct one"
            raise RowProblem(problem, COLUMN)

    def _add(self, line: int, problem: str, element: str, column: str) -> None:
        self.errors.add(RowError(line, problem, element, column, ELEMENT))
