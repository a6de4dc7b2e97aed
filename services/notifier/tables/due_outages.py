"""Write what outages have to tell their customers, and where they lie: of all outages of a transaction together.

In a storm hundreds of facts are decided in one transaction, each of another outage. What each leaves was written by itself, and the
transaction spent most of its time on waiting for the database to answer; now it is gathered, and a few statements write it all.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from schemas.contracts.base import Extent
from services.concerned.matching import counted, named_back, sql_arrays
from services.kernel.queries import queries
from services.notifier.domain.events import AudienceDue
from services.notifier.domain.outage.truth import has_ended
from services.notifier.tables.customer_points import corners
from services.places import forms

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "fanout.sql")
ROWS_AT_ONCE: Final = 4_000
"""Places of an outage that one statement puts: to write 20,000 as the wire has them takes 40 ms in one step of the loop."""
GATHERED_BYTES: Final = 256 * 1024
"""So much is gathered at most, as JSON: the truth of a large outage is written at once."""


class DueOutages:
    """What outages have to tell, in the order in which they decided so."""

    def __init__(self) -> None:
        self._gathered: list[tuple[AudienceDue, str]] = []
        self._size = 0

    def put(self, due: AudienceDue) -> bool:
        """One more; whether it is time to write."""
        body = msgspec.json.encode(due).decode()
        self._gathered.append((due, body))
        self._size += len(body)
        return self._size >= GATHERED_BYTES

    def forget(self) -> None:
        """What was gathered is not to be written."""
        self._gathered, self._size = [], 0

    async def write(self, connection: Any) -> None:
        """Each outage's in their order; of all outages that have one more to tell it at once, in one order of locks everywhere."""
        gathered = self._gathered
        self.forget()
        while gathered:
            first: dict[str, tuple[AudienceDue, str]] = {}
            later = [one for one in gathered if first.setdefault(one[0].mrid, one) is not one]
            await _write(connection, [first[mrid] for mrid in sorted(first)])
            gathered = later


class _Row(NamedTuple):
    """What one outage has to tell, as the tables have it."""

    due: AudienceDue
    body: str
    kinds: Sequence[str]
    values: Sequence[str]
    lies_nowhere: bool
    as_before: bool


def _row(due: AudienceDue, body: str) -> _Row:
    kinds, values = sql_arrays(due.truth.extent)
    lies_nowhere = (not values and due.truth.extent.shape is None) or has_ended(due.truth)
    return _Row(due, body, kinds, values, lies_nowhere, due.lies == "as-before")


async def _write(connection: Any, gathered: Iterable[tuple[AudienceDue, str]]) -> None:
    rows = [_row(*one) for one in gathered]
    for as_before in (True, False):
        if some := [row for row in rows if row.as_before is as_before]:
            await connection.execute(SQL["put_jobs"], *_jobs(some), as_before)
    # Of the others their places stand: most words of a storm say only when power comes back.
    moved = [row for row in rows if row.lies_nowhere or not row.as_before]
    for row in moved:
        await _clear(connection, row)
    await _put_places(connection, [row for row in moved if not row.lies_nowhere])
    for row in moved:
        await put_named_back(connection, row.due, late=False)
    await connection.execute(SQL["clear_denied_of"], [row.due.mrid for row in rows])
    for row in rows:
        await _put_denied(connection, row.due.mrid, _forms(row.due.truth.denied))


def _jobs(rows: Sequence[_Row]) -> tuple[list[Any], ...]:
    """Arguments of put_jobs: mrids, versions, what is to be told, how they shrank, where they lie nowhere, kinds named."""
    named = [counted(row.due.truth.extent, row.due.truth.spent) for row in rows]
    return (
        [row.due.mrid for row in rows],
        [row.due.outage_version for row in rows],
        [row.body for row in rows],
        [row.due.narrowed for row in rows],
        [row.lies_nowhere for row in rows],
        [None if kinds is None else f"{{{','.join(kinds)}}}" for kinds in named],
    )


async def _clear(connection: Any, row: _Row) -> None:
    """The places that it had, where it lies elsewhere now; and the shape of where it lies now."""
    if row.due.outage_version > 1:
        anew = row.lies_nowhere or row.due.lies == "anew"
        await connection.execute(SQL["clear_outage" if anew else "clear_named"], row.due.mrid)
        await connection.execute(SQL["clear_shape"], row.due.mrid)
    shape = row.due.truth.extent.shape
    if shape is not None and not row.lies_nowhere:
        await connection.execute(SQL["put_shape"], row.due.mrid, *corners(shape))


async def _put_places(connection: Any, rows: Sequence[_Row]) -> None:
    kinds = [kind for row in rows for kind in row.kinds]
    values = [value for row in rows for value in row.values]
    mrids = [row.due.mrid for row in rows for _ in row.values]
    for start in range(0, len(values), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        await connection.execute(SQL["put_outages"], kinds[part], values[part], mrids[part])


async def put_named_back(connection: Any, due: AudienceDue, *, late: bool) -> None:
    """Where steps named that power is back. `late`: customers were gone through already, and who is there is matched again."""
    places = named_back(due.truth.extent, due.truth.back)
    for start in range(0, len(places), ROWS_AT_ONCE):
        part = places[start : start + ROWS_AT_ONCE]
        rows = [kind for kind, _ in part], [value for _, value in part]
        await connection.execute(SQL["put_named_back"], due.mrid, *rows, late)


async def put_denied(connection: Any, mrid: str, said: Extent) -> set[str]:
    """Where it is denied that power is back under an outage; returns the points of which that is news."""
    now = _forms(said)
    before = {row["form"] for row in await connection.fetch(SQL["clear_denied"], mrid)}
    await _put_denied(connection, mrid, now)
    return before ^ set(now)


async def _put_denied(connection: Any, mrid: str, now: Sequence[str]) -> None:
    for start in range(0, len(now), ROWS_AT_ONCE):
        await connection.execute(SQL["put_denied"], mrid, now[start : start + ROWS_AT_ONCE])


def _forms(said: Extent) -> list[str]:
    return sorted({form for form in forms(said.usage_points) if form})
