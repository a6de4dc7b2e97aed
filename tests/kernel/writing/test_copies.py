"""A topic that is copied: looked up and not judged; taken with the fences, on record as copied, and set aside where unreadable."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from schemas.contracts.customers import CustomerErased
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Message, Record
from services.kernel.observing.telemetry import Telemetry
from services.kernel.operators.rereading import REREAD, CopiedTopic
from services.kernel.operators.shared_actions import ACCEPT, AcceptFence
from services.kernel.writing.fence import FenceError
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.timers import Timers
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.asked import RequestRefused, ask, retry
from tests.kits.kernel.facts import cleared, column
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START, Toy

TOPIC = "outage.customers"


class Gone:
    """Who is to be forgotten, with the offset that said so; chokes on one name."""

    async def put(self, connection: Any, said: Sequence[Message]) -> None:
        for message in said:
            assert isinstance(message.data, CustomerErased)
            if message.data.customer_id == "bug":
                raise ZeroDivisionError("a bug in the copy")
            await connection.execute(
                "insert into gone values ($1, $2) on conflict (who) do update set said = excluded.said",
                message.data.customer_id,
                message.offset,
            )

    async def forget(self, connection: Any) -> None:
        await connection.execute("delete from gone")

    async def put_late(self, connection: Any, message: Message) -> bool:
        if await connection.fetchval("select said > $2 from gone where who = $1", message.key, message.offset):
            return False
        await self.put(connection, [message])
        return True


class Mended(Gone):
    """The version that has the bug no more."""

    async def put(self, connection: Any, said: Sequence[Message]) -> None:
        await connection.executemany(
            "insert into gone values ($1, $2) on conflict (who) do update set said = excluded.said",
            [(message.key, message.offset) for message in said],
        )


def toy(kept: Gone | None = None) -> Toy:
    """One that keeps a copy."""
    made = Toy()
    made.inputs = ("outage.dispatch", TOPIC)
    made.copies = {TOPIC: kept or Gone()}  # type: ignore[attr-defined]
    return made


@pytest.fixture
async def copying(pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry) -> Ingest:
    await pool.execute("create table gone (who text primary key, said bigint)")
    transaction = Transaction(toy(), pool, telemetry)
    await transaction.start()
    return Ingest(transaction, broker, clock)


def erased(broker: PaperBroker, who: str, partition: int = 0) -> Record:
    data = CustomerErased(customer_id=who, erased_at=START)
    return tell(broker, "customer.erased.v1", data, id=f"{who}/{partition}", topic=TOPIC, partition=partition)


async def test_what_is_copied_stands_in_the_tables_and_nothing_is_judged(
    copying: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    taken = await copying.take([erased(broker, "ann"), erased(broker, "bob"), erased(broker, "cleo", 1)])
    assert (taken.records, taken.appended, taken.outcomes, taken.bad) == (3, 0, [], [])
    assert [message.key for message in taken.copied] == ["ann", "bob", "cleo"]
    assert await column(pool, "select who from gone order by who") == ["ann", "bob", "cleo"]
    assert await column(pool, "select count(*) from inbox") == [0]
    assert await column(
        pool, f"select next_offset from consumer_offset where topic = '{TOPIC}' order by partition"
    ) == [2, 1]
    runs = await pool.fetch("select partition, from_offset, to_offset, reason from skipped order by partition")
    assert [tuple(run) for run in runs] == [(0, 0, 2, "copied"), (1, 0, 1, "copied")]


async def test_a_fact_in_the_same_batch_is_judged_beside_it(
    copying: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    taken = await copying.take([erased(broker, "ann"), tell(broker, "cause.cleared.v1", cleared(), id="1")])
    assert (taken.records, taken.appended) == (2, 1)
    assert await column(pool, "select type from event") == ["cause.cleared.v1"]


async def test_a_redelivered_batch_is_dropped_at_the_fence(
    copying: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    records = [erased(broker, "ann")]
    await copying.take(records)
    await pool.execute("delete from gone")
    assert (await copying.take(records)).records == 0
    assert await column(pool, "select who from gone") == []


async def test_a_record_that_nobody_can_read_is_set_aside_and_the_others_are_copied(
    copying: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    gone = CustomerErased(customer_id="x", erased_at=START)
    first = erased(broker, "ann")
    broken = tell(broker, "customer.erased.v1", gone, id="1", topic=TOPIC, value=b"{")
    taken = await copying.take([first, broken, erased(broker, "bob")])
    assert [bad.reason for bad in taken.bad] == ["not-json"]
    assert await column(pool, "select who from gone order by who") == ["ann", "bob"]
    assert await column(pool, "select reason from skipped order by from_offset") == ["copied", "quarantined", "copied"]


async def test_a_record_that_the_copy_chokes_on_is_set_aside_alone_and_taken_once_that_is_mended(
    copying: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    taken = await copying.take([erased(broker, "ann"), erased(broker, "bug"), erased(broker, "bob")])
    assert [bad.reason for bad in taken.bad] == ["unreadable"]
    assert await column(pool, "select who from gone order by who") == ["ann", "bob"]
    (failed,) = await column(pool, "select quarantine_id from quarantine")
    await retry(pool, toy(Mended()), clock, failed, "night shift")
    assert await column(pool, "select who from gone order by who") == ["ann", "bob", "bug"]
    assert await column(pool, "select resolution from quarantine") == ["copied"]


async def test_what_was_said_anew_meanwhile_is_not_taken_late(
    copying: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await copying.take([erased(broker, "bug")])
    await pool.execute("insert into gone values ('bug', 7)")
    (failed,) = await column(pool, "select quarantine_id from quarantine")
    await retry(pool, toy(Mended()), clock, failed, "night shift")
    assert await column(pool, "select said from gone") == [7]
    assert await column(pool, "select resolution from quarantine") == ["said-anew-meanwhile"]


async def test_a_deadline_waits_for_no_topic_that_is_only_looked_up(
    copying: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    """Of the copied topic nothing is known, and the fact's own partition is read past the deadline."""
    await copying.assigned([("outage.dispatch", 0), (TOPIC, 0)])
    await copying.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    clock.advance(timedelta(minutes=11))
    await copying.caught_up({("outage.dispatch", 0): 1}, clock.now())
    assert await Timers(copying.transaction, clock, grace=300.0).fire_due([0]) == 1
    assert await column(pool, "select data->>'unproven' from event where type = 'overdue.v1'") == ["false"]


async def asks_to_read_again(pool: asyncpg.Pool, clock: ManualClock, topic: str = TOPIC) -> dict[str, Any]:
    answer = await ask(pool, toy(), clock, REREAD, CopiedTopic(topic=topic), why="it has what the topic lost")
    return dict(answer.result)


async def test_a_copy_that_is_read_again_holds_what_stands_on_the_topic_and_no_more(
    copying: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await copying.take([erased(broker, "ann"), erased(broker, "bob"), erased(broker, "cleo", 1)])
    await pool.execute("insert into gone values ('ghost', 0)")
    assert await asks_to_read_again(pool, clock) == {"topic": TOPIC, "partitions": 2}
    assert await column(pool, "select who from gone") == []
    # Whoever reads on finds the hole below what comes, in one partition; the look for undelivered records the other.
    await copying.take([erased(broker, "dora")])
    await copying.take(broker.logs[TOPIC, 1])
    assert await column(pool, "select who from gone order by who") == ["ann", "bob", "cleo", "dora"]
    former = f"{TOPIC}@1"
    spans = await pool.fetch(
        "select topic, from_offset, to_offset from skipped where reason = 'copied' order by 1, 2, 3"
    )
    assert [tuple(one) for one in spans] == [(TOPIC, 0, 1), (TOPIC, 0, 3), (former, 0, 1), (former, 0, 2)]


async def test_a_topic_that_is_no_copy_is_not_read_again(
    copying: Ingest, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    assert copying.service.name == "toy"
    with pytest.raises(RequestRefused, match=f"no copy of outage.dispatch; those that it keeps: {TOPIC}"):
        await asks_to_read_again(pool, clock, "outage.dispatch")


async def test_a_copied_topic_that_was_made_anew_is_copied_afresh_once_one_partition_is_accepted(
    copying: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await copying.take(
        [erased(broker, "ann"), erased(broker, "bob"), erased(broker, "cleo", 1), erased(broker, "dan", 1)]
    )
    copying.unassigned()
    broker.logs.clear()
    broker.next.clear()
    erased(broker, "bob")
    erased(broker, "dan", 1)
    with pytest.raises(FenceError, match="offsets accept"):
        await copying.assigned([(TOPIC, 0)])
    seen = AcceptFence(topic=TOPIC, partition=0, why="ends-before-the-fence", next=2, topic_first=0, topic_end=1)
    await ask(pool, toy(), clock, ACCEPT, seen, why="Kafka lost it")
    await copying.assigned([(TOPIC, 0), (TOPIC, 1)])
    await copying.take([*broker.logs[TOPIC, 0], *broker.logs[TOPIC, 1]])
    assert await column(pool, "select who from gone order by who") == ["bob", "dan"], (
        "of ann and cleo nothing stands there"
    )
