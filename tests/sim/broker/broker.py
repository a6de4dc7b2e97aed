"""Be the broker: topics, groups, whether it answers, and what an operator or time does to its logs."""

import asyncio
import contextvars
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from aiokafka.errors import KafkaError, MessageSizeTooLargeError, UnknownTopicOrPartitionError
from aiokafka.partitioner import murmur2

from services.kernel.adapters.kafka import instant
from services.kernel.model import Record, TopicPartition
from tests.sim.broker.faults import Faults
from tests.sim.broker.group import Group
from tests.sim.broker.link import Link
from tests.sim.broker.log import Partition, Stored, Topic
from tests.sim.broker.signal import Signal

LARGEST: Final = 1_048_588
"""Bytes of the largest batch that a broker takes (message.max.bytes)."""
GONE_SECONDS: Final = 1.0
"""After so long the members of a group notice that a topic of theirs is gone: a fetch tells them."""
METADATA_SECONDS: Final = 300.0
"""After at most so long they notice that one is there again: nothing tells them but the next look at all topics."""
EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)


class Broker:
    """A Kafka of one process. `wall` is its clock, `delay` how many seconds a request or an answer is under way."""

    def __init__(
        self,
        chance: random.Random,
        *,
        wall: Callable[[], datetime] | None = None,
        delay: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.random, self.wall, self.delay = chance, wall or _loop_time, delay
        self.faults = Faults()
        self.changed = Signal()
        self.away = self.frozen = False
        self.groups: dict[str, Group] = {}
        self.topics: dict[str, Topic] = {}
        self._listeners: dict[str, list[asyncio.Event]] = {}
        self._context = contextvars.copy_context()
        self._producers = 0

    def link(self, node: str) -> Link:
        """A way to it for a node that has none yet."""
        return Link(self, node)

    def group(self, name: str) -> Group:
        """The group of this name, made if need be."""
        if name not in self.groups:
            self.groups[name] = Group(name, self._numbers, self.random, self._context)
        return self.groups[name]

    def new_producer(self) -> int:
        """An id for an idempotent producer."""
        self._producers += 1
        return self._producers

    # Whether it answers.

    def stop(self) -> None:
        """Be away: whatever is under way fails, and connections are refused."""
        self.away, self.frozen = True, False
        self.changed.fire()

    def freeze(self) -> None:
        """Stand still: connections stay, and nobody is answered."""
        self.frozen = True

    def start(self) -> None:
        """Answer again, after `stop` or `freeze`. Logs and offsets are kept, and every session begins anew."""
        self.away = self.frozen = False
        for group in self.groups.values():
            group.hear_all()
        self.changed.fire()

    # Topics.

    def create(self, name: str, partitions: int, *, broker_time: bool = False, compacted: bool = False) -> Topic:
        """Make a topic; `broker_time`: the broker dates its records (LogAppendTime)."""
        made = Topic(name, [Partition((name, number)) for number in range(partitions)], broker_time, compacted)
        self.topics[name] = made
        self._notice(name, self.random.uniform(0, METADATA_SECONDS))
        return made

    def delete(self, name: str) -> None:
        """Delete a topic, with what groups have committed of it."""
        del self.topics[name]
        for group in self.groups.values():
            for place in [place for place in group.offsets if place[0] == name]:
                del group.offsets[place]
        self._notice(name, GONE_SECONDS)

    def expire(self, readers: Mapping[str, Sequence[str]]) -> None:
        """Delete, as retention does, what every reader (group: its topics) has committed, but for the last of each partition."""
        for name in {one for topics in readers.values() for one in topics}:
            if name not in self.topics or self.topics[name].compacted:
                continue
            for partition in self.topics[name].partitions:
                read = [
                    self.group(one).offsets.get(partition.place, 0) for one, topics in readers.items() if name in topics
                ]
                partition.cut(min(*read, partition.end - 1))

    def partition(self, place: TopicPartition) -> Partition:
        """One partition.

        Raises:
            UnknownTopicOrPartitionError: it does not exist.

        """
        topic = self.topics.get(place[0])
        if topic is None or place[1] >= len(topic.partitions):
            raise UnknownTopicOrPartitionError(f"{place[0]}[{place[1]}]")
        return topic.partitions[place[1]]

    def place_of(self, topic: str, key: bytes | None) -> TopicPartition:
        """Where a record with this key goes: by murmur2 as all of Kafka's clients do, without a key to any."""
        count = len(self._numbers(topic) or [0])
        return topic, self.random.randrange(count) if key is None else (murmur2(key) & 0x7FFFFFFF) % count

    # What is written.

    def append(
        self,
        place: TopicPartition,
        key: bytes | None,
        value: bytes | None,
        headers: Iterable[tuple[str, bytes | None]] = (),
        at: datetime | None = None,
    ) -> Record:
        """Put a record on a partition; `at` is its sender's word for when, where the topic believes senders.

        Raises:
            UnknownTopicOrPartitionError: there is no such partition.
            MessageSizeTooLargeError: no broker takes it.
            KafkaError: a compacted topic needs keys.

        """
        partition, topic = self.partition(place), self.topics.get(place[0])
        assert topic is not None
        pairs = tuple(headers)
        size = len(key or b"") + len(value or b"") + sum(len(name) + len(word or b"") for name, word in pairs)
        if size > LARGEST:
            raise MessageSizeTooLargeError(f"{size} bytes are more than {LARGEST}")
        if topic.compacted and key is None:
            raise KafkaError(f"{place[0]} is compacted, and the record has no key")
        milliseconds = _milliseconds(self.wall() if topic.broker_time or at is None else at)
        words = {name: word or b"" for name, word in pairs}
        record = Record(*place, partition.end, key, value, words, instant(milliseconds), topic.broker_time)
        partition.append(Stored(record, asyncio.get_running_loop().time(), milliseconds))
        for listener in self._listeners.get(place[0], ()):
            listener.set()
        return record

    def repeat(self, place: TopicPartition, offset: int) -> Record:
        """Append a record once more, as a producer does that forgot it was acknowledged."""
        partition = self.partition(place)
        record = partition.records[partition.at(offset)].record
        return self.append(place, record.key, record.value, tuple(record.headers.items()), record.timestamp)

    # What is read.

    def listen(self, topics: Iterable[str], event: asyncio.Event) -> None:
        """Set `event` whenever something is put on one of these topics, until `deafen`."""
        for topic in topics:
            self._listeners.setdefault(topic, []).append(event)

    def deafen(self, event: asyncio.Event) -> None:
        """Set it no more."""
        for listeners in self._listeners.values():
            if event in listeners:
                listeners.remove(event)

    def bounds(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """First offset still there and the offset that comes next, of each partition."""
        return {place: (self.partition(place).first, self.partition(place).end) for place in places}

    def places(self, topics: Iterable[str]) -> Sequence[TopicPartition]:
        """Every partition of those of these topics that exist."""
        return [place for topic in topics if topic in self.topics for place in self.topics[topic].places]

    def redeliver(self, group: str, place: TopicPartition, offset: int) -> None:
        """Have the group's reader of this partition read from `offset` once more, though it was handed over."""
        self.faults.rewound[group, place] = offset
        for listener in self._listeners.get(place[0], ()):
            listener.set()

    def _numbers(self, topic: str) -> Sequence[int] | None:
        found = self.topics.get(topic)
        return None if found is None else range(len(found.partitions))

    def _notice(self, topic: str, seconds: float) -> None:
        def look() -> None:
            for group in self.groups.values():
                if topic in group.topics:
                    group.look()

        asyncio.get_running_loop().call_later(seconds, look, context=self._context)


def _loop_time() -> datetime:
    return EPOCH + timedelta(seconds=asyncio.get_running_loop().time())


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
