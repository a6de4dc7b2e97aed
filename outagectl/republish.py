"""`outagectl republish`: for a Kafka that lost data. What the log says was published goes out again, as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from outagectl.asking import ask, who
from outagectl.confirm import Yes, confirm
from outagectl.database import Connection, connect, enter, present
from outagectl.errors import Misused, NotFound
from outagectl.instants import read_instant
from outagectl.options import Data, Json, Service, Utc
from outagectl.say import as_json, console, count, table, times
from outagectl.services import OUTPUTS, chosen
from outagectl.where import Where, find
from services.kernel.operators.desk_actions import REPUBLISH, Republishing
from services.kernel.queries import queries

SQL = queries(Path(__file__).parent / "sql" / "republish.sql")
EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which published events: from a log position and an instant of decision on, on one topic or all."""

    position: int = 1
    since: datetime = EVER
    topic: str | None = None

    def columns(self, service: str) -> list[list[str]]:
        """Categories, topics and types of what `service` publishes and this selection wants, side by side."""
        rows = [
            (output.category, output.topic, type_name)
            for output in OUTPUTS[service]
            if self.topic in (None, output.topic)
            for type_name in sorted(output.types)
        ]
        return [list(column) for column in zip(*rows, strict=True)]

    def wants(self, service: str) -> bool:
        """Whether `service` publishes to any topic of the selection."""
        return any(self.topic in (None, output.topic) for output in OUTPUTS[service])

    def as_asked(self, found: Sequence[Mapping[str, Any]]) -> Republishing:
        """This selection as the log keeps it, with what it found."""
        return Republishing(
            events=sum(row["events"] for row in found),
            position=self.position,
            since=self.since.isoformat(),
            topics=tuple(sorted(str(row["topic"]) for row in found)),
        )


def republish(
    *,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="T", help="Events decided from this instant on (utility's zone, or with offset)."
        ),
    ] = None,
    position: Annotated[
        int | None, typer.Option("--position", metavar="N", min=1, help="Events from this log position on.")
    ] = None,
    topic: Annotated[str | None, typer.Option("--topic", metavar="NAME", help="Only what goes to this topic.")] = None,
    service: Service = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; it goes on record with your name.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go out, and change nothing.")] = False,
    yes: Yes = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Publish again what a Kafka has lost: same ids, same bytes, in the log's order. Readers drop what they took before.

    Decisions wait while the rows are put into the outbox; the service's relay publishes them. On record.
    """
    where = find(data)
    if (since is None) == (position is None):
        raise Misused(
            "say from when on: --since T, or --position N (`outagectl show outage ID --proof` shows positions)"
        )
    if position is not None and service is None:
        raise Misused("a position is one log's own: say whose with --service")
    selection = Selection(
        position=position or 1,
        since=read_instant(since, where, "--since") if since is not None else EVER,
        topic=topic,
    )
    services = [name for name in chosen(service) if selection.wants(name)]
    if not services:
        ours = sorted({output.topic for outputs in OUTPUTS.values() for output in outputs})
        raise NotFound(
            f"none of {', '.join(chosen(service))} publishes to {topic}: topics of ours are {', '.join(ours)}"
        )
    if not dry_run:
        confirm(f"what {', '.join(services)} published since then goes out again (--dry-run says how much)", yes=yes)
    found = asyncio.run(run(where, services, selection, reason=reason.strip(), dry_run=dry_run))
    if json:
        as_json({"dryRun": dry_run, "topics": found})
        return
    t = times(where, utc=utc)
    out = console()
    columns = ("service", "topic", "events", "first decided", "last decided")
    rows = [(r["service"], r["topic"], f"{r['events']:,}", t.at(r["first"]), t.at(r["last"])) for r in found]
    out.print(table(None, columns, rows))
    total = count(sum(r["events"] for r in found), "event")
    said = "would go out again; nothing was changed" if dry_run else f"put into the outbox. Recorded for {who()}"
    out.print(f"\n{total} {said}. [dim]{t.note}[/]")


async def run(
    where: Where, services: Sequence[str], selection: Selection, *, reason: str = "", dry_run: bool
) -> list[dict[str, Any]]:
    """Put the selected events of each service into its outbox; returns what, by service and topic.

    Raises:
        Away: the database cannot be reached.

    """
    found: list[dict[str, Any]] = []
    async with connect(where) as connection:
        for name in await present(connection, services):
            await enter(connection, name)
            wanted = await _look(connection, name, selection)
            if not dry_run:
                await ask(where, name, REPUBLISH, selection.as_asked(wanted), reason=reason)
                wanted = await put_again(connection, name, selection)
            found += wanted
    return found


async def put_again(connection: Connection, service: str, selection: Selection) -> list[dict[str, Any]]:
    """Put the selected events into the outbox of `service`, whose schema is entered, in one transaction."""
    async with connection.transaction():
        await connection.execute(SQL["hold_outbox"])
        found = await _look(connection, service, selection)
        await connection.execute(SQL["again"], *_arguments(service, selection))
    return found


async def _look(connection: Connection, service: str, selection: Selection) -> list[dict[str, Any]]:
    rows = await connection.fetch(SQL["wanted"], *_arguments(service, selection))
    return [{"service": service, **dict(row)} for row in rows]


def _arguments(service: str, selection: Selection) -> Iterable[Any]:
    return (*selection.columns(service), selection.position, selection.since)
