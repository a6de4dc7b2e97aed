"""Publish the outbox to Kafka: send, wait for the acknowledgement, delete."""

import asyncio
from datetime import UTC

import asyncpg
import structlog

from services.kernel.adapters.kafka import Produce
from services.kernel.adapters.locks import Connection, advisory_key, alone
from services.kernel.adapters.ports import RecordProducer
from services.kernel.bounds import PAYLOAD_BYTES, RELAY_BYTES
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.observing.telemetry import Telemetry
from services.kernel.queries import SQL

log = structlog.get_logger()

BATCH = 500
STUCK_SECONDS = 5.0
TURN_SECONDS = 0.5
"""After so long another process asks for the lock again."""


class Relay:
    """One per service publishes at a time: the others wait for its advisory lock.

    A crash between acknowledgement and delete publishes a row again, with the same ce_id; the reader's inbox drops it.
    """

    def __init__(
        self,
        service: str,
        connect: "asyncpg.pool.Pool",
        producer: RecordProducer,
        telemetry: Telemetry,
        *,
        clock: Clock,
        wake: asyncio.Event,
        poll_seconds: float = 0.1,
    ) -> None:
        self._service = service
        self._pool = connect
        self._producer = producer
        self._telemetry = telemetry
        self._wake = wake
        self._poll = poll_seconds
        self._clock = clock
        self._stuck: set[tuple[str, str]] = set()
        self._stuck_until = 0.0
        self._key = advisory_key(service, "relay")

    async def run(self) -> None:
        """Publish until cancelled; whatever fails is tried again: broker or database away, nothing is lost, the rows stay."""
        await every(TURN_SECONDS, self._turn, cures=(Exception,), waits="relay waits", failing=(0.1, 5.0))

    async def _turn(self) -> None:
        """Publish for as long as the lock is held; return where another process holds it."""
        async with self._pool.acquire() as connection, alone(connection, self._key) as lock:
            if lock.stands:
                await every(self._poll, lambda: self._publish(connection), wake=self._wake)

    async def _publish(self, connection: Connection) -> None:
        while await self.publish_some(connection):
            pass

    async def publish_some(self, connection: Connection) -> bool:
        """Publish up to BATCH rows and RELAY_BYTES, oldest first; returns whether it is worth to look for more at once."""
        if self._clock.monotonic() > self._stuck_until:
            self._stuck.clear()
        stuck = sorted(self._stuck)
        rows = await connection.fetch(
            SQL["outbox_head"], BATCH, [topic for topic, _ in stuck], [key for _, key in stuck], RELAY_BYTES
        )
        if not rows:
            return False
        sent = await self._producer.send([_produce(row, self._service) for row in rows])
        reach("relay-acknowledged")
        done = [row["id"] for row, durable in zip(rows, sent, strict=True) if durable]
        await connection.execute(SQL["outbox_done"], done)
        self._telemetry.published(len(done))
        if len(done) < len(rows):
            # Their keys wait a little, in order; the other keys go on.
            self._stuck |= {
                (r["topic"], r["aggregateid"]) for r, durable in zip(rows, sent, strict=True) if not durable
            }
            self._stuck_until = self._clock.monotonic() + STUCK_SECONDS
            log.warning("some rows were not taken by Kafka", waiting=len(rows) - len(done), keys=len(self._stuck))
            await asyncio.sleep(0.2)
            return bool(done)
        # What came meanwhile from this process wakes the relay; rows of another one wait for the next look.
        return len(rows) == BATCH or sum(len(row["payload"]) for row in rows) > RELAY_BYTES - PAYLOAD_BYTES


def _produce(row: asyncpg.Record, service: str) -> Produce:
    at = row["recorded_at"]
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(row["event_id"]).encode()),
        ("ce_source", f"/outage/{service}".encode()),
        ("ce_type", row["type"].encode()),
        ("ce_time", at.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()),
        ("ce_subject", row["aggregateid"].encode()),
        ("content-type", b"application/json"),
    ]
    if row["traceparent"]:
        headers.append(("traceparent", row["traceparent"].encode()))
    return Produce(row["topic"], row["aggregateid"].encode(), bytes(row["payload"]), headers, at)
