"""Publish the registry's changes to outage.customers: none counts as sent before Kafka has it, and nobody has to run twice.

Commands (outagectl import, erase) tell what they have put down themselves; what none told (it was killed, Kafka was away, the
service judged the request) the notifier tells. One tells at a time, and always the last word on each customer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
import structlog

from schemas.cloudevent import CloudEvent, KafkaMessage, content_hash, to_kafka
from schemas.contracts.customers import ERASED, CustomerErased, CustomerUpserted, type_of
from services.kernel.adapters.kafka import Produce
from services.kernel.adapters.locks import advisory_key, alone
from services.kernel.adapters.ports import RecordProducer
from services.kernel.bounds import PAYLOAD_BYTES
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.queries import queries

log = structlog.get_logger()
SQL = queries(Path(__file__).parents[1] / "sql" / "registry.sql")
SOURCE: Final = "/outage/registry-import"
PRUNED: Final = "no longer in the registry"
"""The reason of a prune, and of nothing else: whoever has it comes back with the next file that names them."""
LOCK: Final = advisory_key("notifier", "registry")
"""Held by whoever compares the registry's table with something and writes it."""
TELLING: Final = advisory_key("notifier", "registry-telling")
"""Held by whoever puts words on the topic, a command or a process."""
AT_ONCE = 2_000
LOOK_SECONDS = 5.0
PATIENCE_SECONDS = 30.0

Send = Callable[[Sequence[Produce]], Awaitable[list[bool]]]
Advance = Callable[[int], None]


async def tell(connection: Any, send: Send, clock: Clock, advance: Advance | None = None) -> int:
    """Put what is untold on the topic, in order of customer ids; returns how many Kafka took. For whoever holds TELLING.

    It stops at the first chunk that Kafka did not take whole; what it took of it counts as told. A row that no record can
    be made of stays untold and is named in the log; it holds up nobody behind it.
    """
    sent, rows = 0, await connection.fetch(SQL["untold"], "", AT_ONCE)
    while rows:
        now = clock.now()
        sound = list(_sound(rows))
        records = [Produce(m.topic, m.key, m.value, m.headers, now) for _, m in sound]
        sending = asyncio.ensure_future(send(records))
        try:
            # The next chunk is fetched while this one is under way.
            following = await connection.fetch(SQL["untold"], rows[-1]["customer_id"], AT_ONCE)
        finally:
            taken = await sending
        done = [row for (row, _), durable in zip(sound, taken, strict=True) if durable]
        await connection.execute(SQL["told"], [row["customer_id"] for row in done], [row["updated_at"] for row in done])
        sent += len(done)
        if advance is not None:
            advance(len(done))
        if len(done) < len(sound):
            break
        rows = following
    return sent


def _sound(rows: Sequence[Any]) -> Iterator[tuple[Any, KafkaMessage]]:
    """The rows that Kafka can take, each with its message."""
    for row in rows:
        try:
            message = message_of(row)
        except msgspec.MsgspecError as error:
            why = str(error)
        else:
            if len(message.value) <= PAYLOAD_BYTES:
                yield row, message
                continue
            why = f"it has {len(message.value):,} bytes, and Kafka takes {PAYLOAD_BYTES:,}"
        log.error(
            "a customer of the registry cannot be told of: import them anew", customer=row["customer_id"], why=why
        )


class RegistryPublisher:
    """Tells, from the notifier's process, what no command told. A command has one look's time to do it itself."""

    def __init__(self, pool: asyncpg.Pool, producer: RecordProducer, clock: Clock) -> None:
        self._pool, self._producer, self._clock = pool, producer, clock
        self._seen = False

    async def run(self) -> None:
        """Look until cancelled; whoever is away comes back, and the words stay."""
        # Whatever is wrong with a row must not stop the sender beside it.
        await every(LOOK_SECONDS, self.once, cures=(Exception,), waits="the registry's words wait")

    async def once(self) -> int:
        """Tell what was there at the last look too; returns how many words Kafka took."""
        seen, self._seen = self._seen, bool(await self._pool.fetchval(SQL["untold_count"]))
        if not (seen and self._seen):
            return 0
        async with self._pool.acquire() as connection, alone(connection, TELLING) as lock:
            if not lock.stands:
                return 0
            told = await tell(connection, self._send, self._clock)
        log.info("told what no command had told of the registry", customers=told)
        return told

    async def _send(self, rows: Sequence[Produce]) -> list[bool]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._producer.send(rows)


def message_of(row: Any) -> KafkaMessage:
    """A row of the registry as it travels; the same row makes the same message."""
    at = row["updated_at"].astimezone(UTC)
    if row["profile"] is None:
        return event_of(CustomerErased(customer_id=row["customer_id"], erased_at=at, reason=row["reason"]))
    whole = f'{row["profile"][:-1]},"contacts":{row["contacts"]},"updatedAt":"{at.isoformat()}"}}'
    return event_of(msgspec.json.decode(whole, type=CustomerUpserted))


def event_of(word: CustomerUpserted | CustomerErased) -> KafkaMessage:
    """A customer as it travels. The id is that of the content, so that the same word is taken once."""
    digest = content_hash(msgspec.json.encode(word)).hex()[:32]
    event = CloudEvent(
        source=SOURCE,
        id=f"{word.customer_id}/{digest}",
        type=type_of(word) if isinstance(word, CustomerUpserted) else ERASED,
        time=word.updated_at if isinstance(word, CustomerUpserted) else word.erased_at,
        data=word,
    )
    return to_kafka(event)
