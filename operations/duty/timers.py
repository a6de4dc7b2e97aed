"""List what comes due next in every service, and what each deadline waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg
import msgspec

from operations.errors import Away
from operations.history.decoding import whole_or_part
from operations.system.database import Connection, DatabaseAccess, Row, connect, enter, sight
from operations.system.location import Where
from operations.system.services import load
from schemas.contracts.promises import PromiseMade
from services.kernel.model import Service as ServiceCode
from services.kernel.queries import queries
from services.kernel.writing.copies import judged_inputs

SQL = queries(Path(__file__).parents[1] / "sql" / "due.sql")


TABLES = ("timer", "stream", "event", "consumer_offset", "notification")


@dataclass(frozen=True, slots=True)
class WaitingTimer:
    """One timer. `known_until`: up to there its facts are known; `behind`: the topic and partition that holds it up."""

    service: str
    stream: str
    name: str
    due_at: datetime
    promise: PromiseMade | None
    """Where the timer is about a promise."""
    trigger: str | None
    template: str | None
    """Where the timer is about a text: what made it, and by which template it is worded."""
    mrids: Sequence[str]
    parked_by: str | None
    known_until: datetime | None
    behind: str | None

    @property
    def about(self) -> str:
        """The outage or the customer."""
        return self.stream.partition("/")[2]


async def waiting_timers(
    where: Where, names: Sequence[str], until: datetime | None, outage: str | None, limit: int
) -> tuple[list[WaitingTimer], int, DatabaseAccess]:
    """Timers by due date, how many more there are, and what this role could see."""
    found: list[WaitingTimer] = []
    more = 0
    async with connect(where) as connection:
        seen = await sight(connection, names, TABLES)
        for name in seen.services:
            await enter(connection, name)
            try:
                of_service, left = await _of(connection, load(name, where), until, outage, limit)
            except asyncpg.UndefinedTableError as error:
                raise Away(f"the database lacks a table ({error}): outagectl migrate") from None
            found += of_service
            more += left
    return sorted(found, key=lambda one: (one.due_at, one.service, one.stream, one.name)), more, seen


async def _of(
    connection: Connection, service: ServiceCode, until: datetime | None, outage: str | None, limit: int
) -> tuple[list[WaitingTimer], int]:
    query = SQL["timers_of_notifier" if service.name == "notifier" else "timers"]
    rows = await connection.fetch(query, until, outage, limit)
    streams = sorted({row["stream_id"] for row in rows if row["name"].startswith("promise/")})
    told = [msgspec.json.decode(row["data"]) for row in await connection.fetch(SQL["promises"], streams)]
    promises = {one.promise_id: one for one in (whole_or_part(data, PromiseMade) for data in told)}
    marks = await connection.fetch(SQL["marks"], judged_inputs(service))
    found = [_waiting(service, row, promises, marks) for row in rows]
    return found, (rows[0]["in_all"] - len(rows) if rows else 0)


def _waiting(service: ServiceCode, row: Row, promises: Mapping[str, PromiseMade], marks: Sequence[Row]) -> WaitingTimer:
    stream, name = row["stream_id"], row["name"]
    everywhere = stream.partition("/")[0] in service.waits_for_all
    lowest = next((mark for mark in marks if everywhere or mark["partition"] == row["partition"]), None)
    mrid = stream.removeprefix("outage/") if stream.startswith("outage/") else name.removeprefix("say/")
    own = [mrid] if stream.startswith("outage/") or name.startswith("say/") else []
    return WaitingTimer(
        service=service.name,
        stream=stream,
        name=name,
        due_at=row["due_at"],
        promise=promises.get(name.removeprefix("promise/").rpartition("/")[0]),
        trigger=row["trigger"],
        template=row["template_id"],
        mrids=list(row["mrids"] or own),
        parked_by=str(row["parked_by"]) if row["parked_by"] else None,
        known_until=lowest["watermark"] if lowest else None,
        behind=f"{lowest['topic']}[{lowest['partition']}]" if lowest else None,
    )
