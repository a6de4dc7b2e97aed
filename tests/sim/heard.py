"""Listen as a service does: what one member of a group was handed and told."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

from services.kernel.model import Record, TopicPartition


class Heard:
    """What one member was handed and told."""

    def __init__(self, shell: Callable[..., Any], group: str, topics: Sequence[str], **words: Any) -> None:
        self.batches: list[list[Record]] = []
        self.told: list[tuple[str, list[TopicPartition]]] = []
        self.before: Callable[[list[Record]], Awaitable[None]] | None = None
        self.checking: Callable[[], Awaitable[None]] | None = None
        words = {"batch_max": 100, "instance": None} | words
        self.shell = shell(
            name=group, topics=topics, take=self._take, assigned=self._assigned, revoked=self._revoked, **words
        )

    @property
    def records(self) -> list[Record]:
        """All it was handed, in order."""
        return [record for batch in self.batches for record in batch]

    @property
    def places(self) -> list[TopicPartition]:
        """What it reads now."""
        return sorted(self.shell.places)

    async def __aenter__(self) -> Self:
        await self.shell.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shell.stop()

    async def _take(self, records: list[Record]) -> None:
        if self.before is not None:
            await self.before(records)
        self.batches.append(records)

    async def _assigned(self, places: Sequence[TopicPartition]) -> None:
        if self.checking is not None:
            await self.checking()
        self.told.append(("assigned", sorted(places)))

    async def _revoked(self, places: Sequence[TopicPartition]) -> None:
        self.told.append(("revoked", sorted(places)))


async def until(look: Callable[[], bool], seconds: float = 30.0) -> None:
    """Return once `look` says so."""
    async with asyncio.timeout(seconds):
        while not look():
            await asyncio.sleep(0.02)


def offsets(records: list[Record]) -> dict[int, list[int]]:
    """Offsets in the order in which they were handed over, by partition."""
    found: dict[int, list[int]] = {}
    for record in records:
        found.setdefault(record.partition, []).append(record.offset)
    return found
