"""Judge quarantined messages again, or drop them: in order and on record, as an operator asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from schemas.cloudevent import ContractError, from_kafka
from schemas.free_text import cleaned
from services.kernel.adapters.locks import Connection
from services.kernel.model import KernelError, Message, Record, Service
from services.kernel.observing.masking import MASK
from services.kernel.queries import SQL
from services.kernel.writing import inbox
from services.kernel.writing.copies import COPIED, copies_of
from services.kernel.writing.decisions import TIMER_MOOT, Decisions, Outcome
from services.kernel.writing.quarantine import PARKING, WITHIN, WRITTEN_BY_NEWER, kept_detail
from services.kernel.writing.records import message_of
from services.kernel.writing.timers import UNPROVEN, DueTimer


class RetryRefused(KernelError):
    """The message cannot be judged again from here; the message says what to do."""


@dataclass(slots=True)
class Retried:
    """What came of it: quarantine ids with their new reason, and what still waits."""

    judged: list[tuple[UUID, str]] = field(default_factory=list)
    still_open: list[tuple[UUID, str]] = field(default_factory=list)


async def retry(
    connection: Connection, decisions: Decisions, service: Service, now: datetime, quarantine_id: UUID
) -> Retried:
    """Judge a quarantined message again and then, in order, those that wait behind it on its parked stream.

    Inside the caller's transaction.

    Raises:
        RetryRefused: unknown, already resolved, a number was taken out of its names, or it waits behind another.

    """
    result = Retried()
    row = await _open_row(connection, quarantine_id)
    if row["reason"] == "stream-parked":
        raise RetryRefused(f"{quarantine_id} waits behind what parked {row['stream_id']}: retry or drop that one")
    await _unpark(connection, row)
    for each in (row, *await _behind(connection, row)):
        if not await _again(connection, decisions, service, each, now, result):
            break
    return result


async def drop(
    connection: Connection, decisions: Decisions, service: Service, now: datetime, quarantine_id: UUID, resolution: str
) -> Retried:
    """Give a quarantined message up, and judge those that wait behind it. Inside the caller's transaction.

    Raises:
        RetryRefused: unknown or already resolved, or a deadline, which would fire and fail again at once.

    """
    result = Retried()
    row = await _open_row(connection, quarantine_id)
    if row["topic"].startswith("timer:"):
        raise RetryRefused(
            f"{quarantine_id} is a deadline, and a deadline cannot be dropped: mend the fault and retry it"
        )
    await _unpark(connection, row)
    await _resolve(connection, quarantine_id, "dropped", resolution, now)
    for waiting in await _behind(connection, row):
        if not await _again(connection, decisions, service, waiting, now, result):
            break
    return result


async def _open_row(connection: Connection, quarantine_id: UUID) -> asyncpg.Record:
    row = await connection.fetchrow("select * from quarantine where quarantine_id = $1 for update", quarantine_id)
    if row is None:
        raise RetryRefused(f"there is no {quarantine_id} here: outagectl quarantine list")
    if row["state"] != "open":
        raise RetryRefused(f"{quarantine_id} was {row['state']} already: {row['resolution']}")
    return row


async def _unpark(connection: Connection, row: asyncpg.Record) -> None:
    if row["reason"] in PARKING:
        await connection.execute(
            "update stream set parked_by = null where stream_id = $1 and parked_by = $2",
            row["stream_id"],
            row["quarantine_id"],
        )


async def _behind(connection: Connection, row: asyncpg.Record) -> list[asyncpg.Record]:
    """Messages of the stream that came while it was parked, in the order of their partition."""
    if row["reason"] not in PARKING:
        return []
    return list(
        await connection.fetch(
            "select * from quarantine where stream_id = $1 and state = 'open' and reason = 'stream-parked' "
            "order by seq for update",
            row["stream_id"],
        )
    )


async def _again(
    connection: Connection, decisions: Decisions, service: Service, row: asyncpg.Record, now: datetime, result: Retried
) -> bool:
    quarantine_id: UUID = row["quarantine_id"]
    if row["topic"].startswith("timer:") and row["reason"] == WRITTEN_BY_NEWER:
        return await _deadline(connection, decisions, service, row, now, result)
    if row["topic"].startswith("timer:"):
        # The timer row still stands; with its stream free it fires by itself.
        await _resolve(connection, quarantine_id, "retried", "the timer fires again", now)
        result.judged.append((quarantine_id, "timer-armed"))
        return True
    message, body = _message(service, row)
    if row["redacted"] and _lost_more_than_words(row, message):
        raise RetryRefused(
            f"{quarantine_id} held a phone number, not in free text, that was not kept: drop it, then have its source send "
            "it again under a new id"
        )
    if (kept := copies_of(service).get(message.topic or "")) is not None:
        reason = COPIED if await kept.put_late(connection, message) else "said-anew-meanwhile"
        await _resolve(connection, quarantine_id, "retried", reason, now)
        result.judged.append((quarantine_id, reason))
        return True
    verdict = (await inbox.take(connection, [inbox.InboxEntry(message, body)], now))[0]
    if verdict is inbox.Seen.OTHER_CONTENT and row["redacted"]:
        # The inbox knows the words as they came: it is the same message, less what is masked before anything is decided.
        verdict = inbox.Seen.AGAIN
    if verdict is inbox.Seen.OTHER_CONTENT:
        raise RetryRefused(f"{message.cause} was taken with other content: it needs an id of its own; drop this one")
    if verdict is inbox.Seen.AGAIN and await _is_settled(connection, message):
        await _resolve(connection, quarantine_id, "retried", "taken-meanwhile", now)
        result.judged.append((quarantine_id, "taken-meanwhile"))
        return True
    outcome = await _judged(connection, decisions, message, quarantine_id, now)
    await inbox.settle(connection, [outcome])
    return await _judged_again(connection, quarantine_id, outcome, now, result)


async def _deadline(
    connection: Connection, decisions: Decisions, service: Service, row: asyncpg.Record, now: datetime, result: Retried
) -> bool:
    """Fire it here and now: the pod that set it aside would find it first, and set it aside again."""
    name = row["topic"].removeprefix("timer:")
    timer = await connection.fetchrow(SQL["timer_set_aside"], row["stream_id"], name, row["recorded_at"])
    if timer is None:
        await _resolve(connection, row["quarantine_id"], "retried", TIMER_MOOT, now)
        result.judged.append((row["quarantine_id"], TIMER_MOOT))
        return True
    (head,) = await connection.fetch(SQL["lock_streams"], [row["stream_id"]])
    due = DueTimer(timer, unproven=UNPROVEN in msgspec.json.decode(row["headers"]))
    message = due.message(service.name, head["version"], now)
    outcome = await _judged(connection, decisions, message, row["quarantine_id"], now)
    return await _judged_again(connection, row["quarantine_id"], outcome, now, result)


async def _judged(
    connection: Connection, decisions: Decisions, message: Message, quarantine_id: UUID, now: datetime
) -> Outcome:
    judged = await decisions.run(connection, [message], now, parked_by={message.name: quarantine_id}, condemned={})
    return judged.outcomes[0]


async def _judged_again(
    connection: Connection, quarantine_id: UUID, outcome: Outcome, now: datetime, result: Retried
) -> bool:
    """Write down what came of it; whether those behind it may follow."""
    if outcome.outcome == "quarantined":
        await connection.execute(
            "update quarantine set reason = $2, detail = $3, stream_id = $4 where quarantine_id = $1",
            quarantine_id,
            outcome.reason,
            kept_detail(outcome.detail),
            outcome.parked,
        )
        result.still_open.append((quarantine_id, f"{outcome.reason}: {outcome.detail}"))
        return False
    await _resolve(connection, quarantine_id, "retried", outcome.reason, now)
    result.judged.append((quarantine_id, outcome.reason))
    return True


def _lost_more_than_words(row: asyncpg.Record, message: Message) -> bool:
    """Whether a number was taken out of anything but free text, in which no decision ever sees one (Decisions.run)."""
    bare = msgspec.json.encode(cleaned(message.data, lambda _: ""))
    names = f"{message.source} {message.id} {row['headers']}".encode()
    return any(MASK.encode() in part for part in (row["key"] or b"", names, bare))


async def _is_settled(connection: Connection, message: Message) -> bool:
    """Whether the same message was sent again meanwhile and judged."""
    outcome = await connection.fetchval(
        "select outcome from inbox where source = $1 and id = $2", message.source, message.id
    )
    return bool(outcome != "quarantined")


def _message(service: Service, row: asyncpg.Record) -> tuple[Message, bytes]:
    """The message that was set aside, and its data's bytes.

    Raises:
        RetryRefused: it is still not understood.

    """
    headers: Mapping[str, str] = msgspec.json.decode(row["headers"])
    body: bytes = row["body"] or b""
    if row["topic"] == WITHIN:
        message = Message(
            source=headers["ce_source"],
            id=headers["ce_id"],
            type=headers["ce_type"],
            time=datetime.fromisoformat(headers["ce_time"]),
            data=msgspec.json.decode(body, type=service.structs[headers["ce_type"]]),
            key=row["key"].decode(),
            partition=row["partition"],
            stream=headers["stream"],
        )
        return message, body
    raw = {name: value.encode() for name, value in headers.items()}
    record = Record(
        row["topic"],
        row["partition"],
        row["record_offset"],
        row["key"],
        row["body"],
        raw,
        row["recorded_at"] or row["at"],
    )
    try:
        event = from_kafka(record.topic, record.key, record.headers, record.value)
    except ContractError as error:
        raise RetryRefused(
            f"{row['quarantine_id']} is still not understood ({error}): mend it at its source, then drop it"
        ) from None
    return message_of(event, record), event.body


async def _resolve(connection: Connection, quarantine_id: UUID, state: str, resolution: str, now: datetime) -> None:
    await connection.execute(
        "update quarantine set state = $2, resolution = $3, resolved_at = $4 where quarantine_id = $1",
        quarantine_id,
        state,
        resolution,
        now,
    )
