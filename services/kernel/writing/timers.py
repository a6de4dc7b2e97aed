"""Fire deadlines: found without locks, fired under their stream's lock, never ahead of the facts that answer them."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import structlog

from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.model import TIMER_FIRED, Message, Record, TimerFired
from services.kernel.queries import SQL
from services.kernel.streams.armed import timer_id
from services.kernel.streams.newer import known_categories
from services.kernel.writing.copies import judged_inputs
from services.kernel.writing.failures.attempts import Condemned, attempt
from services.kernel.writing.failures.transaction_timing import measured
from services.kernel.writing.transaction import Transaction

log = structlog.get_logger()

BATCH = 500
UNPROVEN = "unproven"
"""The header that says so of a deadline that was set aside."""


@dataclass(frozen=True, slots=True)
class DueTimer:
    """One timer to fire."""

    row: asyncpg.Record
    unproven: bool

    def message(self, service: str, version: int, now: datetime) -> Message:
        """What its stream is asked to judge. The version tells one firing from a later one for the same instant."""
        stream_id, name, due_at = self.row["stream_id"], self.row["name"], self.row["due_at"]
        return Message(
            source=f"/outage/{service}/timer",
            id=f"{timer_id(stream_id, name)}@{due_at.isoformat()}/{version}",
            type=TIMER_FIRED,
            time=due_at,
            data=TimerFired(name=name, due_at=due_at, unproven=self.unproven),
            key=stream_id.partition("/")[2],
            partition=self.row["partition"],
            stream=stream_id,
            recorded_at=now,
        )


@dataclass(frozen=True, slots=True)
class UnprovenWait:
    """The oldest due timer of one kind and partition that has no proof, and since when (monotonic) such a one waits."""

    oldest: datetime
    since: float


class Timers:
    """Fires the timers of the partitions that this worker holds.

    A timer waits until every fact before its due instant is known: the input watermark of its partition number, over
    all input topics, has passed it (all partitions, for categories in `service.waits_for_all`). Past `grace` real
    seconds it fires all the same, marked unproven: a deadline must not be forgotten because a partition is stuck. Kinds of
    timers that the service names in `patience` have a grace of their own, or none: then they fire proven or not at all.
    Timers of streams of which this code has no decider are left to pods of the version that armed them (observing/parked.py tells).
    """

    def __init__(self, transaction: Transaction, clock: Clock, *, grace: float) -> None:
        self._transaction = transaction
        self._service = transaction.service
        self._pool = transaction.pool
        self._clock = clock
        self._grace = grace
        self._patience = getattr(self._service, "patience", {})
        self._proving = judged_inputs(self._service)
        self._kinds = sorted(self._patience)
        self._categories = known_categories(self._service)
        self._waits: dict[tuple[int, str], UnprovenWait] = {}

    async def any_due(self) -> bool:
        """Whether any timer of the service is due, so that watermarks are worth asking for."""
        return bool(await self._pool.fetchval(SQL["any_due"], self._clock.now(), self._categories))

    async def fire_due(self, partitions: Collection[int]) -> int:
        """Fire what is due in `partitions`; returns how many led to an event or to quarantine."""
        if not partitions:
            return 0
        now = self._clock.now()
        found = await self._pool.fetch(SQL["watermarks"], self._proving)
        marks = {row["partition"]: row["watermark"] for row in found if row["partition"] in partitions}
        lowest = min((row["watermark"] for row in found), default=now)
        if await self._pool.fetchval(SQL["repartitioned"]):
            marks = dict.fromkeys(partitions, lowest)
        rows = await self._pool.fetch(
            SQL["due_timers"],
            list(marks),
            list(marks.values()),
            now,
            sorted(self._service.waits_for_all),
            lowest,
            BATCH,
            self._categories,
        )
        if rows:
            return await self._fire([DueTimer(row, unproven=False) for row in rows])
        return await self._fire_unproven(partitions, now)

    async def _fire_unproven(self, partitions: Collection[int], now: datetime) -> int:
        """Nothing due is proven. What is due nevertheless waits for facts; for how long is counted by partition and kind."""
        rows = await self._pool.fetch(SQL["waiting_kinds"], sorted(partitions), now, self._kinds, self._categories)
        at = self._clock.monotonic()
        self._waits = {
            (row["partition"], row["kind"]): self._wait(row["partition"], row["kind"], row["oldest"], at)
            for row in rows
        }
        stuck = sorted(place for place, wait in self._waits.items() if self._is_stuck(place[1], wait, at))
        if not stuck:
            return 0
        log.warning("deadlines fire without proof: their partitions are stuck", stuck=stuck)
        numbers, kinds = [number for number, _ in stuck], [kind for _, kind in stuck]
        asked = (numbers, kinds, now, self._kinds, BATCH, self._categories)
        rows = await self._pool.fetch(SQL["unproven_timers"], *asked)
        return await self._fire([DueTimer(row, unproven=True) for row in rows]) if rows else 0

    def _wait(self, partition: int, kind: str, oldest: datetime, at: float) -> UnprovenWait:
        """Since when this kind waits: where the oldest has been answered and another waits now, it moves on."""
        known = self._waits.get((partition, kind))
        if known is None or (oldest > known.oldest and not self._is_stuck(kind, known, at)):
            return UnprovenWait(oldest, at)
        return UnprovenWait(oldest, known.since)

    def _is_stuck(self, kind: str, wait: UnprovenWait, at: float) -> bool:
        patience = self._patience.get(kind, self._grace)
        return patience is not None and at - wait.since > patience

    async def _fire(self, ready: Sequence[DueTimer]) -> int:
        async def run(some: Sequence[DueTimer], condemned: Mapping[Hashable, Condemned]) -> int:
            return await measured(self._transaction.telemetry, self._clock, self._commit(some, condemned))

        async with self._transaction.turn:
            return sum(await attempt(ready, run, lambda due: str(due.row["stream_id"])))

    async def _commit(self, ready: Sequence[DueTimer], condemned: Mapping[Hashable, Condemned]) -> int:
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                ids = sorted({due.row["stream_id"] for due in ready})
                heads = {r["stream_id"]: r["version"] for r in await connection.fetch(SQL["lock_streams"], ids)}
                names = sorted(due.row["timer_id"] for due in ready)
                standing = {r["timer_id"]: r["due_at"] for r in await connection.fetch(SQL["recheck_timers"], names)}
                messages = [
                    due.message(self._service.name, heads[due.row["stream_id"]], now)
                    for due in ready
                    if standing.get(due.row["timer_id"]) == due.row["due_at"]
                ]
                reach("timers-locked")
                known = {
                    m.name: condemned[m.stream] for m in messages if m.stream is not None and m.stream in condemned
                }
                records = {message.name: _record(message) for message in messages}
                # However many fail: each parks its stream, and no deadline waits for another.
                judged, _ = await self._transaction.decide(connection, messages, records, now, known, limited=False)
        reach("timers-committed")
        self._transaction.committed(judged)
        for message in messages:
            self._transaction.telemetry.timer_lateness((now - message.time).total_seconds())
        return sum(outcome.outcome != "no-op" for outcome in judged.outcomes)


def _record(message: Message) -> Record:
    """A deadline as a record, should its stream be unable to judge it."""
    name = message.id.rpartition("@")[0]
    said = {UNPROVEN: b"yes"} if getattr(message.data, "unproven", False) else {}
    return Record(f"timer:{name}"[:200], message.partition, 0, None, None, said, message.time)
