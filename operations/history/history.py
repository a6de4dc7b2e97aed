"""Tell what the three logs say about one outage, customer or text, in order, with what belongs to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from operations.duty.tasks import DutyTask, tasks_concerning
from operations.history.proof import TextProof, named, proofs
from operations.system.database import Connection, Row, enter
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "show.sql")
# Where instants are equal, what was decided first comes first: plans, then supply, then what customers are told.
COMPLAINTS_TOLD = 20
"""So many complaints are told with their outage; the others by outagectl show complaint."""
ORDER = {"planner": 0, "restorer": 1, "notifier": 2}


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event of one log."""

    at: datetime
    service: str
    stream_id: str
    version: int
    event_id: str
    type: str
    data: Mapping[str, Any]
    reason: str
    cause: str
    chain: str
    position: int

    @classmethod
    def of(cls, service: str, row: Row) -> HistoryEntry:
        """A row of queries `stream_events` or `text_events`."""
        return cls(
            at=row["decided_at"],
            service=service,
            stream_id=row["stream_id"],
            version=row["version"],
            event_id=str(row["event_id"]),
            type=row["type"],
            data=msgspec.json.decode(row["data"]),
            reason=row["reason"],
            cause=row["cause"],
            chain=bytes(row["chain"]).hex(),
            position=row["position"],
        )


@dataclass(slots=True)
class History:
    """All there is to tell about one outage, customer or text."""

    kind: str
    id: str
    streams: list[dict[str, Any]] = field(default_factory=list)
    """Heads with live views: service, stream, version, parkedBy, view."""
    entries: list[HistoryEntry] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    proofs: list[TextProof] = field(default_factory=list)
    """Of a text that is asked for itself, or of all that bear the code that is asked for."""
    complaints: dict[str, int] = field(default_factory=dict)
    """Of an outage, how many complaints about it were received, answered and withdrawn: each has a stream of its own."""
    tasks: list[DutyTask] = field(default_factory=list)
    """What people have to do about this outage or customer, or had to, as it was opened; never of a past state."""

    @property
    def found(self) -> bool:
        """Whether anything at all is known."""
        return bool(self.entries or self.texts or self.quarantined or self.streams)

    def in_order(self) -> list[HistoryEntry]:
        """The entries as they happened."""
        return sorted(self.entries, key=lambda e: (e.at, ORDER.get(e.service, 9), e.position))


async def outage(connection: Connection, services: Sequence[str], mrid: str) -> History:
    """Everything about one outage: its stream in every service, complaints about it, and the texts that spoke of it."""
    history = History("outage", mrid)
    for service in services:
        await enter(connection, service)
        await _stream(connection, service, f"outage/{mrid}", history)
        await _quarantine(connection, service, [f"outage/{mrid}"], mrid, history)
        if service == "restorer":
            (counted,) = await connection.fetch(SQL["complaints_counted"], mrid)
            history.complaints = dict(counted)
            for row in await connection.fetch(SQL["complaints_of"], mrid, COMPLAINTS_TOLD):
                await _stream(connection, service, f"complaint/{row['complaint_id']}", history)
        if service == "notifier":
            rows = await connection.fetch(SQL["fanned_out"], mrid)
            history.entries += [HistoryEntry.of(service, row) for row in rows]
            await _texts(connection, await _ids(connection, "texts_of_outage", mrid), history, events=True)
    return history


async def complaint(connection: Connection, services: Sequence[str], complaint_id: str) -> History:
    """Everything about one complaint: when it came, when it was answered, and what was promised of it."""
    return await _matter(connection, services, "complaint", complaint_id)


async def enquiry(connection: Connection, services: Sequence[str], enquiry_id: str) -> History:
    """Everything about one enquiry: when somebody asked why power is off, when that was explained, and what was promised of it."""
    return await _matter(connection, services, "enquiry", enquiry_id)


async def _matter(connection: Connection, services: Sequence[str], kind: str, name: str) -> History:
    """What is a stream of the restorer's, and nowhere else."""
    history, stream = History(kind, name), f"{kind}/{name}"
    if "restorer" in services:
        await enter(connection, "restorer")
        await _stream(connection, "restorer", stream, history)
        await _quarantine(connection, "restorer", [stream], name, history)
    return history


async def customer(connection: Connection, services: Sequence[str], customer_id: str) -> History:
    """Everything about one customer: the conversation, and every text in it."""
    history = History("customer", customer_id)
    if "notifier" in services:
        await enter(connection, "notifier")
        await _stream(connection, "notifier", f"customer/{customer_id}", history)
        await _quarantine(connection, "notifier", [f"customer/{customer_id}"], customer_id, history)
        await _texts(connection, await _ids(connection, "texts_of_customer", customer_id), history, events=False)
    return history


async def add_tasks(connection: Connection, services: Sequence[str], history: History, now: datetime) -> None:
    """What people have to do about the outage or customer that the history is of."""
    mrid, customer_id = (history.id if history.kind == kind else None for kind in ("outage", "customer"))
    found = []
    for service in services if mrid or customer_id else ():
        found += await tasks_concerning(connection, service, now, mrid=mrid, customer=customer_id)
    history.tasks = sorted(found, key=lambda one: (one.opened_at, one.task_id))


async def message(connection: Connection, services: Sequence[str], message_id: str) -> History:
    """Everything about one text. Its provider's id serves too, and the code of an outage, for all texts that bear it."""
    history = History("message", message_id)
    if "notifier" in services:
        await enter(connection, "notifier")
        ids = await named(connection, message_id)
        await _texts(connection, ids, history, events=True)
        history.proofs = await proofs(connection, ids)
    return history


async def _ids(connection: Connection, query: str, name: str) -> list[str]:
    return [row["message_id"] for row in await connection.fetch(SQL[query], name)]


async def _stream(connection: Connection, service: str, stream_id: str, history: History) -> None:
    head = await connection.fetchrow(SQL["head"], stream_id)
    if head is None:
        return
    history.streams.append(
        {
            "service": service,
            "stream": stream_id,
            "version": head["version"],
            "parkedBy": str(head["parked_by"]) if head["parked_by"] else None,
            "view": msgspec.json.decode(head["view"]) if head["view"] else None,
        }
    )
    history.entries += [
        HistoryEntry.of(service, row) for row in await connection.fetch(SQL["stream_events"], stream_id)
    ]


async def _quarantine(connection: Connection, service: str, streams: Sequence[str], key: str, history: History) -> None:
    rows = await connection.fetch(SQL["quarantined_of"], list(streams), key.encode())
    history.quarantined += [
        {
            "service": service,
            "quarantineId": str(row["quarantine_id"]),
            "at": row["at"],
            "reason": row["reason"],
            "detail": row["detail"],
            "type": row["type"],
            "stream": row["stream_id"],
        }
        for row in rows
    ]


async def _texts(connection: Connection, ids: Sequence[str], history: History, *, events: bool) -> None:
    if not ids:
        return
    attempts: dict[str, list[dict[str, Any]]] = {}
    for row in await connection.fetch(SQL["attempts"], list(ids)):
        attempts.setdefault(row["message_id"], []).append(
            {
                "n": row["n"],
                "provider": row["provider"],
                "startedAt": row["started_at"],
                "outcome": row["outcome"],
                "providerSid": row["provider_sid"],
                "providerCode": row["provider_code"],
            }
        )
    customers: set[str] = set()
    for row in await connection.fetch(SQL["texts"], list(ids)):
        customers.add(row["customer_id"])
        history.texts.append(_text(row, attempts.get(row["message_id"], [])))
    if events:
        streams = [f"customer/{name}" for name in sorted(customers)]
        rows = await connection.fetch(SQL["text_events"], streams, list(ids))
        history.entries += [HistoryEntry.of("notifier", row) for row in rows]


def _text(row: Row, attempts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {
        "messageId": row["message_id"],
        "customerId": row["customer_id"],
        "contactId": row["contact_id"],
        "mrids": list(row["mrids"]),
        "trigger": row["trigger"],
        "templateId": row["template_id"],
        "lane": row["lane"],
        "state": row["state"],
        "ref": row["ref"],
        "body": row["body"],
        "requestedAt": row["requested_at"],
        "notBefore": row["not_before"],
        "changesAt": row["changes_at"],
        "dueAt": row["due_at"],
        "expiresAt": row["expires_at"],
        "providerSid": row["provider_sid"],
        "attempts": list(attempts),
    }
