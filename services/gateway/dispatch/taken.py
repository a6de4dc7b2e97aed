"""Keep the gateway's one table: what was taken over HTTP, by source and id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from schemas.cloudevent import KafkaMessage
from services.kernel.queries import queries

SCHEMA = "gateway"
FOLDERS = (Path(__file__).parents[1] / "sql" / "migrations",)
"""Where the gateway's migrations lie. It needs none of the kernel's tables: it decides nothing."""

Connection = asyncpg.Connection | PoolConnectionProxy
SQL = queries(Path(__file__).parents[1] / "sql" / "taken.sql")


@dataclass(frozen=True, slots=True)
class OfferedEvent:
    """One event that may be taken: its name, what it says (`digest`), and the record it becomes.

    `former`: the digest by which 0.1 would have kept it.
    """

    source: str
    id: str
    type: str
    digest: bytes
    message: KafkaMessage
    former: bytes = b""
    lines: tuple[str, ...] = ()
    """The lines it names, as written."""

    @property
    def name(self) -> tuple[str, str]:
        """Source and id: what an event is known by for ever."""
        return (self.source, self.id)


class IntakeOutcome(Enum):
    """What became of a candidate."""

    TAKEN = "taken"
    ALREADY = "already-taken"
    OTHER_CONTENT = "other-content"
    NOT_ACKNOWLEDGED = "not-acknowledged"


async def insert(connection: Connection, candidates: Sequence[OfferedEvent], now: datetime) -> list[IntakeOutcome]:
    """Write rows for what is new, in sorted order so that two batches cannot wait for each other.

    The verdict is by candidate. A twin within `candidates` counts as already taken, or as other content.
    """
    first: dict[tuple[str, str], OfferedEvent] = {}
    for candidate in candidates:
        first.setdefault(candidate.name, candidate)
    ordered = [first[name] for name in sorted(first)]
    columns = (
        [c.source for c in ordered],
        [c.id for c in ordered],
        [c.digest for c in ordered],
        [c.type for c in ordered],
    )
    new = {(row["source"], row["id"]) for row in await connection.fetch(SQL["insert"], *columns, now)}
    known = {name: first[name].digest for name in new}
    if len(new) < len(ordered):
        old = [name for name in first if name not in new]
        for row in await connection.fetch(SQL["digests"], [source for source, _ in old], [id_ for _, id_ in old]):
            known[(row["source"], row["id"])] = bytes(row["digest"])
    return [_verdict(c, new=c.name in new and first[c.name] is c, before=known.get(c.name)) for c in candidates]


def _verdict(candidate: OfferedEvent, *, new: bool, before: bytes | None) -> IntakeOutcome:
    if new:
        return IntakeOutcome.TAKEN
    if before is None:
        # It was there a moment ago, and is forgotten since, for Kafka has lost it (outagectl republish): sent again it is new.
        return IntakeOutcome.NOT_ACKNOWLEDGED
    return IntakeOutcome.ALREADY if before in (candidate.digest, candidate.former) else IntakeOutcome.OTHER_CONTENT


async def withdraw(connection: Connection, names: Sequence[tuple[str, str]]) -> None:
    """Forget events that were not put on Kafka after all, in the transaction that inserted them."""
    await connection.execute(SQL["withdraw"], [source for source, _ in names], [id_ for _, id_ in names])


async def prune(connection: Connection, before: datetime, at_most: int) -> int:
    """Delete up to `at_most` rows older than `before`, the oldest first; returns how many."""
    status = await connection.execute(SQL["prune"], before, at_most)
    return int(status.rpartition(" ")[2])
