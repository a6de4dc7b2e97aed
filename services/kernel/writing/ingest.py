"""Take records, decide on them in one transaction, commit: the one write path of every service."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from schemas.cloudevent import ContractError, from_kafka
from services.kernel.adapters.locks import Connection
from services.kernel.bounds import BATCH_BYTES
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.model import Message, Record, TopicPartition
from services.kernel.pauses import Pauses
from services.kernel.queries import SQL
from services.kernel.writing import fence, inbox
from services.kernel.writing.copies import apart, copies_of, copy
from services.kernel.writing.decisions import Outcome
from services.kernel.writing.failures.attempts import Condemned, FailureStage, attempt
from services.kernel.writing.failures.transaction_timing import measured
from services.kernel.writing.fence import Broker
from services.kernel.writing.quarantine import SAME_ID_OTHER_CONTENT, UNREADABLE, BadRecord, record_of
from services.kernel.writing.records import message_of, offset_of, unreadable
from services.kernel.writing.transaction import Transaction

log = structlog.get_logger()


@dataclass(slots=True)
class BatchResult:
    """What one batch came to."""

    records: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    bad: list[BadRecord] = field(default_factory=list)
    copied: list[Message] = field(default_factory=list)
    duplicates: int = 0
    appended: int = 0

    def __add__(self, other: "BatchResult") -> "BatchResult":
        """Both together."""
        return BatchResult(
            self.records + other.records,
            self.outcomes + other.outcomes,
            self.bad + other.bad,
            self.copied + other.copied,
            self.duplicates + other.duplicates,
            self.appended + other.appended,
        )


class Ingest:
    """Takes batches from Kafka and internal messages."""

    def __init__(self, transaction: Transaction, broker: Broker, clock: Clock) -> None:
        self.transaction = transaction
        self.service = transaction.service
        self._pool = transaction.pool
        self._broker = broker
        self._clock = clock
        self._checked: set[TopicPartition] = set()
        self._opened = False
        self._undated: set[str] = set()
        self._copies = copies_of(self.service)

    def unassigned(self, places: Sequence[TopicPartition] | None = None) -> None:
        """Forget that partitions were checked: the next records of them are checked again."""
        self._checked = set() if places is None else self._checked - set(places)

    async def assigned(self, places: Sequence[TopicPartition]) -> None:
        """Check partitions that were not checked since they came here.

        Raises:
            FenceError: a topic is not the one that was read before.

        """
        missing = sorted(set(places) - self._checked)
        if not missing:
            return
        async with self._pool.acquire() as connection:
            if not self._opened:
                await fence.open_all(connection, self._broker, self.service.inputs)
                self._opened = True
            await fence.check(connection, self._broker, missing)
        self._checked.update(missing)

    async def fences(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, fence.Fence]:
        """How far each of these partitions was read, as committed."""
        found = await fence.standing(self._pool)
        return {place: found[place] for place in places if place in found}

    async def caught_up(self, ends: Mapping[TopicPartition, int], mark: datetime) -> None:
        """Raise the watermark to `mark` of every partition whose fence has reached the end that was read after `mark`."""
        rows = [(*place, end) for place, end in sorted(ends.items())]
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            await self._pool.execute(SQL["raise_watermarks"], *columns, mark)

    async def pass_over(self, place: TopicPartition, start: int, end: int) -> None:
        """Offsets [start, end) hold nothing to read; the fence goes past them, on record."""
        async with self.transaction.turn, self._pool.acquire() as connection, connection.transaction():
            await fence.pass_over(connection, place, start, end)

    async def take(self, records: Sequence[Record]) -> BatchResult:
        """Handle a batch in one transaction; when it returns, all of it is durable and may be acknowledged.

        Raises:
            FenceError, TooManyFailures: nobody but a person can help.
            AWAY: Postgres or Kafka is away; nothing was taken, call again.

        """
        if not records:
            return BatchResult()
        explained: dict[TopicPartition, int] = {}

        async def commit(batch: list[Record], condemned: Mapping[Hashable, Condemned]) -> BatchResult:
            work = self._commit(batch, explained, condemned)
            return await measured(self.transaction.telemetry, self._clock, work)

        async def run(batch: Sequence[Record], condemned: Mapping[Hashable, Condemned]) -> BatchResult:
            whole, done = list(batch), BatchResult()
            while True:
                try:
                    return done + await commit(whole, condemned)
                except fence.Hole as hole:
                    there, all_of_it = await self._look(hole, whole, explained)
                    if all_of_it:
                        whole = there
                    else:
                        # A hole may hold more than memory does: what was read of it first goes first.
                        done += await commit(there, condemned)

        # Before our turn: it asks Kafka, and a deadline's turn must not wait for a broker that is away.
        await self.assigned(list({(record.topic, record.partition) for record in records}))
        async with self.transaction.turn:
            parts = await attempt(list(records), run, offset_of)
        return sum(parts, BatchResult())

    async def _look(
        self, hole: fence.Hole, records: list[Record], explained: dict[TopicPartition, int]
    ) -> tuple[list[Record], bool]:
        """Read what Kafka has of this partition up to the batch's end: process it too, or know that there is nothing.

        Returns the batch with what was read, and true; or, where that is more than one batch, the first of it, and false.
        """
        ours = [r for r in records if (r.topic, r.partition) == hole.place]
        last = ours[-1].offset
        there = await self._broker.read(hole.place, hole.expected, last, BATCH_BYTES)
        # After the reading: what retention deleted meanwhile would look like a hole that holds nothing.
        first, _ = (await self._broker.bounds([hole.place]))[hole.place]
        fence.present(hole.place, first, hole.expected)
        log.warning("hole in offsets", place=hole.place, expected=hole.expected, found=hole.found, there=len(there))
        if sum(record.size for record in there) >= BATCH_BYTES:
            explained[hole.place] = there[-1].offset
            return list(there), False
        merged = {record.offset: record for record in (*there, *ours)}
        explained[hole.place] = last
        others = (r for r in records if (r.topic, r.partition) != hole.place)
        return [*(merged[offset] for offset in sorted(merged)), *others], True

    async def _commit(
        self, records: list[Record], explained: Mapping[TopicPartition, int], condemned: Mapping[Hashable, Condemned]
    ) -> BatchResult:
        taken = BatchResult()
        now, began = self._clock.now(), self._clock.monotonic()
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                expected = await fence.lock(connection, {(r.topic, r.partition) for r in records})
                fresh = [self._dated(record, now) for record in fence.sift(records, expected, explained)]
                if not fresh:
                    return taken
                taken.records = len(fresh)
                reach("fences-locked")
                copied, judged_here = apart(fresh, self._copies)
                taken.copied, taken.bad = await copy(connection, copied, self._copies, condemned)
                legible = _unread(judged_here, condemned, taken)
                messages = await self._open(connection, legible, taken, now)
                await self.transaction.set_aside(connection, taken.bad, now)
                origins = {message.name: record for message, record in messages}
                known = {m.name: condemned[offset_of(r)] for m, r in messages if offset_of(r) in condemned}
                judged, bad = await self.transaction.decide(
                    connection, [m for m, _ in messages], origins, now, known, limited=True
                )
                await fence.advance(connection, fresh, expected, now, self.service.feeds, believed=not self._clock.real)
                reach("before-commit")
        reach("after-commit")
        taken.outcomes, taken.appended = judged.outcomes, judged.appended
        taken.bad += bad
        self.transaction.committed(judged)
        if taken.bad:
            self.transaction.published.set()
        self._count(taken, now)
        self.transaction.telemetry.processed(self._clock.monotonic() - began)
        return taken

    def _dated(self, record: Record, now: datetime) -> Record:
        """The record as of when it came: by the broker's clock, or, with only a sender's word for it, at the latest now."""
        if record.by_broker or (record.timestamp <= now and not self._clock.real):
            return record
        if self._clock.real and record.topic not in self._undated:
            self._undated.add(record.topic)
            log.warning(
                "topic without broker time",
                reason="topic-without-broker-time",
                topic=record.topic,
                detail="senders date its records: set message.timestamp.type=LogAppendTime on it (docs/operations.md)",
            )
        return replace(record, timestamp=min(record.timestamp, now))

    async def _open(
        self, connection: Connection, fresh: Sequence[Record], taken: BatchResult, now: datetime
    ) -> list[tuple[Message, Record]]:
        """Decode and take into the inbox; what is bad or known already goes its own way."""
        opened: list[tuple[inbox.InboxEntry, Record]] = []
        pauses = Pauses()
        for record in fresh:
            await pauses.after(record.size)
            try:
                event = from_kafka(record.topic, record.key, record.headers, record.value)
            except ContractError as error:
                taken.bad.append(unreadable(record, error))
                continue
            opened.append((inbox.InboxEntry(message_of(event, record), event.body), record))
        verdicts = await inbox.take(connection, [entry for entry, _ in opened], now)
        messages: list[tuple[Message, Record]] = []
        for (entry, record), verdict in zip(opened, verdicts, strict=True):
            message = entry.message
            if verdict is inbox.Seen.NEW:
                messages.append((message, record))
            elif verdict is inbox.Seen.AGAIN:
                taken.duplicates += 1
                await inbox.skip(connection, record, "duplicate", message.cause)
            else:
                detail = f"{message.cause} was taken before with other content: give each event an id of its own"
                taken.bad.append(
                    BadRecord(record, SAME_ID_OTHER_CONTENT, detail, message.source, message.id, message.type)
                )
        return messages

    def _count(self, taken: BatchResult, now: datetime) -> None:
        telemetry = self.transaction.telemetry
        for message in (*taken.copied, *(outcome.message for outcome in taken.outcomes)):
            telemetry.consumed(message.topic or "", message.type)
        for outcome in taken.outcomes:
            telemetry.event_age((now - outcome.message.time).total_seconds())
        for bad in taken.bad:
            telemetry.quarantined(bad.record.topic, bad.reason)
            log.warning(
                "quarantined",
                reason=bad.reason,
                detail=bad.detail,
                quarantine_id=str(bad.quarantine_id),
                topic=bad.record.topic,
                partition=bad.record.partition,
                offset=bad.record.offset,
            )

    async def submit(self, messages: Sequence[Message]) -> list[Outcome]:
        """Judge internal messages (sender, operator), each once by source and id.

        A failed decision is set aside and parks its stream like any other.

        Raises:
            AWAY: nothing was written of what is not in the log.

        """

        async def run(some: Sequence[Message], condemned: Mapping[Hashable, Condemned]) -> list[Outcome]:
            return await measured(self.transaction.telemetry, self._clock, self._submit(some, condemned))

        async with self.transaction.turn:
            parts = await attempt(list(messages), run, lambda message: message.name)
        return [outcome for part in parts for outcome in part]

    async def _submit(self, messages: Sequence[Message], condemned: Mapping[Hashable, Condemned]) -> list[Outcome]:
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                entries = [inbox.InboxEntry(m) for m in messages]
                verdicts = await inbox.take(connection, entries, now)
                new = [m for m, verdict in zip(messages, verdicts, strict=True) if verdict is inbox.Seen.NEW]
                records = {message.name: record_of(message) for message in new}
                known = {message.name: condemned[message.name] for message in new if message.name in condemned}
                judged, _ = await self.transaction.decide(connection, new, records, now, known, limited=False)
                reach("before-submit-commit")
        self.transaction.committed(judged)
        return judged.outcomes


def _unread(records: Sequence[Record], condemned: Mapping[Hashable, Condemned], taken: BatchResult) -> list[Record]:
    """The records to be read; those that could be set aside in no other way are, as bytes that nobody has looked at."""
    legible: list[Record] = []
    for record in records:
        known = condemned.get(offset_of(record))
        if known is not None and known.step is FailureStage.UNREAD:
            taken.bad.append(BadRecord(record, UNREADABLE, known.detail))
        else:
            legible.append(record)
    return legible
