"""Play a feed's lists through a running system: time moves to what is due next, only when nothing is left to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from connectors.feeds.snapshots import SnapshotFeed, StatedEvent
from connectors.feeds.state import cloud_event
from connectors.registry.entry import RegistryEntry
from demo.feed.folder import ImportState, Stall, save
from devstack.idle import NeverIdle
from devstack.player import SETTLE_SECONDS, Player
from operations.errors import Away
from operations.feeds.publishing import publish_over
from operations.registry.importing import bring_in
from operations.system.location import Where
from services.kernel.warp import WarpClock, WarpDriver

STALL_SECONDS = 5.0
SAVE_SECONDS = 1.0


TO_SETTLE = timedelta(minutes=1)
"""What the last list ended is told once it has settled (policy, 20 s): so much longer time goes on."""


@dataclass(frozen=True, slots=True)
class PlaybackPace:
    """How time moves. `step`: moments that are due are rounded up to multiples of it, so that many fall together.

    `speed`: domain seconds per real second at most; None: as fast as the system can.
    """

    step: timedelta = timedelta(minutes=5)
    speed: float | None = None


class ListPlayer(Player):
    """Async context manager around a running system with a warped clock that `driver` moves.

    `receipts`: time also waits for the provider's word on every text; without, that may come a step later, which is
    right only where the carrier is quick.
    """

    def __init__(
        self, where: Where, driver: WarpDriver, clock: WarpClock, pace: PlaybackPace, *, receipts: bool
    ) -> None:
        super().__init__()
        self._where, self.driver, self.clock, self._pace, self._receipts = where, driver, clock, pace, receipts
        self.step = pace.step
        self._state: ImportState | None = None
        self._stop = asyncio.Event()
        self._saved = 0.0
        self._origin: tuple[float, datetime] | None = None

    async def _open(self) -> None:
        await self._connect(self._where.need_kafka(), self._where.need_postgres(), self._where.partitions)

    def stop(self) -> None:
        """End after the instant in hand."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether it was told to end."""
        return self._stop.is_set()

    async def register(self, entries: Sequence[RegistryEntry]) -> int:
        """Key customers and their numbers, as far as the system does not know them; returns how many were new.

        Raises:
            Away: Kafka did not take them, or the system did not settle.

        """
        plan = await bring_in(self._where, entries, self.clock)
        if plan.untold:
            raise Away(f"Kafka took {plan.sent} of {plan.sent + plan.untold} customers: give the same command again")
        await self._settle(receipts=True)
        return plan.new + plan.changed

    async def play(
        self,
        lists: Iterable[tuple[datetime, str]],
        feed: SnapshotFeed,
        state: ImportState,
        folder: Path,
        shown: Callable[[ImportState, datetime], Awaitable[None]],
    ) -> None:
        """Every list at its instant, timers in between at theirs. Ends early after `stop`, always with a saved state.

        Raises:
            Away: Kafka does not take events, or the system does not come to rest; what was played is saved.

        """
        began, before = self.clock.monotonic(), state.seconds
        self._state, whole = state, True
        try:
            for at, body in lists:
                if feed.last_at is not None and at <= feed.last_at:
                    continue
                if not await self.until(at):
                    break
                whole = False
                taken = feed.take(at, body)
                await self._send(taken.events)
                state.lists += 1
                for event in taken.events:
                    state.events[event.type] = state.events.get(event.type, 0) + 1
                whole = True
                state.seconds = before + self.clock.monotonic() - began
                self._save(folder, state, feed, at_least=SAVE_SECONDS)
                if taken.events:
                    await self.settle()
                await shown(state, at)
            if feed.last_at is not None and not self.stopped:
                await self.until(feed.last_at + TO_SETTLE)
        finally:
            state.seconds = before + self.clock.monotonic() - began
            if whole:  # else the state of a moment ago stands, and the list in hand is played again
                self._save(folder, state, feed)

    def _save(self, folder: Path, state: ImportState, feed: SnapshotFeed, *, at_least: float = 0.0) -> None:
        """Once a second is enough: lists that are played again say the same under the same ids, which are taken once."""
        moment = self.clock.monotonic()
        if moment - self._saved >= at_least:
            save(folder, state, feed)
            self._saved = moment

    async def wait_for(self, moment: datetime) -> bool:
        """With a speed: not before its real time has come; False once told to end."""
        if self._pace.speed is None:
            return not self.stopped
        if self._origin is None:
            self._origin = (self.clock.monotonic(), self.driver.now())
        began, start = self._origin
        wait = began + (moment - start).total_seconds() / self._pace.speed - self.clock.monotonic()
        if wait > 0:
            try:
                async with asyncio.timeout(wait):
                    await self._stop.wait()
            except TimeoutError:
                pass
        return not self.stopped

    async def _send(self, events: Sequence[StatedEvent]) -> None:
        await publish_over(self.producer, [cloud_event(one) for one in events], self.clock)

    async def settle(self) -> None:
        """Wait until nothing is left to do at this instant; a step of the import, whose stalls are kept."""
        began = self.clock.monotonic()
        await self._settle(receipts=self._receipts)
        if self._state is None:
            return
        self._state.steps += 1
        took = self.clock.monotonic() - began
        if took > STALL_SECONDS:
            self._state.stalls.append(Stall(at=self.clock.now(), seconds=round(took, 1)))

    async def rest(self) -> None:
        """Wait for all that is left, receipts included.

        Raises:
            Away: it does not come to rest.

        """
        await self._settle(receipts=True)

    async def _settle(self, *, receipts: bool) -> None:
        """Every decision made and every text handed over."""
        try:
            await self.idle.wait(SETTLE_SECONDS, receipts=receipts)
        except NeverIdle as error:
            raise Away(f"the system does not come to rest at {self.clock.now().isoformat()}: {error}") from None
