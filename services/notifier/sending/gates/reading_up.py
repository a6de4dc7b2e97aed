"""Read up to now: all that the inputs held at one moment, and the notifier's own messages that follow from it.

What comes from outside first: the fences of all partitions, of whatever worker, pass the ends they had at that moment. Then
the words to ourselves: outages told to the end, changed customers matched again, the words with the broker, and read.
"""

from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg

from services.kernel.clock import Clock
from services.kernel.model import TopicPartition
from services.kernel.queries import queries
from services.kernel.writing.fence import Fence, gone, standing
from services.kernel.writing.same_log import PartitionEnds, made_anew

OWN: Final = queries(Path(__file__).parents[2] / "sql" / "gate.sql")


class ReadingUp:
    """`inputs`: the topics whose facts a text must know; `feeds`: those of them that this service fills itself.

    `heard`: when (monotonic) the broker answered last; `asked_at`: the moment up to which it is read; `outer_is_read`: what
    others sent up to then is, and our own words are waited for; `is_stuck`: a topic is another one than was read, which no
    time cures.
    """

    def __init__(
        self, pool: asyncpg.Pool, broker: PartitionEnds, inputs: Collection[str], feeds: Collection[str], clock: Clock
    ) -> None:
        self._pool = pool
        self._broker = broker
        self._inputs, self._feeds = sorted(inputs), sorted(feeds)
        self._clock = clock
        self._places: Sequence[TopicPartition] = ()
        self.heard = self.asked_at = clock.monotonic()
        self.outer_is_read = self.is_stuck = False

    async def others(self) -> AsyncGenerator[Mapping[str, Any]]:
        """What others sent, up to the ends of now: yields what it waits for as long as it waits; over when all is read."""
        self.outer_is_read = False
        if not self._places:
            self._places = await self._broker.partitions(self._inputs)
        while True:
            before = await standing(self._pool)
            self.asked_at = self._clock.monotonic()
            outer = await self._ends(place for place in self._places if place[0] not in self._feeds)
            if not (anew := await self._made_anew(before, outer)):
                break
            yield {"waits_for": "topics-were-made-anew", "topics": anew}
        while behind := await self._behind(outer):
            yield {"waits_for": "not-read-to-the-end", "partitions": behind}
        self.outer_is_read = True

    async def once(self) -> AsyncGenerator[Mapping[str, Any]]:
        """What others sent up to the ends of now, and our own words that follow from it: yields while it waits."""
        self._places = await self._broker.partitions(self._inputs)
        while unseen := sorted(set(self._inputs) - {topic for topic, _ in self._places}):
            # A broker that has just come back may not show them all yet: what is not seen is not read.
            yield {"waits_for": "topics-are-not-shown", "topics": unseen}
            self._places = await self._broker.partitions(self._inputs)
        async for waits in self.others():
            yield waits
        # What is asked for after this follows from facts of later: a storm never keeps the reading up from its end.
        outages, customers = await self._untold(None, None)
        while (outages or customers) and any(await self._untold(outages, customers)):
            yield {"waits_for": "own-words-are-still-to-be-made"}
        newest = await self._pool.fetchval(OWN["outbox_newest"], self._feeds)
        while newest and await self._pool.fetchval(OWN["outbox_left"], self._feeds, newest):
            yield {"waits_for": "own-words-are-not-with-the-broker"}
        while True:
            before = await standing(self._pool)
            inner = await self._ends(place for place in self._places if place[0] in self._feeds)
            if not (anew := await self._made_anew(before, inner)):
                break
            yield {"waits_for": "topics-were-made-anew", "topics": anew}
        while behind := await self._behind(inner):
            yield {"waits_for": "not-read-to-the-end", "partitions": behind}

    async def _untold(
        self, outages: Mapping[str, int] | None, customers: Sequence[str] | None
    ) -> tuple[Mapping[str, int], Sequence[str]]:
        """Outages still to be told, each with the version of its truth, and customers still to be matched; of these, or of all."""
        mrids, versions = (None, None) if outages is None else (list(outages), list(outages.values()))
        found = await self._pool.fetch(OWN["fanouts_open"], mrids, versions)
        changed = await self._pool.fetch(OWN["changed_customers"], customers)
        return {row["mrid"]: row["version"] for row in found}, [row["customer_id"] for row in changed]

    async def _ends(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        found = await self._broker.ends(list(places))
        self.heard = self._clock.monotonic()
        return found

    async def _made_anew(
        self, before: Mapping[TopicPartition, Fence], ends: Mapping[TopicPartition, int]
    ) -> Sequence[str]:
        """Topics that hold another log than was read, or have fewer partitions.

        By numbers all that lies on them counts as read. It is not, before somebody accepts that the topic is another one.
        """
        lost = {*gone(before, self._places), *await made_anew(self._broker, before, ends)}
        self.is_stuck = bool(lost)
        return sorted({topic for topic, _ in lost})

    async def _behind(self, ends: Mapping[TopicPartition, int]) -> int:
        found = await standing(self._pool)
        return sum(place not in found or found[place].next_offset < end for place, end in ends.items() if end)
