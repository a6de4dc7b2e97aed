"""Read BC Hydro's public list of open outages, as archived: one JSON list per poll, one row per outage.

What its fields mean, as measured over May 2023 (35,365 rows): `dateOff` is the start; `dateOn` and `crewEtr` are the
same number in every row and are the *expected* end, given exactly when `showEtr` is true; `crewEta` keeps the
expected arrival even after the crew came; `lastUpdated` is when the row last changed. All are milliseconds since 1970.
"""

import json
import lzma
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from connectors.feeds.listed import (
    MAX_CAUSE,
    FeedSource,
    ListedRow,
    areas_of,
    customers_of,
    instant_of_millis,
    local_id,
    words_of,
)
from schemas.contracts.base import CrewStatusKind

PLANNED_CAUSES = frozenset({"planned work being done on our equipment"})
NO_CAUSE = frozenset({"", "under investigation", "no known message", "unknown"})
CUSTOMER_CAUSES = frozenset({"customer's equipment"})

# "Suspended": the crew left and will be back (night, fire line, priorities). Nobody works there now, so nothing may
# say that somebody does.
CREW: Mapping[str, CrewStatusKind] = {
    "no crew assigned yet": "awaitingCrewAssignment",
    "suspended": "awaitingCrewAssignment",
    "crew assigned": "assigned",
    "crew on their way": "enroute",
    "crew on-site": "arrived",
}


class FeedFileError(Exception):
    """A line of the file is no archived list: cut the file before that line or fetch it again."""


def _crew(row: Mapping[str, Any], problems: set[str]) -> CrewStatusKind | None:
    words = words_of(row.get("crewStatusDescription")).lower()
    if words not in CREW:
        problems.add("crew-status-unknown")
        return None
    if words == "suspended":
        problems.add("crew-suspended")
    return CREW[words]


def read_row(row: Mapping[str, Any]) -> ListedRow:
    """One row of the list as a ListedRow.

    Raises:
        UnreadableRowError: it has no usable id.

    """
    outage = local_id(row.get("id"))
    problems: set[str] = set()
    cause = words_of(row.get("cause"))
    municipality = row.get("municipality")
    ert = instant_of_millis(row.get("crewEtr"), "ert", problems)
    end = instant_of_millis(row.get("dateOn"), "end", problems)
    return ListedRow(
        local_id=outage,
        outage_class="planned" if cause.lower() in PLANNED_CAUSES else "fault",
        cause=None if cause.lower() in NO_CAUSE else cause[:MAX_CAUSE],
        fault_side="customer" if cause.lower() in CUSTOMER_CAUSES else "unknown",
        areas=areas_of(municipality.split(",") if isinstance(municipality, str) else (), problems),
        customers=customers_of(row.get("numCustomersOut"), problems),
        crew=_crew(row, problems),
        started=instant_of_millis(row.get("dateOff"), "start", problems),
        ert=ert if row.get("showEtr") is True else None,
        # A dateOn that repeats the estimate is no report of power being back.
        ended=None if end == ert else end,
        updated=instant_of_millis(row.get("lastUpdated"), "update-time", problems),
        problems=frozenset(problems),
    )


SOURCE = FeedSource(name="connectors/bchydro", mrid_prefix="bchydro", read_row=read_row)


def read_feed(
    path: Path, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[tuple[datetime, str]]:
    """The archived lists of a .jsonl or .jsonl.xz file, in the file's order: (polled at, body as it came).

    `since` is included, `until` is not; both aware. Bodies are not judged here: an empty or broken one is passed on.

    Raises:
        FeedFileError: a line is not {"at": instant with offset, "body": text}, or the file is cut off.

    """
    number = 0
    try:
        with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):  # noqa: B007 - the except clause names the line
                if line.strip():
                    at, body = _polled(line)
                    if (since is None or at >= since) and (until is None or at < until):
                        yield at, body
    except (ValueError, KeyError, TypeError, EOFError, lzma.LZMAError) as error:
        raise FeedFileError(
            f"{path.name}: no archived list at or after line {number} ({error}): "
            "cut the file before that line or fetch it again"
        ) from error


def _polled(line: str) -> tuple[datetime, str]:
    record = json.loads(line)
    at = datetime.fromisoformat(record["at"])
    if at.tzinfo is None:
        raise ValueError(f"at {record['at']} has no offset")
    body = record["body"]
    if body is None:
        return at, ""
    return at, body if isinstance(body, str) else json.dumps(body)


def municipalities(path: Path) -> tuple[str, ...]:
    """Every municipality that the file's lists name, sorted: the areas that key customers can be matched by."""
    names: set[str] = set()
    for _, body in read_feed(path):
        try:
            rows = msgspec.json.decode(body)
        except ValueError:
            continue
        for row in rows if isinstance(rows, list) else ():
            municipality = row.get("municipality") if isinstance(row, dict) else None
            if isinstance(municipality, str):
                names.update(areas_of(municipality.split(","), set()))
    return tuple(sorted(names))
