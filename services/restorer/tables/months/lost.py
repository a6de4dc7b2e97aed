"""Find statements that are on our topic and not in our log: published in a time that a restored database has lost.

Looked for before a month is published. Where the look ended is in the database, so that one that went back looks through the time
that it lost again, whenever that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from schemas.contracts.restorations import TOPIC, FulfilmentPublished
from services.kernel.model import Record, TopicPartition
from services.kernel.operators.actions import TopicReader
from services.kernel.queries import queries

SQL: Final = queries(Path(__file__).parents[2] / "sql" / "lost.sql")
OURS: Final = b"/outage/restorer"
PUBLISHED: Final = b"fulfilment.published.v1"
FIRST_LOOK: Final = timedelta(days=40)
"""So far back the first look goes: a version that did not look may have been restored."""
AT_ONCE: Final = 4_000_000
"""Bytes of records held at once."""


async def lost_statements(
    connection: Any, broker: TopicReader | None, month: str, now: datetime
) -> tuple[FulfilmentPublished, ...]:
    """Those of a month, the latest last; by what was found before where Kafka cannot be asked from here."""
    if broker is not None:
        await _look(connection, broker, now)
    rows = await connection.fetch(SQL["lost"], month)
    return tuple(msgspec.json.decode(row["data"], type=FulfilmentPublished) for row in rows)


async def _look(connection: Any, broker: TopicReader, now: datetime) -> None:
    bounds = await broker.bounds(await broker.partitions([TOPIC]))
    looked = {(TOPIC, row["partition"]): row["next_offset"] for row in await connection.fetch(SQL["looked"])}
    starts = {**await broker.since({place: now - FIRST_LOOK for place in bounds if place not in looked}), **looked}
    found: dict[UUID, FulfilmentPublished] = {}
    for place, (first, end) in sorted(bounds.items()):
        # One that was made anew ends below: all of it is looked through.
        start = first if starts[place] > end else max(first, starts[place])
        found |= await _statements(broker, place, start, end)
    async with connection.transaction():
        rows = await connection.fetch(SQL["not_here"], list(found))
        for event_id in sorted(row["event_id"] for row in rows):
            said = found[event_id]
            data = msgspec.json.encode(said).decode()
            await connection.execute(SQL["put_lost"], event_id, said.month or "", said.number, data)
        ends = _ends(bounds)
        await connection.execute(SQL["set_looked"], list(ends), list(ends.values()))


async def _statements(
    broker: TopicReader, place: TopicPartition, start: int, end: int
) -> Mapping[UUID, FulfilmentPublished]:
    found: dict[UUID, FulfilmentPublished] = {}
    while start < end:
        records = await broker.read(place, start, end, AT_ONCE)
        found |= dict(_said(records))
        start = records[-1].offset + 1 if records else end
    return found


def _said(records: Sequence[Record]) -> Iterable[tuple[UUID, FulfilmentPublished]]:
    for record in records:
        headers = record.headers
        if headers.get("ce_type") == PUBLISHED and headers.get("ce_source") == OURS and record.value is not None:
            try:
                yield (
                    UUID(headers.get("ce_id", b"").decode("ascii")),
                    msgspec.json.decode(record.value, type=FulfilmentPublished),
                )
            except (ValueError, msgspec.MsgspecError):
                continue  # nothing of ours


def _ends(bounds: Mapping[TopicPartition, tuple[int, int]]) -> Mapping[int, int]:
    return {number: end for (_, number), (_, end) in sorted(bounds.items())}
