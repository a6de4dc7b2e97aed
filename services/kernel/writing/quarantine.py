"""Keep what could not be understood or judged, with its reason, until somebody acts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import encode
from schemas.contracts.quarantine import TOPIC, MessageQuarantined
from schemas.keys import plain_key
from services.kernel.adapters.locks import Connection
from services.kernel.model import Message, Record
from services.kernel.observing.masking import mask
from services.kernel.queries import SQL
from services.kernel.values.storable import readable, storable
from services.kernel.writing.outbox import Outgoing

DECIDE_FAILED = "decide-failed"
STREAM_PARKED = "stream-parked"
WRITTEN_BY_NEWER = "written-by-newer"
"""Its stream holds what this code does not know: a pod of the version that wrote it takes it over."""
PARKING = (DECIDE_FAILED, WRITTEN_BY_NEWER)
"""What parks a stream; what comes for it then waits behind."""
SAME_ID_OTHER_CONTENT = "same-id-other-content"
UNREADABLE = "unreadable"
"""It could be set aside in no other way than as bytes that nobody has looked at."""
OPERATOR_SKIPPED = "operator-skipped"
"""An operator had the service go on behind it; it was not judged."""
NAME_LENGTH = 200
DETAIL_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class BadRecord:
    """One record that is set aside."""

    record: Record
    reason: str
    detail: str
    source: str | None = None
    id: str | None = None
    type: str | None = None
    stream_id: str | None = None

    @property
    def quarantine_id(self) -> UUID:
        """The same for the same record however often it is set aside; another for one that a recreated topic has there."""
        record = self.record
        where = f"{record.topic}|{record.partition}|{record.offset}|{record.digest().hex()}"
        return uuid5(NAMESPACE_URL, f"quarantine|{where}")


WITHIN = "(within)"


def record_of(message: Message) -> Record:
    """An internal message as a record, so that it can be set aside and judged again like any other."""
    headers = {
        "ce_source": message.source,
        "ce_id": message.id,
        "ce_type": message.type,
        "ce_time": message.time.isoformat(),
        "stream": message.stream or "",
    }
    raw = {name: value.encode() for name, value in headers.items()}
    return Record(
        WITHIN, message.partition, 0, message.key.encode(), msgspec.json.encode(message.data), raw, message.time
    )


def redact(raw: bytes | None) -> tuple[bytes | None, bool]:
    """`raw` without phone numbers, and whether any was taken out (then it cannot be retried from here)."""
    if raw is None:
        return None, False
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
        clean = mask(text)
        return (clean.encode("latin-1"), True) if clean != text else (raw, False)
    clean = mask(text)
    return (clean.encode(), True) if clean != text else (raw, False)


def _shown(text: str | None) -> str | None:
    """A name as far as a contract holds it, without numbers and without what a database refuses."""
    return None if text is None else storable(mask(text))[:NAME_LENGTH]


def kept_detail(text: str) -> str:
    """What is said of a failure, as far as it is kept: without numbers, and such that a database takes it."""
    return storable(mask(text))[:DETAIL_LENGTH]


async def keep(connection: Connection, bad: BadRecord, now: datetime) -> None:
    """Write the quarantine row, whatever bytes the record has. Key and body are kept as they came, names as text."""
    record = bad.record
    # A number may stand anywhere a sender can write.
    body, in_body = redact(record.value)
    key, in_key = redact(record.key)
    clean = {name: redact(value) for name, value in record.headers.items()}
    headers = {storable(name): readable(value or b"") for name, (value, _) in clean.items()}
    redacted = in_body or in_key or any(found for _, found in clean.values())
    await connection.execute(
        SQL["quarantine"],
        bad.quarantine_id,
        record.topic,
        record.partition,
        record.offset,
        _shown(bad.source),
        _shown(bad.id),
        _shown(bad.type),
        key,
        msgspec.json.encode(headers).decode(),
        body,
        redacted,
        bad.reason,
        kept_detail(bad.detail),
        bad.stream_id,
        now,
        record.timestamp,
    )


def told(bad: BadRecord, service: str, now: datetime) -> Outgoing:
    """The row that tells others, without the body."""
    record = bad.record
    data = MessageQuarantined(
        quarantine_id=str(bad.quarantine_id),
        service=service,
        reason=bad.reason,
        # An exception may quote whatever it choked on: its text stays in the table.
        detail=kept_detail(bad.detail.partition(":")[0] if bad.reason == DECIDE_FAILED else bad.detail),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        source=_shown(bad.source),
        id=_shown(bad.id),
        type=_shown(bad.type),
        stream_id=_shown(bad.stream_id),
        at=now,
    )
    # A key may be anything, even a number, in text or in bytes; then the quarantine id serves.
    key = str(bad.quarantine_id) if redact(record.key)[1] else plain_key(record.key) or str(bad.quarantine_id)
    return Outgoing(TOPIC, key, bad.quarantine_id, TYPE_OF[MessageQuarantined], encode(data), None)
