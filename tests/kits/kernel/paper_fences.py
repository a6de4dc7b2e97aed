"""A broker and the fences of a notifier on paper: whoever asks how far all is read is told what a test wants."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.kernel.model import Record, TopicPartition

START = datetime(2026, 3, 5, tzinfo=UTC)
DISPATCH, AUDIENCE = ("outage.dispatch", 0), ("outage.audience", 0)


class Desk:
    """Broker and fences on paper. What was sent in a pause raises `end` when the process has woken from it."""

    def __init__(self) -> None:
        self.end, self.taken = 1, 0
        self.own_words, self.own_words_read = 0, 0
        self.asked = 0
        self.log = self.log_read = 1
        """Which one the topic of dispatch is, and was when it was read: deleted and made anew it is another."""
        self.own_anew = False

    async def partitions(self, topics: Collection[str]) -> Sequence[TopicPartition]:
        return [place for place in (DISPATCH, AUDIENCE) if place[0] in topics]

    async def ends(self, places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        self.asked += 1
        return {place: self.end if place == DISPATCH else self.own_words for place in places}

    async def fetch(self, sql: str, *_: Any) -> list[dict[str, Any]]:
        if "consumer_offset" not in sql:
            return []
        fences = {DISPATCH: self.taken, AUDIENCE: self.own_words_read}
        last = record(self.log_read, self.taken) if self.taken else None
        below = {"last_digest": last and last.digest(), "last_stamp": last and last.timestamp}
        unknown = {"last_digest": None, "last_stamp": None}
        if self.own_anew:
            fences[AUDIENCE] = self.own_words + 1
        return [
            {"topic": place[0], "partition": 0, "next_offset": at, **(below if place == DISPATCH else unknown)}
            for place, at in fences.items()
        ]

    async def since(self, instants: Mapping[TopicPartition, datetime]) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(instants, 0 if self.log > self.log_read else self.end)

    async def read(self, place: TopicPartition, start: int, end: int, limit: int | None = None) -> Sequence[Record]:
        assert (place, start) == (DISPATCH, self.taken - 1)
        return [record(self.log, end)]

    async def fetchval(self, *_: Any) -> int:
        return 0


def record(log: int, end: int) -> Record:
    """The last one of a log that ends there."""
    return Record(*DISPATCH, end - 1, b"k", f"{log}".encode(), {}, START + timedelta(days=log - 1), by_broker=True)
