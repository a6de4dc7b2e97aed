"""Read the cell `fed_from`: the ways by which power may come to an element, and the switches that lie in them."""

import re
from collections.abc import Iterator
from typing import Any, Final

from connectors.cells import PARTING, parts
from connectors.table import CsvRow, RowProblem
from schemas.contracts.network import SwitchState

COLUMN: Final = "fed_from"
FORM: Final = "write ELEMENT, ELEMENT@SWITCH or ELEMENT@SWITCH+SWITCH:open, several between semicolons"
NOT_IN_IDS: Final = f"{PARTING}@＠"
"""What an element's id cannot hold, because it parts ids here."""
_AT, _AND = re.compile("[@＠]"), re.compile("[+＋]")
_SAID = re.compile(r"(?P<switch>.*?)\s*[:：]\s*(?P<state>[a-z]+|常开|常闭)", re.IGNORECASE | re.DOTALL)
_STATES: Final[dict[str, SwitchState]] = {"open": "open", "closed": "closed", "常开": "open", "常闭": "closed"}


def ways_of(row: CsvRow) -> list[dict[str, Any]]:
    """The ways of a row as they go on the wire, each once, in their order.

    Raises:
        RowProblem: one is not of the form, or leads from the element to itself.

    """
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for written in parts(row, COLUMN):
        source, at, through = _halves(written)
        if source == row.get("element_id"):
            raise RowProblem(f"{COLUMN}: {source} is fed from itself: name what feeds it, or leave it out", COLUMN)
        switches = list(_switches(through, written)) if at else []
        way = {"elementId": source, "through": switches}
        found.setdefault((source, *(word for switch in switches for word in switch.values())), way)
    return list(found.values())


def _halves(written: str) -> tuple[str, bool, str]:
    halves = [half.strip() for half in _AT.split(written)]
    if len(halves) > 2:  # noqa: PLR2004 - an element, and what lies between
        raise RowProblem(f"{COLUMN}: {written!r} holds @ twice: {FORM}", COLUMN)
    if not halves[0]:
        raise RowProblem(f"{COLUMN}: {written!r} names no element: {FORM}", COLUMN)
    return halves[0], len(halves) > 1, halves[-1]


def _switches(through: str, written: str) -> Iterator[dict[str, str]]:
    for part in _AND.split(through):
        said = _SAID.fullmatch(part.strip())
        switch, word = (said["switch"], said["state"].lower()) if said else (part.strip(), "closed")
        if not switch:
            raise RowProblem(f"{COLUMN}: {written!r} lacks a switch: {FORM}", COLUMN)
        if word not in _STATES:
            problem = (
                f"{COLUMN}: {said and said['state']!r} in {written!r} is no state of a switch: write open or closed "
                f"(if it belongs to the id, write {part.strip()}:closed)"
            )
            raise RowProblem(problem, COLUMN)
        yield {"switch": switch, "normally": _STATES[word]}
