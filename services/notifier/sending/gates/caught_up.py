"""Hold texts back until all is read that was sent while this process, or the reading, paused.

A text that waits was true when it was asked for. After a pause (a start, a frozen process, partitions reassigned, a
broker that was away) facts lie unread that may have overtaken it, on partitions of any worker: "power is back" of before
would go out, and its opposite right after it. So a pause shuts the gate; it opens once the fences of *all* partitions of
*all* inputs have passed the ends they had when it was shut, and the notifier's own words that follow from those facts are
made, published and read too. Then each conversation has judged its texts again, and those that no longer hold are withdrawn.

A pause need not be one of this process: where the reading falls behind, as on a starved machine or after a broker came back
with all that was kept for it, texts would outrun the facts as well. So while texts go, what others sent is to be read within
seconds, or the gate shuts too. It asks how old the newest moment is up to which all is read, not whether all is read: in a storm
it never is. Reading that never catches up keeps nobody silent: then the gate opens by turns.

Our own words may take longer where an outage touches thousands, and in a storm there are always some to be made. Where no pause of
ours lies between, nobody waits for them: a text that they will take back waits by itself (sql/sending.sql, claim).
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import aclosing
from typing import Any, Final, Literal

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.adapters.away import AWAY
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.upkeep.same_log import PartitionEnds
from services.notifier.sending.gates.reading_up import ReadingUp

log = structlog.get_logger()

Why = Literal["starting", "process-was-frozen", "partitions-shared-out-anew", "broker-was-silent", "reading-is-behind"]
# A turn of the loop that takes longer than this was a pause: whoever sleeps for 0.2 s and wakes after seconds was frozen.
FROZEN_SECONDS: Final = 1.5
# An answer of the broker is waited for so long.
SILENT_SECONDS: Final = 10.0
# While texts go, all is read that others sent so long ago: less than the 8 s after which a text would be a false one. A broker
# that is silent for so long may have let them in.
BEHIND_SECONDS: Final = 5.0
# The gate opens where what was read is no older than this; or, where reading that goes on does not catch up in the time that
# follows, all the same, and stays open for as long: late words are better than none. What was away or frozen is no reading.
FRESH_SECONDS: Final = 3.0
CATCH_UP_SECONDS: Final = 20.0
LOOK_SECONDS: Final = 0.2
# A gate that stays shut is said again so often.
TELL_SECONDS: Final = 30.0


class CaughtUpGate:
    """Shut from the start. `shut` says why; `allows` is asked before a claim and again before the POST itself.

    `inputs`: the topics whose facts a text must know; `feeds`: those of them that this service fills itself.
    `assignments`: how often partitions were shared out so far, as the process counts.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        broker: PartitionEnds,
        inputs: Collection[str],
        feeds: Collection[str],
        clock: Clock,
        assignments: Callable[[], int],
        registry: CollectorRegistry,
    ) -> None:
        self._clock = clock
        self._up = ReadingUp(pool, broker, inputs, feeds, clock)
        self._assignments = assignments
        self._counted = assignments()
        self._beat = clock.monotonic()
        self._late_since: float | None = None
        self._opened = self._turn_until = float("-inf")
        self._told = float("-inf")
        self._pauses_seen = 0
        self._shut_at = clock.monotonic()
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
        self.why = why
        self._shut_at = self._clock.monotonic()
        self._pauses_seen += 1
        self._pauses.set(1)

    async def run(self) -> None:
        """Watch for pauses and open again, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            group.create_task(self._keep())

    async def _watch(self) -> None:
        """The beat by which a frozen process is known: it waits for nothing but the clock."""
        await every(LOOK_SECONDS, self._look)

    async def _keep(self) -> None:
        await every(LOOK_SECONDS, lambda: self._listen() if self.why is None else self._open_again())

    def _look(self) -> None:
        at = self._clock.monotonic()
        before, self._beat = self._beat, at
        if at - before > FROZEN_SECONDS:
            if self._late_since is not None:
                self._late_since += at - before  # nothing was read meanwhile
            self.shut("process-was-frozen")
        if self._assignments() != self._counted:
            self._counted = self._assignments()
            self.shut("partitions-shared-out-anew")
        # Seen here and not where it is read: what kept us from reading (a database that was away) may end for a sender first.
        if self.why is None and at > self._turn_until and at - self._up.read_up_to > BEHIND_SECONDS:
            self.shut("broker-was-silent" if self._is_silent(BEHIND_SECONDS / 2) else "reading-is-behind")
        elif self.why is None and self._is_silent(BEHIND_SECONDS):
            self.shut("broker-was-silent")  # also where texts have their turn: what it keeps is not even late

    def _is_silent(self, seconds: float) -> bool:
        """Whether the broker was asked, and has not answered anything for so long."""
        return self._up.heard < self._up.asked_at and self._clock.monotonic() - self._up.heard > seconds

    async def _listen(self) -> None:
        """While open: look how far all is read."""
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                await self._up.look()
        except AWAY:
            return
        self._look()

    async def _open_again(self) -> None:
        """Try once to read up to now; a pause that comes meanwhile begins it again."""
        why, pauses, since = self.why, self._pauses_seen, self._shut_at
        try:
            if why != "reading-is-behind":
                since = self._clock.monotonic()
                if not await self._read_on(pauses, since):
                    return
            by_turn = await self._freshly_read(pauses, since)
        except AWAY as error:
            self._say_again(error=repr(error))
            # What a broker kept while it was away is still to be read: no time for catching up has passed yet.
            self._late_since = None
            if self.why == "reading-is-behind" and self._up.heard < self._up.asked_at:
                self.shut("broker-was-silent")
            await asyncio.sleep(1.0)
            return
        self._look()
        if by_turn is None or self._pauses_seen != pauses:
            return
        at = self._clock.monotonic()
        self._opened, self.why, self._late_since = at, None, None
        self._turn_until = at + CATCH_UP_SECONDS if by_turn else float("-inf")
        self._pauses.set(0)
        log.info("all is read that was sent meanwhile; texts go", after=why, by_turn=by_turn)

    async def _read_on(self, pauses: int, since: float) -> bool:
        """What others sent until now, and our own words that follow from it; False when a pause comes meanwhile."""
        async with aclosing(self._up.up_to(since)) as reading:
            async for waits in reading:
                if not await self._wait(pauses, waits):
                    return False
        async with aclosing(self._up.own_words()) as reading:
            async for waits in reading:
                if self._may_have_a_turn(since):
                    break
                if not await self._wait(pauses, waits):
                    return False
        return True

    async def _freshly_read(self, pauses: int, since: float) -> bool | None:
        """Wait until what others send is read as it comes: False; True: it is not, and texts go all the same for a while; None:
        a pause came meanwhile.
        """  # noqa: D205 - one sentence
        while True:
            waits = await self._up.look()
            if not self._up.is_stuck and self._clock.monotonic() - self._up.read_up_to <= FRESH_SECONDS:
                return False
            if self._may_have_a_turn(since):
                return True
            if not await self._wait(pauses, waits or {"waits_for": "reading-is-behind"}):
                return None

    def _may_have_a_turn(self, since: float) -> bool:
        """Whether texts may go though not all is read: what had been sent when they were stopped is, and they waited long."""
        return self._has_waited_long() and self._up.read_up_to >= since and not self._up.is_stuck

    def _has_waited_long(self) -> bool:
        """Whether reading that goes on has not caught up for as long as anybody is kept waiting for it."""
        at = self._clock.monotonic()
        self._late_since = at if self._late_since is None else self._late_since
        return at - self._late_since >= CATCH_UP_SECONDS

    async def _wait(self, pauses: int, waits: Mapping[str, Any]) -> bool:
        """A moment; False when a pause has come since there were so many, of whatever kind: then other ends count."""
        self._say_again(**waits)
        await asyncio.sleep(LOOK_SECONDS)
        self._look()
        return self._pauses_seen == pauses

    def _say_again(self, **more: Any) -> None:
        at = self._clock.monotonic()
        if at - self._told >= TELL_SECONDS:
            self._told = at
            log.warning("texts still wait", reason=self.why, **more)
