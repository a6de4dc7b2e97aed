"""Select published events and put them into the outbox again, for a Kafka that lost data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from operations.system.asking import ask
from operations.system.database import Connection, connect, enter, present
from operations.system.location import Where
from operations.system.migration import GATEWAY
from operations.system.services import outputs_of
from schemas.contracts import dispatch
from services.kernel.operators.shared_actions import REPUBLISH, Republishing
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "republish.sql")


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
            for output in outputs_of(service)
            if self.topic in (None, output.topic)
            for type_name in sorted(output.types)
        ]
        return [list(column) for column in zip(*rows, strict=True)]

    def wants(self, service: str) -> bool:
        """Whether `service` publishes to any topic of the selection."""
        return any(self.topic in (None, output.topic) for output in outputs_of(service))

    def as_asked(self, found: Sequence[Mapping[str, Any]]) -> Republishing:
        """This selection as the log keeps it, with what it found."""
        return Republishing(
            events=sum(row["events"] for row in found),
            position=self.position,
            since=self.since.isoformat(),
            topics=tuple(sorted(str(row["topic"]) for row in found)),
        )


async def republish_all(
    where: Where,
    services: Sequence[str],
    selection: Selection,
    *,
    gateway: bool = False,
    reason: str = "",
    dry_run: bool,
) -> list[dict[str, Any]]:
    """Put the selected events of each service into its outbox; returns what, by service and topic.

    `gateway`: and have it forget what it took since then (see forget_taken).

    Raises:
        Away: the database cannot be reached.

    """
    found: list[dict[str, Any]] = []
    async with connect(where) as connection:
        for name in await present(connection, services) if services else ():
            await enter(connection, name)
            wanted = await _look(connection, name, selection)
            if not dry_run:
                await ask(where, name, REPUBLISH, selection.as_asked(wanted), reason=reason)
                wanted = await put_again(connection, name, selection)
            found += wanted
        if gateway:
            taken = await forget_taken(connection, selection.since, dry_run=True)
            if taken and not dry_run:
                # The gateway has no log: the restorer's says it, which takes all that dispatch says.
                await ask(where, "restorer", REPUBLISH, selection.as_asked(taken), reason=reason)
                taken = await forget_taken(connection, selection.since)
            found += taken
    return found


async def forget_taken(connection: Connection, since: datetime, *, dry_run: bool = False) -> list[dict[str, Any]]:
    """Have the gateway forget what it took from `since` on, so that it takes it again under the same ids; returns how much.

    It puts on Kafka only what it has not taken before, and would say "already-taken" of what Kafka has lost. A sender's other
    second thoughts lose nothing by it: what is put on the topic twice is dropped by its readers.
    """
    if await connection.fetchval("select to_regclass('gateway.taken')") is None:
        return []
    async with connection.transaction():
        found = [dict(row) for row in await connection.fetch(SQL["taken"], since) if row["events"]]
        if not dry_run:
            await connection.execute(SQL["forget_taken"], since)
    return [{"service": GATEWAY, "topic": dispatch.TOPIC, **row} for row in found]


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
