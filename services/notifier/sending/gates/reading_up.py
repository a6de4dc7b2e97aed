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
from services.kernel.upkeep.same_log import PartitionEnds, made_anew
from services.kernel.writing.fence import Fence, gone, standing
from services.notifier.sending.gates.end_marks import EndMarks

OWN: Final = queries(Path(__file__).parents[2] / "sql" / "gate.sql")
# The broker is asked for the ends of the topics so often, however much of what it said before is still unread.
ASK_SECONDS: Final = 1.0


class ReadingUp:
    """`inputs`: the topics whose facts a text must know; `feeds`: those of them that this service fills itself.

    `read_up_to`: the newest moment (monotonic) up to which all is read that others sent. `asked_at`, `heard`: when the broker was
    asked last, and when it answered last.
    """

    def __init__(
        self, pool: asyncpg.Pool, broker: PartitionEnds, inputs: Collection[str], feeds: Collection[str], clock: Clock
    ) -> None:
        self._pool = pool
        self._broker = broker
        self._inputs, self._feeds = sorted(inputs), sorted(feeds)
        self._clock = clock
        self._places: Sequence[TopicPartition] = ()
        self._marks = EndMarks()
        self.heard = self.asked_at = clock.monotonic()
        self.read_up_to = float("-inf")
        self._anew: dict[str, Sequence[str]] = {}
        """Topics that hold another log than was read, of others' and of our own: as was seen last."""

    @property
    def is_stuck(self) -> bool:
        """Whether a topic is another one than was read: by numbers all on it may count as read, and no time cures that."""
        return any(self._anew.values())

    async def look(self) -> Mapping[str, Any] | None:
        """Look at what others sent: ask for the ends of now, if it is time to, and see which of those known are read.

        What they held at one moment is not waited for before they are asked for again: reading that is two seconds late is found
        to be so late, and not twice as late. Returns what is waited for, if anything is.
        """
        if not self._places:
            self._places = await self._broker.partitions(self._inputs)
        if self.is_stuck or self._clock.monotonic() - self.asked_at >= ASK_SECONDS:
            await self._ask()
        if self._marks:
            self.read_up_to = max(self.read_up_to, self._marks.passed(await standing(self._pool)))
        if self.is_stuck:
            return {
                "waits_for": "topics-were-made-anew",
                "topics": sorted({topic for found in self._anew.values() for topic in found}),
            }
        return {"waits_for": "not-read-to-the-end", "partitions": self._marks.behind} if self._marks else None

    async def up_to(self, since: float) -> AsyncGenerator[Mapping[str, Any]]:
        """What others sent until then: yields what it waits for as long as it waits."""
        self._places = await self._broker.partitions(self._inputs)
        while unseen := sorted(set(self._inputs) - {topic for topic, _ in self._places}):
            # A broker that has just come back may not show them all yet: what is not seen is not read.
            yield {"waits_for": "topics-are-not-shown", "topics": unseen}
            self._places = await self._broker.partitions(self._inputs)
        self._marks.clear()  # of other partitions, perhaps
        await self._ask()
        while (waits := await self.look()) is not None and self.read_up_to < since:
            yield waits

    async def own_words(self) -> AsyncGenerator[Mapping[str, Any]]:
        """Our own words that follow from what is read by now: yields while it waits, and goes on to look at what others send."""
        async for waits in self._own_words():
            await self.look()
            yield waits

    async def _own_words(self) -> AsyncGenerator[Mapping[str, Any]]:
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
            self._anew["own"] = await self._made_anew(before, inner)
            if not self._anew["own"]:
                break
            yield {"waits_for": "topics-were-made-anew", "topics": self._anew["own"]}
        while behind := await self._behind(inner):
            yield {"waits_for": "not-read-to-the-end", "partitions": behind}

    async def _ask(self) -> None:
        """Ask for the ends of what others fill. Where a topic is another one than was read, nothing is known by them."""
        before = await standing(self._pool)
        self.asked_at = self._clock.monotonic()
        outer = await self._ends(place for place in self._places if place[0] not in self._feeds)
        self._anew["others'"] = await self._made_anew(before, outer)
        if self._anew["others'"]:
            self._marks.clear()
        else:
            self._marks.put(self.asked_at, outer)

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
        return sorted({topic for topic, _ in lost})

    async def _behind(self, ends: Mapping[TopicPartition, int]) -> int:
        found = await standing(self._pool)
        return sum(place not in found or found[place].next_offset < end for place, end in ends.items() if end)
