"""Read a customer's supplies from a row: numbered columns, a supply a number; and what is known of their life support."""

from collections.abc import Iterator
from typing import Any, Final

from connectors.cells import figure
from connectors.table import CsvRow, RowProblem

MOST: Final = 6
"""Supplies that a row has columns for."""
PARTS: Final = ("id", "role", "line", "transformer", "usage_point")
SUPPLIES: Final = tuple(f"supply{number}_{part}" for number in range(1, MOST + 1) for part in PARTS)
DEVICE: Final = ("device", "battery_minutes")
ROLES: Final = {
    "主": "main",
    "主供": "main",
    "主供电源": "main",
    "备": "standby",
    "备用": "standby",
    "备用电源": "standby",
    "自备": "own-generation",
    "自备电源": "own-generation",
    "main": "main",
    "standby": "standby",
    "own-generation": "own-generation",
}
WITH_PLACES: Final = ("usage_points", "lines", "transformers")
"""Columns for whom nobody knows which of their places is which supply."""
FULL_DAY: Final = 24 * 60 * 30


def supplies_of(row: CsvRow) -> list[dict[str, Any]]:
    """The supplies of a row as they go on the wire; none where it names none.

    Raises:
        RowProblem: a role is missing or no role, none is main, an id stands twice, or places stand beside supplies.

    """
    found = [one for number in range(1, MOST + 1) if (one := _supply(row, number)) is not None]
    if not found:
        return []
    if all(one["role"] != "main" for one in found):
        raise RowProblem("none of the supplies is main: write main (or 主供) as the role of one", "supply1_role")
    ids = [one["id"] for one in found]
    if twice := next((one for one in ids if ids.count(one) > 1), None):
        raise RowProblem(f"two supplies have the id {twice}: give each its own", "supply1_id")
    if beside := next((name for name in WITH_PLACES if row.get(name)), None):
        raise RowProblem(
            f"{beside} stands beside supplies: name it at the supply it belongs to, and leave this empty", beside
        )
    return found


def _supply(row: CsvRow, number: int) -> dict[str, Any] | None:
    cells = {part: row.get(f"supply{number}_{part}") for part in PARTS}
    if not any(cells.values()):
        return None
    column = f"supply{number}_role"
    if not cells["role"]:
        raise RowProblem(f"{column} is empty: write main, standby or own-generation (主供, 备用, 自备)", column)
    role = ROLES.get(cells["role"].lower())
    if role is None:
        raise RowProblem(f"{column} must be main, standby or own-generation (or 主供, 备用, 自备)", column)
    made = {"id": cells["id"] or str(number), "role": role}
    return made | dict(_places(cells))


def _places(cells: dict[str, str]) -> Iterator[tuple[str, str]]:
    for part, name in (("line", "line"), ("transformer", "transformer"), ("usage_point", "usagePoint")):
        if cells[part]:
            yield name, cells[part]


def device_of(row: CsvRow) -> dict[str, Any] | None:
    """What keeps somebody alive, as it goes on the wire; None where the row says nothing of it.

    Raises:
        RowProblem: a time without a device, or one that is no number of minutes.

    """
    what = row.get("device")
    minutes = figure(row, "battery_minutes", f"whole minutes, 0 to {FULL_DAY}", 0, FULL_DAY, whole=True)
    if not what:
        if minutes is None:
            return None
        raise RowProblem("battery_minutes is of a device, and device is empty: name it, e.g. 呼吸机", "device")
    return {"what": what} | ({} if minutes is None else {"batteryMinutes": int(minutes)})
