"""The kernel's three ways to Kafka as types: what writes, what reads, what is a member of a group. Another may stand for each."""

from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.kernel.adapters.kafka import Produce
from services.kernel.model import Record, TopicPartition


class RecordProducer(Protocol):
    """services.kernel.adapters.kafka.Producer, where each call is described."""

    async def start(self) -> None:
        """Connect."""
        ...

    async def stop(self) -> None:
        """Flush and disconnect."""
        ...

    async def send(self, rows: Sequence[Produce]) -> list[bool]:
        """Send rows in order; true where a row is durable."""
        ...


class RecordReader(Protocol):
    """services.kernel.adapters.kafka.Reader, where each call is described."""

    async def close(self) -> None:
        """Disconnect."""
        ...

    async def partitions(self, topics: Iterable[str]) -> Sequence[TopicPartition]:
        """Every partition of these topics."""
        ...

    async def bounds(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """First offset still there and the offset that comes next, of each partition."""
        ...

    async def ends(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offset that comes next, of each partition."""
        ...

    async def since(self, instants: Mapping[TopicPartition, datetime]) -> Mapping[TopicPartition, int]:
        """The first offset of each partition whose record was put there at its instant or later; its end where none was."""
        ...

    def follow(self, starts: Mapping[TopicPartition, int], *, silence: float) -> AsyncGenerator[Sequence[Record], None]:
        """Records from these offsets on, as they come; an empty batch after each `silence` in seconds without any."""
        ...

    async def read(self, place: TopicPartition, start: int, end: int, limit: int | None = None) -> Sequence[Record]:
        """All records in [start, end), or the first of them that together reach `limit` bytes."""
        ...


class GroupMember(Protocol):
    """services.kernel.adapters.faust_shell.Shell, where each call is described."""

    @property
    def places(self) -> Collection[TopicPartition]:
        """The partitions that it reads now."""
        ...

    @property
    def topics(self) -> Collection[str]:
        """The topics that it reads."""
        ...

    async def start(self) -> None:
        """Join the group."""
        ...

    async def stop(self) -> None:
        """Leave the group."""
        ...

    async def rest(self) -> None:
        """Wait until it stops by itself."""
        ...
