"""An in-memory broker with the interface that the fence asks for; the same suite holds it and the real one to it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from schemas.cloudevent import CloudEvent, to_kafka
from services.kernel.model import Record, TopicPartition
from tests.kits.kernel.toy import START


class PaperBroker:
    """Topics of records by offset; records can be lost, and topics cut."""

    def __init__(self, *, partitions: int = 2) -> None:
        self.partition_count = partitions
        self.logs: dict[TopicPartition, list[Record]] = {}
        self.first: dict[TopicPartition, int] = {}
        self.next: dict[TopicPartition, int] = {}
        self.stamps = False
        """Records are dated by the broker's clock, not by whoever sends them."""

    def put(
        self, topic: str, partition: int, key: str, headers: Mapping[str, bytes], value: bytes | None, at: datetime
    ) -> Record:
        place = (topic, partition)
        offset = self.next.get(place, 0)
        record = Record(topic, partition, offset, key.encode(), value, headers, at, self.stamps)
        self.logs.setdefault(place, []).append(record)
        self.next[place] = offset + 1
        return record

    def gap(self, place: TopicPartition, count: int = 1) -> None:
        """Offsets that hold nothing: transaction markers, compaction."""
        self.next[place] = self.next.get(place, 0) + count

    async def partitions(self, topics: Iterable[str]) -> Sequence[TopicPartition]:
        return [(topic, number) for topic in topics for number in range(self.partition_count)]

    async def bounds(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        return {place: (self.first.get(place, 0), self.next.get(place, 0)) for place in places}

    async def ends(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        return {place: self.next.get(place, 0) for place in places}

    async def since(self, instants: Mapping[TopicPartition, datetime]) -> Mapping[TopicPartition, int]:
        return {
            place: next(
                (one.offset for one in self.logs.get(place, []) if one.timestamp >= at), self.next.get(place, 0)
            )
            for place, at in instants.items()
        }

    async def read(self, place: TopicPartition, start: int, end: int, limit: int | None = None) -> Sequence[Record]:
        found: list[Record] = []
        for record in self.logs.get(place, []):
            if start <= record.offset < end and (limit is None or sum(one.size for one in found) < limit):
                found.append(record)
        return found


def tell(
    broker: PaperBroker,
    type_: str,
    data: msgspec.Struct,
    *,
    id: str,
    source: str = "/dispatch/east",
    topic: str = "outage.dispatch",
    partition: int = 0,
    key: str | None = None,
    at: datetime = START,
    **changes: Any,
) -> Record:
    """Put one event on a topic, outage.dispatch as a dispatch system would."""
    message = to_kafka(CloudEvent(source=source, id=id, type=type_, time=at, data=data), topic)
    headers = dict(message.headers) | changes.get("headers", {})
    value = changes.get("value", message.value)
    return broker.put(message.topic, partition, key or message.key.decode(), headers, value, at)
