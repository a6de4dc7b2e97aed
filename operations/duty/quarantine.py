"""List what was set aside in all services, find one record wherever it was by the beginning of its id, retry what is known now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from operations.errors import Misused, NotFound, Refused
from operations.system.asking import ask
from operations.system.database import Connection, DatabaseAccess, Row, connect, enter, present, sight
from operations.system.location import Where
from operations.system.services import chosen
from schemas.contracts.all_types import STRUCTS
from services.kernel.operators.shared_actions import RETRY, OneQuarantined
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "operators.sql")


SHORTEST_ID = 4


TABLES = ("quarantine", "stream")


async def set_aside(
    where: Where, services: tuple[str, ...], *, only_open: bool, limit: int
) -> tuple[list[tuple[str, Row]], DatabaseAccess]:
    """What was set aside, oldest first: (service, row) each, and what this role could see."""
    rows: list[tuple[str, Row]] = []
    async with connect(where) as connection:
        seen = await sight(connection, services, TABLES)
        for name in seen.services:
            await enter(connection, name)
            rows += [(name, row) for row in await connection.fetch(SQL["quarantined"], only_open, limit)]
    return sorted(rows, key=lambda pair: pair[1]["at"]), seen


class QuarantinedRecord(NamedTuple):
    """One record in the quarantine of one service, and what waits behind it there."""

    service: str
    row: Row
    behind: list[Any]


async def everywhere_set_aside(where: Where, qid: str, service: str | None) -> list[QuarantinedRecord]:
    """The same record in each service that set it aside and where it waits; where it waits nowhere any more, in one.

    Raises:
        NotFound, Misused: no such id, or more than one.

    """
    async with connect(where) as connection:
        seen = await sight(connection, chosen(service), TABLES)
        found: list[QuarantinedRecord] = []
        for name in seen.services:
            for like in await _like(connection, name, qid):
                row = await connection.fetchrow(SQL["quarantined_one"], like["quarantine_id"])
                behind = await connection.fetch(SQL["waits_behind"], like["quarantine_id"])
                found += [QuarantinedRecord(name, row, list(behind))] if row is not None else []
        if not found:
            seen.demand()
            raise NotFound(f"nothing with an id that begins {qid} was set aside: outagectl quarantine list --all")
        if len({one.row["quarantine_id"] for one in found}) > 1:
            shown = ", ".join(f"{one.row['quarantine_id']} ({one.service})" for one in found)
            raise Misused(f"{qid} may be any of {shown}: write more of it, or name the --service")
        return [one for one in found if one.row["state"] == "open"] or found[:1]


@dataclass(slots=True)
class RetriedTypes:
    """What came of messages that a version before had set aside, of types that this one knows."""

    judged: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many, by service and type."""
    left: list[tuple[str, Row, str]] = field(default_factory=list)
    """Of which service, which message, and why it waits on."""
    more: bool = False
    """There were more than are taken at once."""


async def retry_understood(
    where: Where,
    services: tuple[str, ...],
    *,
    reason: str,
    on_progress: Callable[[int, int], None] = lambda number, of: None,  # noqa: ARG005 - named for who reads it
    most: int = 1_000,
) -> RetriedTypes:
    """Have each service judge, oldest first and each on record, what it set aside for a type that it knows by now.

    `most`: so many of a service at once. `on_progress`: how many were looked at, of how many.

    Raises:
        Away: nobody can judge it now.
        Incomplete: this role may not see all of it.

    """
    done = RetriedTypes()
    async with connect(where) as connection:
        found: list[tuple[str, Row]] = []
        for name in await present(connection, services, TABLES):
            await enter(connection, name)
            rows = await connection.fetch(SQL["understood"], sorted(STRUCTS), most + 1)
            done.more = done.more or len(rows) > most
            found += [(name, row) for row in rows[:most]]
    for number, (name, row) in enumerate(found, 1):
        try:
            answer = await ask(where, name, RETRY, OneQuarantined(quarantine_id=row["quarantine_id"]), reason=reason)
        except Refused as error:
            done.left.append((name, row, str(error)))
        else:
            if still := answer.result["stillOpen"]:
                done.left.append((name, row, still[0]["reason"]))
            else:
                done.judged[name, row["type"]] += 1
        on_progress(number, len(found))
    return done


async def _like(connection: Connection, service: str, qid: str) -> list[Any]:
    if len(qid) < SHORTEST_ID:
        raise Misused(f"{qid!r} is too short for an id: write at least {SHORTEST_ID} characters")
    await enter(connection, service)
    return list(await connection.fetch(SQL["quarantined_like"], qid.lower()))
