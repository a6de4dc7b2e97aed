"""`outagectl timers`: what comes due next in every service, in words; what is late, and what it waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from outagectl.database import Connection, Row, Sight, connect, enter, sight
from outagectl.due_words import what, why_late
from outagectl.errors import Away
from outagectl.instants import clock_of, read_span
from outagectl.options import Data, Json, Service, Utc
from outagectl.say import Times, as_json, console, count, span, times
from outagectl.services import chosen, load
from outagectl.where import Where, find
from services.kernel.model import Service as ServiceCode
from services.kernel.queries import queries

SQL = queries(Path(__file__).parent / "sql" / "due.sql")
MOST = 200
NAMED = 3
TABLES = ("timer", "stream", "event", "consumer_offset", "notification")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One timer. `known_until`: up to there its facts are known; `behind`: the topic and partition that holds it up."""

    service: str
    stream: str
    name: str
    due_at: datetime
    promise: Mapping[str, Any] | None
    """promise.made.v1's data, where the timer is about a promise."""
    trigger: str | None
    mrids: Sequence[str]
    parked_by: str | None
    known_until: datetime | None
    behind: str | None

    @property
    def about(self) -> str:
        """The outage or the customer."""
        return self.stream.partition("/")[2]


def timers(
    *,
    due: Annotated[str | None, typer.Option("--due", metavar="SPAN", help="Only what is due by then: 2h, 30m.")] = None,
    late: Annotated[bool, typer.Option("--late", help="Only what should have happened already.")] = False,
    outage: Annotated[str | None, typer.Option("--outage", metavar="MRID", help="Only what concerns it.")] = None,
    service: Service = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many of each service.")] = MOST,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Show what comes due next in every service; late ones first, with what they wait for."""
    where = find(data)
    now = clock_of(where).now()
    until = now if late else now + read_span(due, "--due") if due else None
    found, more, seen = asyncio.run(_read(where, chosen(service), until, outage, limit))
    if json:
        as_json([as_document(one, now) for one in found])
        seen.demand()
        return
    t, out = times(where, utc=utc), console()
    if not found:
        scope = f" for outage {escape(outage)}" if outage else ""
        scope += f" in {', '.join(seen.services)}" if seen.hidden else ""
        if seen.services:
            out.print(f"Nothing {'is late' if late else 'comes due'}{scope}. [dim]It is {t.at(now)}. {t.note}[/]")
        seen.demand()
        return
    out.print(_table(found, now, t))
    overdue = sum(one.due_at <= now for one in found)
    rest = f" {count(more, 'later one')} not shown (--limit)." if more else ""
    out.print(f"\n[dim]{count(overdue, 'timer')} late, {len(found) - overdue} to come.{rest} It is {t.at(now)}.[/]")
    out.print(f"[dim]{t.note}[/]")
    seen.demand()


def as_document(one: Waiting, now: datetime) -> dict[str, Any]:
    """One timer for programs."""
    is_late = one.due_at <= now
    return {
        "service": one.service,
        "stream": one.stream,
        "name": one.name,
        "dueAt": one.due_at,
        "inSeconds": int((one.due_at - now).total_seconds()),
        "late": is_late,
        "what": what(one.name, one.promise, one.trigger, Times()),
        "rule": (one.promise or {}).get("rule"),
        "promiseId": (one.promise or {}).get("promiseId"),
        "mRIDs": list(one.mrids),
        "parkedBy": one.parked_by,
        "knownUntil": one.known_until,
        "waitsFor": _why(one, Times()) if is_late else None,
    }


def _table(found: Sequence[Waiting], now: datetime, t: Times) -> Table:
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("due", "from now", "service", "about"):
        made.add_column(name, no_wrap=name != "about", overflow="fold", max_width=24 if name == "about" else None)
    made.add_column("what happens then", overflow="fold")
    for alike in _alike(found, t):
        one, names = alike[0], [other.about for other in alike]
        is_late = one.due_at <= now
        left = span(one.due_at - now)
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        words = escape(what(one.name, one.promise, one.trigger, t))
        words += f" [dim]{escape(_rule(one))}[/]" if one.promise else ""
        words += f"\n[bold]waits: {escape(_why(one, t))}[/]" if is_late else ""
        about = escape(", ".join(names[:NAMED]) + more)
        cells = (t.at(one.due_at)[:16], f"{left} late" if is_late else left, one.service, about, words)
        made.add_row(*cells, style="red" if is_late else None)
    return made


def _alike(found: Sequence[Waiting], t: Times) -> list[list[Waiting]]:
    """What happens at one instant to many, in one line."""
    groups: dict[tuple[object, ...], list[Waiting]] = {}
    for one in found:
        said = what(one.name, one.promise, one.trigger, t)
        key = (t.at(one.due_at), one.service, said, one.parked_by, _rule(one) if one.promise else one.behind)
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _why(one: Waiting, t: Times) -> str:
    return why_late(one.service, one.due_at, one.parked_by, one.known_until, one.behind, t)


def _rule(one: Waiting) -> str:
    rule = (one.promise or {}).get("rule") or {}
    return f"({rule.get('ruleId')}, {rule['source']})" if rule.get("source") else f"({rule.get('ruleId')})"


async def _read(
    where: Where, names: Sequence[str], until: datetime | None, outage: str | None, limit: int
) -> tuple[list[Waiting], int, Sight]:
    found: list[Waiting] = []
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
) -> tuple[list[Waiting], int]:
    query = SQL["timers_of_notifier" if service.name == "notifier" else "timers"]
    rows = await connection.fetch(query, until, outage, limit)
    streams = sorted({row["stream_id"] for row in rows if row["name"].startswith("promise/")})
    made = [msgspec.json.decode(row["data"]) for row in await connection.fetch(SQL["promises"], streams)]
    promises = {str(one["promiseId"]): one for one in made}
    marks = await connection.fetch(SQL["marks"], list(service.inputs))
    found = [_waiting(service, row, promises, marks) for row in rows]
    return found, (rows[0]["in_all"] - len(rows) if rows else 0)


def _waiting(
    service: ServiceCode, row: Row, promises: Mapping[str, Mapping[str, Any]], marks: Sequence[Row]
) -> Waiting:
    stream, name = row["stream_id"], row["name"]
    everywhere = stream.partition("/")[0] in service.waits_for_all
    lowest = next((mark for mark in marks if everywhere or mark["partition"] == row["partition"]), None)
    mrid = stream.removeprefix("outage/") if stream.startswith("outage/") else name.removeprefix("say/")
    own = [mrid] if stream.startswith("outage/") or name.startswith("say/") else []
    return Waiting(
        service=service.name,
        stream=stream,
        name=name,
        due_at=row["due_at"],
        promise=promises.get(name.removeprefix("promise/").rpartition("/")[0]),
        trigger=row["trigger"],
        mrids=list(row["mrids"] or own),
        parked_by=str(row["parked_by"]) if row["parked_by"] else None,
        known_until=lowest["watermark"] if lowest else None,
        behind=f"{lowest['topic']}[{lowest['partition']}]" if lowest else None,
    )
