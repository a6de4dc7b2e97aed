"""The registry's last words onto outage.customers: one command at a time, and nothing counts as told before Kafka has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path

import msgspec

from outagectl.broker import producer, reached
from outagectl.database import Connection, Row, connect, enter, present
from outagectl.errors import Away, Refused
from outagectl.where import Where
from schemas.cloudevent import CloudEvent, KafkaMessage, content_hash, to_kafka
from schemas.customers import CustomerErased, CustomerUpserted
from schemas.registry import TYPE_OF
from services.kernel.clock import Clock
from services.kernel.kafka import Produce
from services.kernel.log import advisory_key
from services.kernel.queries import queries

SQL = queries(Path(__file__).parent / "sql" / "customers.sql")
SOURCE = "/outage/registry-import"
LOCK = advisory_key("notifier", "registry")
AT_ONCE = 2_000
Advance = Callable[[int], None]


@asynccontextmanager
async def registry(where: Where) -> AsyncIterator[Connection]:
    """The notifier's schema, held alone by this command: two imports at once would mix their words on the topic.

    Raises:
        Away: the database cannot be reached, or lacks the registry's table.
        Refused: another import or erasure is at work.

    """
    async with connect(where) as connection:
        await present(connection, ["notifier"])
        await enter(connection, "notifier")
        if await connection.fetchval("select to_regclass('registry')") is None:
            raise Away("the notifier's schema is older than this command: run `outagectl migrate`")
        if not await connection.fetchval("select pg_try_advisory_lock($1)", LOCK):
            raise Refused("another import or erasure is at work: wait until it has ended, then run this again")
        yield connection


async def publish(connection: Connection, where: Where, clock: Clock, advance: Advance | None = None) -> int:
    """Put what is untold on the topic, in order of customer ids; returns how many Kafka took.

    It stops at the first chunk that Kafka did not take whole; what it took of it counts as told.

    Raises:
        Away: the broker cannot be reached.

    """
    sent, rows = 0, await connection.fetch(SQL["untold"], "", AT_ONCE)
    if not rows:
        return 0
    async with producer(where) as made:
        while rows:
            now = clock.now()
            messages = [message_of(row) for row in rows]
            records = [Produce(m.topic, m.key, m.value, m.headers, now) for m in messages]
            sending = asyncio.create_task(reached(where, made.send(records)))
            try:
                # The next chunk is fetched while this one is under way.
                following = await connection.fetch(SQL["untold"], rows[-1]["customer_id"], AT_ONCE)
            finally:
                taken = await sending
            done = [row for row, durable in zip(rows, taken, strict=True) if durable]
            await connection.execute(SQL["told"], [row["customer_id"] for row in done])
            sent += len(done)
            if advance is not None:
                advance(len(done))
            if len(done) < len(rows):
                break
            rows = following
    return sent


def message_of(row: Row) -> KafkaMessage:
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
        type=TYPE_OF[type(word)],
        time=word.updated_at if isinstance(word, CustomerUpserted) else word.erased_at,
        data=word,
    )
    return to_kafka(event)
