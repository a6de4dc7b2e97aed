"""Audit what a service published: still in its outbox or on its topic, and nothing there that it never decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from operations.audit.log import FETCH, SQL
from operations.audit.report import Check, Report
from operations.system.database import Connection, Row
from operations.system.services import Output
from schemas.contracts import quarantine
from services.kernel.model import Record, TopicPartition
from services.kernel.writing.relay import BATCH

READ_AT_ONCE = 2_000


class Topics(Protocol):
    """What this audit asks of Kafka (services.kernel.adapters.kafka.Reader)."""

    async def bounds(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """First offset still there and the one that comes next."""
        ...

    async def read(self, place: TopicPartition, start: int, end: int) -> Sequence[Record]:
        """All records in [start, end)."""
        ...


@dataclass(slots=True)
class OnTopic:
    """What a topic holds of one service, by event id."""

    copies: Counter[str] = field(default_factory=Counter)
    oldest: list[str] = field(default_factory=list)
    """Of each partition that no longer starts at 0, the first that is left: those before it may be gone."""


async def audit_outbox(connection: Connection, service: str, report: Report) -> None:
    """Everything that waits to be published was decided here."""
    check = report.check(service, "outbox", "what waits to be published stands in the log", "waiting event")
    async for row in connection.cursor(SQL["outbox_rows"], prefetch=FETCH):
        check.checked += 1
        for text in outbox_faults(row):
            check.fault(text)


def outbox_faults(row: Row) -> Iterable[str]:
    """What is wrong with one row of query `outbox_rows`. Pure."""
    if row["topic"] == quarantine.TOPIC:
        if not row["told"]:
            yield f"{row['event_id']} tells of a quarantined message that is not there"
    elif row["logged"] is None:
        yield f"{row['event_id']} ({row['type']}) waits for {row['topic']}, but is not in the log"
    elif row["logged"] != row["type"]:
        yield f"{row['event_id']} waits for {row['topic']} as {row['type']}, but is a {row['logged']} in the log"


async def audit_topic(
    connection: Connection,
    later: Connection,
    topics: Topics,
    service: str,
    output: Output,
    partitions: int,
    report: Report,
) -> None:
    """Events of one output against its topic.

    `connection` sees the snapshot; `later`, which sees the present, knows what was decided and published since.
    """
    claim = f"every event published is in the outbox or on {output.topic}, and no other is there in this service's name"
    check = report.check(service, f"topic {output.topic}", claim, "event")
    rows = await connection.fetch(SQL["published"], output.category, sorted(output.types))
    found = await on_topic(topics, output.topic, partitions, f"/outage/{service}")
    # On one topic there may be events of several kinds of streams: the oldest that it keeps may be none of these.
    oldest = [UUID(one) for one in found.oldest if _is_uuid(one)]
    judge_topic(rows, found, check, await connection.fetchval(SQL["reached"], oldest) if oldest else 0)
    unknown = found.copies.keys() - {str(row["event_id"]) for row in rows}
    known = await later.fetch(SQL["known_ids"], [UUID(one) for one in unknown if _is_uuid(one)])
    for one in sorted(unknown - {str(row["event_id"]) for row in known}):
        check.fault(f"{one} is on {output.topic} in this service's name, but not in its log")


def judge_topic(rows: Sequence[Row], found: OnTopic, check: Check, reached: int = 0) -> None:
    """Rows of query `published` against what the topic holds. Copies are allowed, and counted. Pure.

    `reached`: up to which position of the log the topic may keep nothing any more, by events of other streams on it.

    What a topic no longer keeps is told by where it stands in the log, for events are published in that order, but for those of
    a batch; dates are of a machine's clock, which may have been wrong, and Kafka's of another.
    """
    oldest = set(found.oldest)
    gone = (n for n, row in enumerate(rows, 1) if str(row["event_id"]) in oldest or row["position"] <= reached)
    left = max(gone, default=0)
    last_gone = rows[min(left + BATCH, len(rows)) - 1]["position"] if left else 0
    for row in rows:
        check.checked += 1
        copies = found.copies.get(str(row["event_id"]), 0)
        if copies:
            check.note("on the topic")
            if copies > 1:
                check.note("further copies, same id", copies - 1)
        elif row["waiting"]:
            check.note("waiting in the outbox")
        elif row["position"] <= last_gone:
            check.note("older than the topic's records")
        else:
            where = f"{row['stream_id']} version {row['version']}"
            check.fault(f"{where}: {row['type']} {row['event_id']} is neither in the outbox nor on the topic")


async def on_topic(topics: Topics, topic: str, partitions: int, source: str) -> OnTopic:
    """What `topic` holds from `source`, by ce_id."""
    found = OnTopic()
    bounds = await topics.bounds([(topic, number) for number in range(partitions)])
    for place, (first, end) in sorted(bounds.items()):
        oldest: str | None = None
        for start in range(first, end, READ_AT_ONCE):
            records = await topics.read(place, start, min(end, start + READ_AT_ONCE))
            ours = [one for one in records if one.headers.get("ce_source", b"").decode(errors="replace") == source]
            ids = [one.headers.get("ce_id", b"").decode(errors="replace") for one in ours]
            found.copies.update(ids)
            oldest = oldest or next(iter(ids), None)
        if first > 0 and oldest is not None:
            found.oldest.append(oldest)
    return found


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
