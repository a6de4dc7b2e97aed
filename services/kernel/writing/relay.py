"""From the outbox to Kafka: publish, wait for the acknowledgement, delete."""

import asyncio
from datetime import UTC

import asyncpg
import structlog

from services.kernel.adapters.kafka import Produce, Producer
from services.kernel.adapters.locks import advisory_key
from services.kernel.bounds import RELAY_BYTES
from services.kernel.checkpoints import reach
from services.kernel.observing.telemetry import Telemetry
from services.kernel.queries import SQL
from services.kernel.warp import Clock

log = structlog.get_logger()

BATCH = 500
STUCK_SECONDS = 5.0


class Relay:
    """One per service publishes at a time: the others wait for its advisory lock.

    A crash between acknowledgement and delete publishes a row again, with the same ce_id; the reader's inbox drops it.
    """

    def __init__(
        self,
        service: str,
        connect: "asyncpg.pool.Pool",
        producer: Producer,
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
        """Publish until cancelled; whatever fails is tried again."""
        wait = 0.1
        while True:
            try:
                await self._hold()
                wait = 0.1
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - broker or database away: nothing is lost, the rows stay
                log.warning("relay waits", error=repr(error), seconds=wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, 5.0)

    async def _hold(self) -> None:
        async with self._pool.acquire() as connection:
            while not await connection.fetchval("select pg_try_advisory_lock($1)", self._key):
                await asyncio.sleep(0.5)
            try:
                while True:
                    self._wake.clear()
                    while await self.publish_some(connection):
                        pass
                    try:
                        async with asyncio.timeout(self._poll):
                            await self._wake.wait()
                    except TimeoutError:
                        pass
            finally:
                if not connection.is_closed():
                    await connection.execute("select pg_advisory_unlock($1)", self._key)

    async def publish_some(self, connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]") -> int:
        """Publish up to BATCH rows and RELAY_BYTES, oldest first; returns how many were deleted."""
        if self._clock.monotonic() > self._stuck_until:
            self._stuck.clear()
        stuck = sorted(self._stuck)
        rows = await connection.fetch(
            SQL["outbox_head"], BATCH, [topic for topic, _ in stuck], [key for _, key in stuck], RELAY_BYTES
        )
        if not rows:
            return 0
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
        return len(done)


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
