"""Records in, one transaction, decisions out: the one write path of every service."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
import structlog

from schemas.cloudevent import CloudEvent, ContractError, content_hash, from_kafka
from services.kernel import fence, inbox
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.fence import Broker, Place
from services.kernel.judge import Judge, Outcome
from services.kernel.log import Connection, Log
from services.kernel.model import KernelError, Message, Record, Service
from services.kernel.outbox import publish
from services.kernel.quarantine import SAME_ID_OTHER_CONTENT, Bad, Limit, TooManyFailures, keep, record_of, told
from services.kernel.queries import SQL
from services.kernel.telemetry import Telemetry

log = structlog.get_logger()

# What waiting or trying again can cure; anything else is a fault of a message or of ours.
TRANSIENT = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
)
AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DiskFullError,
)


# A message that failed for a reason of its own is condemned at the second try; if even that fails, the fault is ours.
CONDEMNED_TRIES = 3


@dataclass(slots=True)
class Taken:
    """What one batch came to."""

    records: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    duplicates: int = 0
    appended: int = 0


class Ingest:
    """Takes batches from Kafka and words from within; serialises them in this process."""

    def __init__(
        self, service: Service, pool: asyncpg.Pool, broker: Broker, clock: Clock, telemetry: Telemetry
    ) -> None:
        self.service = service
        self.judge = Judge(service, Log(service))
        self._pool = pool
        self._broker = broker
        self._clock = clock
        self.telemetry = telemetry
        self._limit = Limit()
        self._checked: set[Place] = set()
        self.turn = asyncio.Lock()
        self.published = asyncio.Event()

    async def start(self) -> None:
        """Count recent failures, so that the limit holds over restarts."""
        rows = await self._pool.fetch(SQL["recent_outcomes"], self._limit.window)
        self._limit.start([row["reason"] for row in rows])

    def unassigned(self, places: Sequence[Place] | None = None) -> None:
        """Forget that partitions were checked: the next records of them are checked again."""
        self._checked = set() if places is None else self._checked - set(places)

    async def assigned(self, places: Sequence[Place]) -> None:
        """Check partitions that were not checked since they came here.

        Raises:
            FenceError: a topic is not the one that was read before.

        """
        missing = sorted(set(places) - self._checked)
        if missing:
            async with self._pool.acquire() as connection:
                await fence.check(connection, self._broker, missing)
            self._checked.update(missing)

    async def fences(self, places: Sequence[Place]) -> dict[Place, int]:
        """What comes next in each of these partitions, as committed."""
        rows = await self._pool.fetch(SQL["read_fences"])
        found = {(row["topic"], row["partition"]): int(row["next_offset"]) for row in rows}
        return {place: found[place] for place in places if place in found}

    async def caught_up(self, ends: Mapping[Place, int], now: datetime) -> None:
        """Raise the watermark to `now` of every partition whose fence has reached the end that was read after `now`."""
        rows = [(*place, end) for place, end in sorted(ends.items())]
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            await self._pool.execute(SQL["raise_watermarks"], *columns, now)

    async def take(self, records: Sequence[Record]) -> Taken:
        """Handle a batch in one transaction; when it returns, all of it is durable and may be acknowledged.

        Raises:
            FenceError, TooManyFailures: nobody but a person can help.
            OSError, asyncpg errors of AWAY: Postgres is away; nothing was taken, call again.

        """
        if not records:
            return Taken()
        async with self.turn:
            await self.assigned(list({(record.topic, record.partition) for record in records}))
            return await self._take(list(records))

    async def _take(self, records: list[Record]) -> Taken:
        explained: dict[Place, int] = {}
        condemned: dict[str, str] = {}
        for attempt in range(1, 50):
            try:
                return await self._transaction(records, explained, condemned)
            except fence.Hole as hole:
                records = await self._look(hole, records, explained)
            except TRANSIENT as error:
                log.warning("write path retries", error=repr(error), attempt=attempt)
                await asyncio.sleep(min(0.01 * 2**attempt, 1.0))
            except (*AWAY, KernelError):
                raise
            except Exception as error:
                if len(records) == 1:
                    condemned[_cause(records[0])] = f"{type(error).__name__}: {error}"
                    if attempt > CONDEMNED_TRIES:
                        raise
                else:
                    return await self._one_by_one(records, error)
        raise KernelError(f"a batch of {len(records)} could not be written in 50 tries: see the log for the conflicts")

    async def _one_by_one(self, records: list[Record], error: Exception) -> Taken:
        log.warning("batch falls apart, going one by one", error=repr(error), records=len(records))
        whole = Taken()
        for record in records:
            part = await self._take([record])
            whole.records += part.records
            whole.outcomes += part.outcomes
            whole.bad += part.bad
            whole.duplicates += part.duplicates
            whole.appended += part.appended
        return whole

    async def _look(self, hole: fence.Hole, records: list[Record], explained: dict[Place, int]) -> list[Record]:
        """Read what Kafka has in a hole: process it first, or know that there is nothing."""
        there = await self._broker.read(hole.place, hole.expected, hole.found)
        log.warning("hole in offsets", place=hole.place, expected=hole.expected, found=hole.found, there=len(there))
        explained[hole.place] = hole.found
        at = next(i for i, r in enumerate(records) if (r.topic, r.partition, r.offset) == (*hole.place, hole.found))
        return [*records[:at], *there, *records[at:]]

    async def _transaction(
        self, records: list[Record], explained: Mapping[Place, int], condemned: Mapping[str, str]
    ) -> Taken:
        taken = Taken()
        now, began = self._clock.now(), self._clock.monotonic()
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                expected = await fence.lock(connection, {(r.topic, r.partition) for r in records})
                fresh = fence.sift(records, expected, explained)
                if not fresh:
                    return taken
                taken.records = len(fresh)
                reach("fences-locked")
                messages = await self._open(connection, fresh, taken, now)
                parked_by = {m.cause: bad_id(origin) for m, origin in messages}
                judged = await self.judge.judge(
                    connection, [m for m, _ in messages], now, parked_by=parked_by, condemned=condemned
                )
                taken.outcomes, taken.appended = judged.outcomes, judged.appended
                origins = {m.cause: origin for m, origin in messages}
                taken.bad += [_bad(o, origins[o.message.cause]) for o in judged.outcomes if o.outcome == "quarantined"]
                failures = [o.reason == "decide-failed" for o in judged.outcomes]
                self._limit.check(failures)
                await inbox.settle(connection, judged.outcomes)
                await self._set_aside(connection, taken.bad, now)
                await fence.advance(connection, fresh, expected)
                reach("before-commit")
        reach("after-commit")
        self.judge.log.remember(judged.streams)
        self._limit.commit(failures)
        self.published.set()
        self._count(taken, now)
        self.telemetry.processed(self._clock.monotonic() - began)
        return taken

    async def _open(
        self, connection: Connection, fresh: Sequence[Record], taken: Taken, now: datetime
    ) -> list[tuple[Message, Record]]:
        """Decode and take into the inbox; what is bad or known already goes its own way."""
        opened: list[tuple[inbox.Entry, Record]] = []
        for record in fresh:
            try:
                event = from_kafka(record.topic, record.key, record.headers, record.value)
            except ContractError as error:
                taken.bad.append(Bad(record, error.reason, str(error), error.source, error.id, error.type))
                continue
            opened.append((inbox.Entry(message_of(event, record), content_hash(event.body)), record))
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
                detail = (
                    f"{message.cause} was taken before with other content: the sender must give each event its own id"
                )
                taken.bad.append(Bad(record, SAME_ID_OTHER_CONTENT, detail, message.source, message.id, message.type))
        return messages

    async def _set_aside(self, connection: Connection, bad: Sequence[Bad], now: datetime) -> None:
        for item in bad:
            await keep(connection, item, now)
            if item.reason not in ("decide-failed", "stream-parked"):
                await inbox.skip(connection, item.record, "quarantined", item.reason)
            await publish(connection, [told(item, self.service.name, now)], now)

    def _count(self, taken: Taken, now: datetime) -> None:
        for outcome in taken.outcomes:
            self.telemetry.consumed(outcome.message.topic or "", outcome.message.type)
            self.telemetry.event_age((now - outcome.message.time).total_seconds())
        for bad in taken.bad:
            self.telemetry.quarantined(bad.record.topic, bad.reason)
            log.warning(
                "quarantined",
                reason=bad.reason,
                detail=bad.detail,
                quarantine_id=str(bad.quarantine_id),
                topic=bad.record.topic,
                partition=bad.record.partition,
                offset=bad.record.offset,
            )
        self.telemetry.appended(taken.appended)

    async def submit(self, messages: Sequence[Message]) -> list[Outcome]:
        """Judge words from within (sender, operator), each once by source and id, in one transaction.

        Raises:
            asyncpg errors: nothing was written. A failed decision is set aside and parks its stream like any other.

        """
        while True:
            try:
                async with self.turn:
                    return await self._submit(messages)
            except TRANSIENT as error:
                log.warning("submit retries", error=repr(error))
                await asyncio.sleep(0.01)

    async def _submit(self, messages: Sequence[Message]) -> list[Outcome]:
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            entries = [inbox.Entry(m, content_hash(msgspec.json.encode(m.data))) for m in messages]
            verdicts = await inbox.take(connection, entries, now)
            new = [m for m, v in zip(messages, verdicts, strict=True) if v is inbox.Seen.NEW]
            records = {m.cause: record_of(m) for m in new}
            parked_by = {cause: bad_id(record) for cause, record in records.items()}
            judged = await self.judge.judge(connection, new, now, parked_by=parked_by, condemned={})
            await inbox.settle(connection, judged.outcomes)
            bad = [_bad(o, records[o.message.cause]) for o in judged.outcomes if o.outcome == "quarantined"]
            await self._set_aside(connection, bad, now)
            reach("before-submit-commit")
        self.judge.log.remember(judged.streams)
        self.published.set()
        self.telemetry.appended(judged.appended)
        return judged.outcomes


def bad_id(record: Record) -> UUID:
    """The quarantine id that a record would get."""
    return Bad(record, "", "").quarantine_id


def _bad(outcome: Outcome, record: Record) -> Bad:
    message = outcome.message
    return Bad(record, outcome.reason, outcome.detail, message.source, message.id, message.type, outcome.parked)


def _cause(record: Record) -> str:
    try:
        event = from_kafka(record.topic, record.key, record.headers, record.value)
    except ContractError:
        return ""
    return f"{event.source}/{event.id}"


def message_of(event: CloudEvent, record: Record) -> Message:
    """A decoded record as what a service judges."""
    return Message(
        source=event.source,
        id=event.id,
        type=event.type,
        time=event.time,
        data=event.data,
        key=(record.key or b"").decode("utf-8", "replace"),
        partition=record.partition,
        topic=record.topic,
        offset=record.offset,
        traceparent=event.traceparent,
    )


__all__ = ["AWAY", "TRANSIENT", "Ingest", "Taken", "TooManyFailures"]
