"""What could not be understood or judged: kept with its reason, shown until somebody acts."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from schemas.base import encode
from schemas.quarantine import TOPIC, MessageQuarantined
from schemas.registry import TYPE_OF
from services.kernel.log import Connection
from services.kernel.masking import MASK, mask
from services.kernel.model import KernelError, Message, Record
from services.kernel.outbox import Outgoing
from services.kernel.queries import SQL

DECIDE_FAILED = "decide-failed"
STREAM_PARKED = "stream-parked"
SAME_ID_OTHER_CONTENT = "same-id-other-content"


@dataclass(frozen=True, slots=True)
class Bad:
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
        """The same for the same record however often it is set aside; another for one that a topic made anew has there."""
        record = self.record
        where = f"{record.topic}|{record.partition}|{record.offset}|{record.digest().hex()}"
        return uuid5(NAMESPACE_URL, f"quarantine|{where}")


WITHIN = "(within)"


def record_of(message: Message) -> Record:
    """A word from within as a record, so that it can be set aside and judged again like any other."""
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
        return (clean.replace(MASK, "...").encode("latin-1"), True) if clean != text else (raw, False)
    clean = mask(text)
    return (clean.encode(), True) if clean != text else (raw, False)


def _shown(text: str | None) -> str | None:
    return None if text is None else mask(text)


async def keep(connection: Connection, bad: Bad, now: datetime) -> None:
    """Write the quarantine row."""
    record = bad.record
    # A number may stand anywhere a sender can write.
    body, in_body = redact(record.value)
    key, in_key = redact(record.key)
    clean = {name: redact(value) for name, value in record.headers.items()}
    headers = {name: (value or b"").decode("utf-8", "replace") for name, (value, _) in clean.items()}
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
        mask(bad.detail)[:4000],
        bad.stream_id,
        now,
    )


def told(bad: Bad, service: str, now: datetime) -> Outgoing:
    """The row that tells others, without the body."""
    record = bad.record
    data = MessageQuarantined(
        quarantine_id=str(bad.quarantine_id),
        service=service,
        reason=bad.reason,
        # An exception may quote whatever it choked on: its text stays in the table.
        detail=bad.detail.partition(":")[0] if bad.reason == DECIDE_FAILED else mask(bad.detail)[:4000],
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        source=_shown(bad.source),
        id=_shown(bad.id),
        type=_shown(bad.type),
        stream_id=bad.stream_id,
        at=now,
    )
    clean, redacted = redact(record.key)
    # A key may be anything, even a number; then the quarantine id serves.
    key = str(bad.quarantine_id) if redacted or not clean else clean.decode("utf-8", "replace")[:200]
    return Outgoing(TOPIC, key, bad.quarantine_id, TYPE_OF[MessageQuarantined], encode(data), None)


class TooManyFailures(KernelError):
    """So many decisions failed that the fault is ours: the service stops rather than divert everything."""


@dataclass(slots=True)
class Limit:
    """A bad deploy must stop, not divert every message: 20 failed decisions in a row, or 5 % of the last 1,000.

    Counts only failed decisions. Bad input is its sender's fault and must not stop a service in a storm.
    """

    in_a_row: int = 20
    share: float = 0.05
    window: int = 1000
    _recent: list[bool] = field(default_factory=list)

    def start(self, newest_first: list[str]) -> None:
        """Count from what the inbox says, so that a restart does not begin at nought."""
        self._recent = [reason == DECIDE_FAILED for reason in reversed(newest_first)][-self.window :]

    def check(self, outcomes: list[bool]) -> None:
        """Look at a batch before it commits; true is a failed decision.

        Raises:
            TooManyFailures: with this batch the limit is passed; roll back.

        """
        if not any(outcomes):
            return  # good batches always pass, or a mended version could never work its way out
        recent = (self._recent + outcomes)[-self.window :]
        tail = 0
        for failed in reversed(recent):
            if not failed:
                break
            tail += 1
        if tail >= self.in_a_row:
            raise TooManyFailures(
                f"the last {tail} messages could not be judged: mend or roll back this version, then "
                "outagectl quarantine list"
            )
        failures = sum(recent)
        if len(recent) == self.window and failures > self.share * self.window:
            raise TooManyFailures(
                f"{failures} of the last {self.window} messages could not be judged: mend or roll back this version"
            )

    def commit(self, outcomes: list[bool]) -> None:
        """Keep the counts of a committed batch."""
        self._recent = (self._recent + outcomes)[-self.window :]
