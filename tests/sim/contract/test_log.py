"""What is written is read back, by both brokers alike."""

import itertools
from datetime import UTC, datetime, timedelta

import aiokafka
import pytest
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from devstack.servers.stack import TopicSpec
from services.kernel.adapters.kafka import Produce
from services.kernel.model import KernelError, Record
from tests.sim.contract.brokers import AnyBroker

AT = datetime(2026, 3, 5, 12, 0, 0, 123_456, tzinfo=UTC)
_numbers = itertools.count()


async def topic_of(broker: AnyBroker, spec: TopicSpec) -> str:
    name = f"contract-log-{next(_numbers)}"
    await broker.create(name, spec)
    return name


async def produced(broker: AnyBroker, rows: list[Produce]) -> list[bool]:
    producer = broker.producer()
    done: list[bool] = await producer.send(rows)
    await producer.stop()
    return done


async def all_of(broker: AnyBroker, topic: str) -> dict[int, list[Record]]:
    reader = broker.reader()
    bounds = await reader.bounds(await reader.partitions([topic]))
    found = {place[1]: list(await reader.read(place, *span)) for place, span in bounds.items()}
    await reader.close()
    return found


def rows(topic: str, count: int) -> list[Produce]:
    return [Produce(topic, b"k", str(n).encode(), [], AT) for n in range(count)]


async def test_a_record_comes_back_with_key_value_headers_and_its_senders_stamp(broker: AnyBroker) -> None:
    topic = await topic_of(broker, TopicSpec(1))
    assert await produced(broker, [Produce(topic, b"key", b"value", [("a", b"1"), ("b", b"2")], AT)]) == [True]
    stamp = AT.replace(microsecond=123_000)
    assert await all_of(broker, topic) == {
        0: [Record(topic, 0, 0, b"key", b"value", {"a": b"1", "b": b"2"}, stamp, by_broker=False)]
    }


async def test_where_the_broker_dates_records_a_senders_stamp_says_nothing(broker: AnyBroker) -> None:
    topic = await topic_of(broker, TopicSpec(1, broker_time=True))
    await produced(broker, rows(topic, 1))
    ((record,),) = (await all_of(broker, topic)).values()
    assert record.by_broker
    assert record.timestamp != AT.replace(microsecond=123_000)


async def test_a_key_goes_to_the_partition_that_murmur2_names(broker: AnyBroker) -> None:
    topic = await topic_of(broker, TopicSpec(5))
    keys = [f"outage-{n}".encode() for n in range(40)] + [b"", "城东线".encode()]
    assert all(await produced(broker, [Produce(topic, key, b"v", [], AT) for key in keys]))
    found = await all_of(broker, topic)
    assert {number: [r.key for r in records] for number, records in found.items()} == {
        number: [key for key in keys if (murmur2(key) & 0x7FFFFFFF) % 5 == number] for number in range(5)
    }


async def test_order_is_kept_in_a_partition(broker: AnyBroker) -> None:
    topic = await topic_of(broker, TopicSpec(1))
    made = [Produce(topic, f"k{n % 7}".encode(), str(n).encode(), [], AT) for n in range(2_000)]
    assert all(await produced(broker, made))
    ((*records,),) = (await all_of(broker, topic)).values()
    assert [record.value for record in records] == [row.value for row in made]
    assert [record.offset for record in records] == list(range(2_000))


async def test_records_of_others_may_lack_key_value_or_headers(broker: AnyBroker) -> None:
    topic = await topic_of(broker, TopicSpec(2))
    await broker.put((topic, 1), None, b"no key", [], AT)
    await broker.put((topic, 1), b"gone", None, [("why", b"")], AT)
    found = await all_of(broker, topic)
    assert [(r.key, r.value, dict(r.headers)) for r in found[1]] == [
        (None, b"no key", {}),
        (b"gone", None, {"why": b""}),
    ]
    assert found[0] == []


async def test_of_two_headers_of_one_name_the_later_counts(broker: AnyBroker) -> None:
    topic = await topic_of(broker, TopicSpec(1))
    await broker.put((topic, 0), b"k", b"v", [("a", b"1"), ("a", b"2")], AT)
    ((record,),) = (await all_of(broker, topic)).values()
    assert record.headers == {"a": b"2"}


async def test_too_large_a_record_is_refused_with_those_of_its_key_that_follow(broker: AnyBroker) -> None:
    topic = await topic_of(broker, TopicSpec(1))
    big = b"x" * 1_000_000
    made = [(b"a", b"1"), (b"b", big), (b"b", b"after"), (b"a", b"2")]
    producer = broker.producer()
    assert await producer.send([Produce(topic, k, v, [], AT) for k, v in made]) == [True, False, False, True]
    assert await producer.send([Produce(topic, b"b", b"later", [], AT)]) == [True]
    await producer.stop()
    ((*records,),) = (await all_of(broker, topic)).values()
    assert [record.value for record in records] == [b"1", b"2", b"later"]


@pytest.mark.parametrize("over", [0, 1])
async def test_the_largest_record_is_as_large_for_both(broker: AnyBroker, over: int) -> None:
    topic = await topic_of(broker, TopicSpec(1))
    envelope = DefaultRecordBatchBuilder.estimate_size_in_bytes(b"k", b"", []) + 2  # its length takes two bytes more
    row = Produce(topic, b"k", b"x" * (1_000_000 - envelope + over), [], AT)
    assert await produced(broker, [row]) == [not over]


async def test_bounds_move_with_what_is_written_and_what_retention_cuts(broker: AnyBroker) -> None:
    topic = await topic_of(broker, TopicSpec(2))
    place, other = (topic, 0), (topic, 1)
    for n in range(5):
        await broker.put(place, b"k", str(n).encode(), [], AT)
    reader = broker.reader()
    assert await reader.bounds([place, other]) == {place: (0, 5), other: (0, 0)}
    await broker.cut(place, 3)
    assert await reader.bounds([place]) == {place: (3, 5)}
    assert await reader.ends([other, place]) == {other: 0, place: 5}
    assert [r.offset for r in await reader.read(place, 0, 5)] == [3, 4], "below the start it begins at the earliest"
    await broker.cut(place, 5)
    assert await reader.bounds([place]) == {place: (5, 5)}
    assert await reader.read(place, 5, 5) == []
    await reader.close()


async def test_a_read_ends_before_its_end_or_at_its_limit_and_asks_for_no_more_than_there_is(broker: AnyBroker) -> None:
    topic = await topic_of(broker, TopicSpec(1))
    await produced(broker, rows(topic, 10))
    reader = broker.reader()
    place = (topic, 0)
    assert [r.offset for r in await reader.read(place, 2, 6)] == [2, 3, 4, 5]
    first = (await reader.read(place, 0, 10))[0].size
    assert [r.offset for r in await reader.read(place, 3, 10, first + 1)] == [3, 4]
    assert await reader.read(place, 4, 4) == []
    with pytest.raises(KernelError, match="ends at 10, before offset 11"):
        await reader.read(place, 9, 11)
    await reader.close()


async def test_a_transaction_leaves_an_offset_behind_that_holds_nothing(broker: AnyBroker) -> None:
    topic = await topic_of(broker, TopicSpec(1))
    place = (topic, 0)
    await broker.transaction(place, [b"0", b"1"], AT)
    await broker.put(place, b"k", b"3", [], AT)
    await broker.transaction(place, [b"4"], AT)
    reader = broker.reader()
    assert await reader.ends([place]) == {place: 6}
    assert [(r.offset, r.value) for r in await reader.read(place, 0, 6)] == [(0, b"0"), (1, b"1"), (3, b"3"), (4, b"4")]
    assert [r.offset for r in await reader.read(place, 2, 4)] == [3]
    assert await reader.read(place, 5, 6) == []
    await reader.close()


async def test_since_names_the_first_record_of_that_stamp_or_a_later_one(broker: AnyBroker) -> None:
    topic = await topic_of(broker, TopicSpec(2))
    place, other = (topic, 0), (topic, 1)
    for seconds in (10, 30, 20, 40):
        await broker.put(place, b"k", b"v", [], AT + timedelta(seconds=seconds))
    reader = broker.reader()
    for seconds, offset in ((0, 0), (10, 0), (11, 1), (31, 3), (41, 4)):
        asked = dict.fromkeys([place, other], AT + timedelta(seconds=seconds))
        assert await reader.since(asked) == {place: offset, other: 0}, seconds
    await reader.close()


async def test_a_follower_hears_what_comes_and_of_silence(broker: AnyBroker) -> None:
    topic = await topic_of(broker, TopicSpec(2))
    await broker.put((topic, 0), b"k", b"0", [], AT)
    await broker.put((topic, 0), b"k", b"1", [], AT)
    reader = broker.reader()
    heard: list[bytes | None] = []
    async for records in reader.follow({(topic, 0): 1, (topic, 1): 0}, silence=0.5):
        heard.extend(record.value for record in records)
        if not records and len(heard) == 1:
            await broker.put((topic, 1), b"k", b"2", [], AT)
        elif len(heard) == 2:
            break
    assert heard == [b"1", b"2"]
    await reader.close()


async def test_a_topic_that_is_not_there_has_no_partitions_and_no_offsets(
    broker: AnyBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = await topic_of(broker, TopicSpec(2))
    reader = broker.reader()
    assert sorted(await reader.partitions([there, "contract-missing"])) == [(there, 0), (there, 1)]
    assert await reader.partitions(["contract-missing"]) == []
    _shorten(monkeypatch)
    with pytest.raises(KafkaError):
        await reader.ends([("contract-missing", 0)])
    with pytest.raises(KafkaError):
        await reader.ends([(there, 2)])
    await reader.close()
    assert await produced(broker, [Produce("contract-missing", b"k", b"v", [], AT), *rows(there, 1)]) == [False, True]


def _shorten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client waits 40 s for a topic to appear; here one."""
    for name in ("AIOKafkaConsumer", "AIOKafkaProducer"):
        made = getattr(aiokafka, name)

        def short(*words: object, _made: type = made, **more: object) -> object:
            return _made(*words, request_timeout_ms=1_000, **more)

        monkeypatch.setattr(f"services.kernel.adapters.kafka.{name}", short)


async def test_a_topic_made_anew_begins_at_nothing(broker: AnyBroker) -> None:
    topic = await topic_of(broker, TopicSpec(2))
    await broker.put((topic, 0), b"k", b"old", [], AT)
    await broker.delete(topic)
    await broker.create(topic, TopicSpec(1))
    await broker.put((topic, 0), b"k", b"new", [], AT)
    assert [r.value for r in (await all_of(broker, topic))[0]] == [b"new"]
