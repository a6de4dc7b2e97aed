"""Members of a group share partitions and are handed records, by both brokers alike."""

import asyncio
import itertools
from datetime import UTC, datetime

import pytest
from aiokafka.consumer.subscription_state import SubscriptionState

from devstack.servers.stack import TopicSpec
from services.kernel.adapters.kafka import Produce
from services.kernel.bounds import BATCH_BYTES
from services.kernel.model import Record
from tests.sim.contract.brokers import AnyBroker
from tests.sim.heard import Heard, offsets, until

AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
HOUR = 3_600.0
COMMITTED = 2.5
"""Seconds after which what was taken is committed, for it is every second."""
_numbers = itertools.count()


async def topic_of(broker: AnyBroker, partitions: int) -> str:
    name = f"contract-group-{next(_numbers)}"
    await broker.create(name, TopicSpec(partitions))
    return name


async def send(broker: AnyBroker, topic: str, count: int, value: bytes = b"v") -> None:
    producer = broker.producer()
    assert all(await producer.send([Produce(topic, f"k{n}".encode(), value, [], AT) for n in range(count)]))
    await producer.stop()


class Held:
    """A batch in hand that is not done until told so."""

    def __init__(self, heard: Heard) -> None:
        self.batches: list[list[Record]] = []
        self.free = asyncio.Event()
        heard.before = self._hold

    async def _hold(self, records: list[Record]) -> None:
        self.batches.append(records)
        await self.free.wait()


async def test_a_lone_member_is_handed_every_record_once_and_each_partition_in_order(broker: AnyBroker) -> None:
    topic = await topic_of(broker, 4)
    await send(broker, topic, 1_000)
    async with Heard(broker.shell, topic, [topic], batch_max=30) as alone:
        assert alone.told == [("revoked", []), ("assigned", [(topic, n) for n in range(4)])]
        await until(lambda: len(alone.records) >= 1_000)
        await send(broker, topic, 100)
        await until(lambda: len(alone.records) >= 1_100)
    found = offsets(alone.records)
    assert {number: list(range(len(there))) for number, there in found.items()} == found
    assert sum(len(there) for there in found.values()) == 1_100
    assert max(len(batch) for batch in alone.batches) <= 30


async def test_a_batch_ends_with_the_record_that_reaches_its_bytes(broker: AnyBroker) -> None:
    topic = await topic_of(broker, 1)
    await send(broker, topic, 9, b"x" * 700_000)
    async with Heard(broker.shell, topic, [topic]) as alone:
        held = Held(alone)
        await until(lambda: bool(held.batches))
        await asyncio.sleep(1)  # meanwhile more lies ready than a batch may hold
        held.free.set()
        await until(lambda: len(alone.records) == 9)
    assert all(sum(record.size for record in batch[:-1]) < BATCH_BYTES for batch in alone.batches)
    assert max(len(batch) for batch in alone.batches) == 3


async def test_what_was_taken_before_a_stop_is_not_handed_over_again(broker: AnyBroker) -> None:
    topic = await topic_of(broker, 2)
    await send(broker, topic, 50)
    async with Heard(broker.shell, topic, [topic]) as first:
        await until(lambda: len(first.records) == 50)
    async with Heard(broker.shell, topic, [topic]) as second:
        await send(broker, topic, 10)
        await until(lambda: len(second.records) >= 10)
    assert sum(len(there) for there in offsets(first.records + second.records).values()) == 60
    assert len(second.records) == 10


async def test_a_stop_breaks_off_the_batch_in_hand_and_it_comes_again(broker: AnyBroker) -> None:
    topic = await topic_of(broker, 1)
    await send(broker, topic, 20)
    first = Heard(broker.shell, topic, [topic], batch_max=5)
    held = Held(first)
    await first.shell.start()
    await until(lambda: bool(held.batches))
    await first.shell.stop()
    assert first.records == []
    async with Heard(broker.shell, topic, [topic]) as second:
        await until(lambda: len(second.records) >= 20)
    assert offsets(second.records) == {0: list(range(20))}


async def test_a_batch_that_raises_is_never_handed_over_again_and_kafka_is_told_that_it_was_read(
    broker: AnyBroker,
) -> None:
    """Faust's fault (issue 606): the kernel's `take` never raises for it. Where this fails, Faust has mended it: docs/adr/0002."""
    topic = await topic_of(broker, 1)
    await send(broker, topic, 20)

    async def raises(records: list[Record]) -> None:
        if records[0].offset == 5:
            raise RuntimeError("not handled")

    first = Heard(broker.shell, topic, [topic], batch_max=1)
    first.before = raises
    async with first:
        await until(lambda: len(first.records) == 19)
        await asyncio.sleep(COMMITTED)
    assert offsets(first.records) == {0: [n for n in range(20) if n != 5]}
    async with Heard(broker.shell, topic, [topic]) as second:
        await send(broker, topic, 1)
        await until(lambda: bool(second.records))
    assert offsets(second.records) == {0: [20]}


async def test_a_member_goes_on_behind_markers_and_at_the_earliest_record_that_retention_left(
    broker: AnyBroker,
) -> None:
    topic = await topic_of(broker, 1)
    place = (topic, 0)
    await broker.transaction(place, [b"0", b"1"], AT)
    async with Heard(broker.shell, topic, [topic]) as first:
        await broker.put(place, b"k", b"3", [], AT)
        await until(lambda: len(first.records) == 3)
    await send(broker, topic, 6)
    await broker.cut(place, 7)
    async with Heard(broker.shell, topic, [topic]) as second:
        await until(lambda: len(second.records) == 3)
    assert offsets(first.records) == {0: [0, 1, 3]}
    assert offsets(second.records) == {0: [7, 8, 9]}


async def test_records_may_be_handed_over_while_the_member_is_still_being_told_of_their_partitions(
    broker: AnyBroker,
) -> None:
    topic = await topic_of(broker, 1)
    await send(broker, topic, 10)
    heard = Heard(broker.shell, topic, [topic])

    async def check() -> None:
        await until(lambda: len(heard.records) == 10)

    heard.checking = check
    async with heard:
        await until(lambda: len(heard.told) == 2)


async def test_two_members_share_and_the_one_that_stays_takes_over_where_the_other_stood(broker: AnyBroker) -> None:
    topic = await topic_of(broker, 4)
    every = [(topic, n) for n in range(4)]
    async with Heard(broker.shell, topic, [topic]) as stays:
        leaves = Heard(broker.shell, topic, [topic])
        await leaves.shell.start()
        await until(lambda: len(stays.places) == len(leaves.places) == 2)
        assert sorted(stays.places + leaves.places) == every
        assert stays.told[1:] == [("assigned", every), ("revoked", every), ("assigned", stays.places)]
        await send(broker, topic, 400)
        await until(lambda: len(stays.records) + len(leaves.records) >= 400)
        assert offsets(stays.records).keys() == {number for _, number in stays.places}
        await leaves.shell.stop()
        await until(lambda: stays.places == every)
        await send(broker, topic, 400)
        await until(lambda: len(stays.records) + len(leaves.records) >= 800)
    found = offsets(leaves.records + stays.records)
    assert {number: list(range(len(there))) for number, there in found.items()} == found


async def test_a_static_member_comes_back_unnoticed_and_is_missed_after_its_session(broker: AnyBroker) -> None:
    topic = await topic_of(broker, 4)
    async with Heard(broker.shell, topic, [topic], instance="b") as other:
        first = Heard(broker.shell, topic, [topic], instance="a")
        await first.shell.start()
        await until(lambda: len(first.places) == len(other.places) == 2)
        await first.shell.stop()
        told, had = list(other.told), first.places
        async with Heard(broker.shell, topic, [topic], instance="a") as again:
            assert again.told == [("revoked", []), ("assigned", had)]
            await asyncio.sleep(2)
            assert other.told == told
        left = asyncio.get_running_loop().time()
        await until(lambda: len(other.places) == 4)
        assert 7 <= asyncio.get_running_loop().time() - left <= 20


async def test_two_under_one_name_take_it_from_each_other(broker: AnyBroker) -> None:
    topic = await topic_of(broker, 2)
    async with Heard(broker.shell, topic, [topic], instance="a") as first:
        async with Heard(broker.shell, topic, [topic], instance="a") as second:
            await until(lambda: first.told.count(("assigned", [(topic, 0), (topic, 1)])) >= 3)
            assert second.told.count(("assigned", [(topic, 0), (topic, 1)])) >= 2


async def test_partitions_of_a_deleted_topic_are_given_up_soon(broker: AnyBroker) -> None:
    gone, stays = await topic_of(broker, 2), await topic_of(broker, 1)
    async with Heard(broker.shell, gone, [gone, stays]) as alone:
        assert len(alone.places) == 3
        await broker.delete(gone)
        await until(lambda: alone.places == [(stays, 0)])
        assert alone.told[-2:] == [("revoked", [(gone, 0), (gone, 1), (stays, 0)]), ("assigned", [(stays, 0)])]


async def test_a_batch_may_take_an_hour(broker: AnyBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Postgres may be away for so long, and Faust would never read again once it had given its partitions up for that."""
    topic = await topic_of(broker, 2)
    idle = SubscriptionState.fetcher_idle_time
    monkeypatch.setattr(
        SubscriptionState, "fetcher_idle_time", property(lambda state: idle.fget(state) and idle.fget(state) + HOUR)
    )
    async with Heard(broker.shell, topic, [topic], batch_max=2) as alone:
        held = Held(alone)
        await send(broker, topic, 300)
        await asyncio.sleep(4)
        assert len(held.batches) == 1
        assert len(alone.told) == 2
        held.free.set()
        await until(lambda: len(alone.records) >= 300)
    assert sum(len(there) for there in offsets(alone.records).values()) == 300
