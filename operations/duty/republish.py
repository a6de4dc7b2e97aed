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
from operations.system.services import OUTPUTS
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


async def republish_all(
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
