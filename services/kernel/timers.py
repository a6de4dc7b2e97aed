"""Deadlines: found without locks, fired under their stream's lock, never ahead of the facts that answer them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.ingest import Ingest
from services.kernel.judge import timer_id
from services.kernel.model import TIMER_FIRED, Message, Record, TimerFired, category_of
from services.kernel.outbox import publish
from services.kernel.quarantine import Bad, keep, told
from services.kernel.queries import SQL

log = structlog.get_logger()

BATCH = 500


class Timers:
    """Fires the timers of the partitions that this worker holds.

    A timer waits until every fact before its due instant is known: the input watermark of its partition number, over
    all input topics, has passed it (all partitions, for categories in `service.waits_for_all`). Past `grace` real
    seconds it fires all the same, marked unproven: a deadline must not be forgotten because a partition is stuck.
    """

    def __init__(self, ingest: Ingest, pool: asyncpg.Pool, clock: Clock, *, grace: float) -> None:
        self._ingest = ingest
        self._service = ingest.service
        self._pool = pool
        self._clock = clock
        self._grace = grace
        self._waiting: dict[str, float] = {}

    async def any_due(self) -> bool:
        """Whether any timer of the service is due, so that watermarks are worth asking for."""
        return bool(await self._pool.fetchval(SQL["any_due"], self._clock.now()))

    async def fire_due(self, partitions: Collection[int]) -> int:
        """Fire what is due in `partitions` and known to be unanswered; returns how many were handled."""
        if not partitions:
            return 0
        rows = await self._pool.fetch(SQL["due_timers"], sorted(partitions), self._clock.now(), BATCH)
        if not rows:
            self._waiting.clear()
            return 0
        marks = {
            row["partition"]: row["watermark"]
            for row in await self._pool.fetch(SQL["watermarks"], list(self._service.inputs))
        }
        lowest = min(marks.values(), default=None)
        ready: list[tuple[asyncpg.Record, bool]] = []
        for row in rows:
            waits_for_all = category_of(row["stream_id"]) in self._service.waits_for_all
            mark = lowest if waits_for_all else marks.get(row["partition"])
            proven = mark is not None and mark >= row["due_at"]
            if proven or self._grace_over(row["timer_id"]):
                ready.append((row, not proven))
        seen = {row["timer_id"] for row in rows}
        self._waiting = {name: since for name, since in self._waiting.items() if name in seen}
        return await self._fire(ready) if ready else 0

    def _grace_over(self, name: str) -> bool:
        return self._clock.monotonic() - self._waiting.setdefault(name, self._clock.monotonic()) > self._grace

    async def _fire(self, ready: Sequence[tuple[asyncpg.Record, bool]]) -> int:
        async with self._ingest.turn:
            now = self._clock.now()
            async with self._pool.acquire() as connection, connection.transaction():
                ids = sorted({row["stream_id"] for row, _ in ready})
                heads = {r["stream_id"]: r["version"] for r in await connection.fetch(SQL["lock_streams"], ids)}
                names = sorted(row["timer_id"] for row, _ in ready)
                standing = {r["timer_id"]: r["due_at"] for r in await connection.fetch(SQL["recheck_timers"], names)}
                messages = [
                    _message(row, self._service.name, heads[row["stream_id"]], unproven=unproven)
                    for row, unproven in ready
                    if standing.get(row["timer_id"]) == row["due_at"]
                ]
                reach("timers-locked")
                parked_by = {m.cause: _quarantine_id(m) for m in messages}
                judged = await self._ingest.judge.judge(connection, messages, now, parked_by=parked_by, condemned={})
                for outcome in judged.outcomes:
                    if outcome.outcome == "quarantined":
                        await self._set_aside(connection, outcome.message, outcome.reason, outcome.detail, now)
            reach("timers-committed")
            self._ingest.judge.log.remember(judged.streams)
            self._ingest.published.set()
        for message in messages:
            if isinstance(message.data, TimerFired):
                self._ingest.telemetry.timer_lateness((now - message.data.due_at).total_seconds())
        return len(messages)

    async def _set_aside(
        self,
        connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]",
        message: Message,
        reason: str,
        detail: str,
        now: datetime,
    ) -> None:
        record = Record(f"timer:{message.id}"[:200], message.partition, 0, None, None, {}, now)
        bad = Bad(record, reason, detail, message.source, message.id, message.type, message.stream)
        await keep(connection, bad, now)
        await publish(connection, [told(bad, self._service.name, now)], now)


def _message(row: asyncpg.Record, service: str, version: int, *, unproven: bool) -> Message:
    stream_id, name, due_at = row["stream_id"], row["name"], row["due_at"]
    return Message(
        source=f"/outage/{service}/timer",
        id=f"{timer_id(stream_id, name)}@{due_at.isoformat()}/{version}",
        type=TIMER_FIRED,
        time=due_at,
        data=TimerFired(name=name, due_at=due_at, unproven=unproven),
        key=stream_id.partition("/")[2],
        partition=row["partition"],
        stream=stream_id,
    )


def _quarantine_id(message: Message) -> UUID:
    record = Record(f"timer:{message.id}"[:200], message.partition, 0, None, None, {}, message.time)
    return Bad(record, "", "").quarantine_id
