"""Give a statement about Kafka either broker: the real one, or the one in memory, through the kernel's own classes."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition as KafkaPlace

from devstack.servers.stack import TopicSpec, create_topics
from services.kernel.adapters import faust_shell, kafka
from services.kernel.adapters.ports import GroupMember, RecordProducer, RecordReader
from services.kernel.model import TopicPartition
from tests.sim import broker as memory

Headers = Sequence[tuple[str, bytes]]


class AnyBroker(Protocol):
    """What a statement may use: what is made of it, it closes itself."""

    async def create(self, topic: str, spec: TopicSpec) -> None:
        """Make a topic."""

    async def delete(self, topic: str) -> None:
        """Delete a topic, and return once it is gone."""

    async def put(
        self, place: TopicPartition, key: bytes | None, value: bytes | None, headers: Headers, at: datetime
    ) -> None:
        """A foreign sender's record on a partition."""

    async def transaction(self, place: TopicPartition, values: Sequence[bytes], at: datetime) -> None:
        """Records of one transaction of a foreign sender."""

    async def cut(self, place: TopicPartition, before: int) -> None:
        """Delete the records before an offset."""

    def producer(self) -> RecordProducer:
        """The kernel's producer."""

    def reader(self) -> RecordReader:
        """The kernel's reader."""

    def shell(self, **words: Any) -> GroupMember:
        """The kernel's shell."""


class RealBroker:
    """Apache Kafka."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    async def create(self, topic: str, spec: TopicSpec) -> None:
        await create_topics(self._bootstrap, {topic: spec})

    async def delete(self, topic: str) -> None:
        admin = await self._admin()
        await admin.delete_topics([topic])
        async with asyncio.timeout(30):
            while topic in await admin.list_topics():
                await asyncio.sleep(0.05)
        await admin.close()

    async def put(
        self, place: TopicPartition, key: bytes | None, value: bytes | None, headers: Headers, at: datetime
    ) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self._bootstrap) as producer:
            stamp = int(at.timestamp() * 1000)
            await producer.send_and_wait(place[0], value, key, place[1], stamp, list(headers))

    async def transaction(self, place: TopicPartition, values: Sequence[bytes], at: datetime) -> None:
        name = f"contract-{place[0]}"
        reader = self.reader()
        (before,) = (await reader.ends([place])).values()
        async with AIOKafkaProducer(bootstrap_servers=self._bootstrap, transactional_id=name) as producer:
            async with producer.transaction():
                for value in values:
                    await producer.send(place[0], value, b"k", place[1], int(at.timestamp() * 1000))
        # The coordinator says "committed" before the marker stands in the log.
        while (await reader.ends([place]))[place] < before + len(values) + 1:
            await asyncio.sleep(0.02)
        await reader.close()

    async def cut(self, place: TopicPartition, before: int) -> None:
        admin = await self._admin()
        await admin.delete_records({KafkaPlace(*place): RecordsToDelete(before_offset=before)})
        await admin.close()

    async def _admin(self) -> AIOKafkaAdminClient:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await admin.start()
        return admin

    def producer(self) -> kafka.Producer:
        return kafka.Producer(self._bootstrap)

    def reader(self) -> kafka.Reader:
        return kafka.Reader(self._bootstrap)

    def shell(self, **words: Any) -> faust_shell.Shell:
        return faust_shell.Shell(bootstrap=self._bootstrap, **words)


class MemoryBroker:
    """The simulation's."""

    def __init__(self) -> None:
        chance = random.Random(7)
        self._broker = memory.Broker(chance, delay=lambda: chance.uniform(0.0005, 0.002))
        self._link = self._broker.link("node")

    async def create(self, topic: str, spec: TopicSpec) -> None:
        self._broker.create(topic, spec.partitions, broker_time=spec.broker_time, compacted=spec.compacted)

    async def delete(self, topic: str) -> None:
        self._broker.delete(topic)

    async def put(
        self, place: TopicPartition, key: bytes | None, value: bytes | None, headers: Headers, at: datetime
    ) -> None:
        self._broker.append(place, key, value, headers, at)

    async def transaction(self, place: TopicPartition, values: Sequence[bytes], at: datetime) -> None:
        for value in values:
            self._broker.append(place, b"k", value, (), at)
        self._broker.partition(place).markers(1)

    async def cut(self, place: TopicPartition, before: int) -> None:
        self._broker.partition(place).cut(before)

    def producer(self) -> memory.Producer:
        return memory.Producer(self._link)

    def reader(self) -> memory.Reader:
        return memory.Reader(self._link)

    def shell(self, **words: Any) -> memory.Shell:
        return memory.Shell(link=self._link, **words)
