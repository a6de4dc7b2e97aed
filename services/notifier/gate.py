"""May texts go now? Not before all is read that was sent while this process, or the reading, paused.

A text that waits was true when it was asked for. After a pause (a start, a frozen process, partitions shared out anew, a
broker that was away) facts lie unread that may have overtaken it, on partitions of any worker: "power is back" of before
would go out, and its opposite right after it. So a pause shuts the gate; it opens once the fences of *all* partitions of
*all* inputs have passed the ends they had when it was shut, and the notifier's own words that follow from those facts are
made, published and read too. Then each conversation has judged its texts anew, and those that no longer hold are withdrawn.

A pause need not be one of this process: where the reading falls behind, as on a starved machine or after a broker came back
with all that was kept for it, texts would outrun the facts as well. So what the inputs hold is to be read within seconds
while texts go, or the gate shuts too. Reading that never catches up keeps nobody silent: then the gate opens by turns.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.away import AWAY
from services.kernel.clock import Clock
from services.kernel.fence import Place
from services.kernel.queries import SQL, queries

log = structlog.get_logger()

OWN = queries(Path(__file__).parent / "sql" / "gate.sql")
Why = Literal["starting", "process-was-frozen", "partitions-shared-out-anew", "broker-was-silent", "reading-is-behind"]
# A turn of the loop that takes longer than this was a pause: whoever sleeps for 0.2 s and wakes after seconds was frozen.
FROZEN_SECONDS: Final = 1.5
# The broker is asked so often while the gate is open, and a silence of this length is a pause.
ASK_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 10.0
# While texts go, what others sent is read within so long.
BEHIND_SECONDS: Final = 5.0
# The gate opens where what was read is no older than this; or, where reading does not catch up in the time that follows,
# all the same, and stays open for as long: late words are better than none.
FRESH_SECONDS: Final = 3.0
CATCH_UP_SECONDS: Final = 20.0
LOOK_SECONDS: Final = 0.2
# A gate that stays shut is said again so often.
TELL_SECONDS: Final = 30.0


class Ends(Protocol):
    """What the gate asks of the broker: services.kernel.kafka.Reader."""

    async def partitions(self, topics: Collection[str]) -> Sequence[Place]:
        """Every partition of these topics."""
        ...

    async def ends(self, places: Collection[Place]) -> Mapping[Place, int]:
        """The offset that comes next, of each partition."""
        ...


class Gate:
    """Shut from the start. `shut` says why; `allows` is asked before a claim and again before the POST itself.

    `inputs`: the topics whose facts a text must know; `feeds`: those of them that this service fills itself.
    `assignments`: how often partitions were shared out so far, as the process counts.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        broker: Ends,
        inputs: Collection[str],
        feeds: Collection[str],
        clock: Clock,
        assignments: Callable[[], int],
        registry: CollectorRegistry,
    ) -> None:
        self._pool = pool
        self._broker = broker
        self._inputs, self._feeds = sorted(inputs), sorted(feeds)
        self._clock = clock
        self._assignments = assignments
        self._counted = assignments()
        self._beat = self._heard = self._shut_at = clock.monotonic()
        self._asked = self._known = float("-inf")
        self._unread: tuple[float, Mapping[Place, int]] | None = None
        self._opened = float("-inf")
        self._told = float("-inf")
        self._pauses_seen = 0
        self._places: Sequence[Place] = ()
        self.why: Why | None = "starting"
        self._pauses = Gauge(
            "outage_sending_gate_shut", "1: no text goes until all is read that was sent meanwhile", registry=registry
        )
        self._pauses.set(1)

    @property
    def is_open(self) -> bool:
        """Whether a text may be claimed now. Looks at the clock itself: a frozen process knows it with its first step."""
        self._look()
        return self.why is None

    def allows(self, claimed_at: float) -> bool:
        """Whether a text that was claimed then (monotonic) may be posted: not when a pause lies between."""
        return self.is_open and claimed_at >= self._opened

    def shut(self, why: Why) -> None:
        """No text goes until all is read that the inputs hold by now."""
        if self.why is None:
            log.warning("texts wait until all is read that was sent meanwhile", reason=why)
            self._shut_at = self._clock.monotonic()
        self.why = why
        self._pauses_seen += 1
        self._pauses.set(1)

    async def run(self) -> None:
        """Watch for pauses and open again, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            group.create_task(self._keep())

    async def _watch(self) -> None:
        """The beat by which a frozen process is known: it waits for nothing but the clock."""
        while True:
            self._look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _keep(self) -> None:
        while True:
            if self.why is None:
                await self._listen()
            else:
                await self._open_again()
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self) -> None:
        at = self._clock.monotonic()
        before, self._beat = self._beat, at
        if at - before > FROZEN_SECONDS:
            self.shut("process-was-frozen")
        if self._assignments() != self._counted:
            self._counted = self._assignments()
            self.shut("partitions-shared-out-anew")

    async def _listen(self) -> None:
        """While open: hear the broker, so that a silence is known as one, and see that what it holds is read soon."""
        at = self._clock.monotonic()
        if at - self._asked >= ASK_SECONDS:
            self._asked = at
            try:
                async with asyncio.timeout(SILENT_SECONDS):
                    ends = await self._broker.ends(self._outer())
            except (*AWAY, TimeoutError):
                if self._clock.monotonic() - self._heard > SILENT_SECONDS:
                    self.shut("broker-was-silent")
                return
            self._heard = self._clock.monotonic()
            self._unread = self._unread or (at, ends)
        if self._unread is not None:
            await self._follow(*self._unread)

    async def _follow(self, asked_at: float, ends: Mapping[Place, int]) -> None:
        """Whether all is read that the broker held when it was asked; shuts the gate where that takes too long."""
        try:
            behind = await self._behind(ends)
        except (*AWAY, TimeoutError):
            return  # without the database nothing is claimed or posted
        if not behind:
            self._known, self._unread = max(self._known, asked_at), None
        elif self._clock.monotonic() - self._known > BEHIND_SECONDS:
            self.shut("reading-is-behind")

    async def _open_again(self) -> None:
        """Try once to read up to the ends of now; a pause that comes meanwhile begins it anew."""
        why, pauses = self.why, self._pauses_seen
        try:
            known = await self._read_to_the_end(pauses)
        except (*AWAY, TimeoutError) as error:
            self._say_again(error=repr(error))
            await asyncio.sleep(1.0)
            return
        self._look()
        if known is None or self._pauses_seen != pauses:
            return
        at = self._clock.monotonic()
        if at - known > FRESH_SECONDS:
            if at - self._shut_at < CATCH_UP_SECONDS:
                self._say_again(waits_for="reading-is-behind")
                return
            known = at + CATCH_UP_SECONDS - BEHIND_SECONDS
        self._opened = self._heard = at
        self._known, self._unread, self._asked = known, None, float("-inf")
        self.why = None
        self._pauses.set(0)
        log.info("all is read that was sent meanwhile; texts go", after=why)

    def _outer(self) -> Sequence[Place]:
        """The partitions that others fill."""
        return [place for place in self._places if place[0] not in self._feeds]

    async def _read_to_the_end(self, pauses: int) -> float | None:
        """What comes from outside first, then the words to ourselves that follow from it.

        When (monotonic) the broker held what is read now; None: the gate was shut anew.
        """
        self._places = await self._broker.partitions(self._inputs)
        while unseen := sorted(set(self._inputs) - {topic for topic, _ in self._places}):
            # A broker that has just come back may not show them all yet: what is not seen is not read.
            if not await self._wait(pauses, "topics-are-not-shown", topics=unseen):
                return None
            self._places = await self._broker.partitions(self._inputs)
        asked_at = self._clock.monotonic()
        if not await self._past(pauses, await self._broker.ends(self._outer())):
            return None
        # What is asked for after this follows from facts that came after the pause: a storm never keeps the gate shut.
        mrids = [row["mrid"] for row in await self._pool.fetch(OWN["fanouts_open"])]
        customers = [row["customer_id"] for row in await self._pool.fetch(OWN["changed_customers"])]
        while await self._pool.fetchval(OWN["fanouts_left"], mrids, customers):
            if not await self._wait(pauses, "own-words-are-still-to-be-made"):
                return None
        newest = await self._pool.fetchval(OWN["outbox_newest"], self._feeds)
        while await self._pool.fetchval(OWN["outbox_left"], self._feeds, newest):
            if not await self._wait(pauses, "own-words-are-not-with-the-broker"):
                return None
        inner = [place for place in self._places if place[0] in self._feeds]
        return asked_at if await self._past(pauses, await self._broker.ends(inner)) else None

    async def _past(self, pauses: int, ends: Mapping[Place, int]) -> bool:
        """Wait until the fences of all these partitions, of whatever worker, have passed their ends."""
        while behind := await self._behind(ends):
            if not await self._wait(pauses, "not-read-to-the-end", partitions=behind):
                return False
        return True

    async def _behind(self, ends: Mapping[Place, int]) -> int:
        rows = await self._pool.fetch(SQL["read_fences"])
        fences = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        return sum(fences.get(place, 0) < end for place, end in ends.items())

    async def _wait(self, pauses: int, what: str, **more: Any) -> bool:
        """A moment; False when a pause has come since there were so many, of whatever kind: then other ends count."""
        self._say_again(waits_for=what, **more)
        await asyncio.sleep(LOOK_SECONDS)
        self._look()
        return self._pauses_seen == pauses

    def _say_again(self, **more: Any) -> None:
        at = self._clock.monotonic()
        if at - self._told >= TELL_SECONDS:
            self._told = at
            log.warning("texts still wait", reason=self.why, **more)
