"""Work one lane: take tokens, claim as many of its texts, and have each posted in a slot of its own.

Each lane has slots, tokens in hand and a turn of its own, so posts that hang in one lane, or a queue in it, hold up no other.
A slot is free again once the provider has answered: what it said is written down when the write path has its turn, which takes a
second while facts pour in, and the next post does not wait for that.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import structlog

from schemas.contracts.messages import Lane
from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.observing.every import MORE, Turn, every
from services.kernel.observing.lookout import Work
from services.notifier.sending.claiming import Claim, Claims
from services.notifier.sending.gates.paces import SharedPace, TokenBlock

log = structlog.get_logger()

# The lookout says when there is something to do; so often it is seen to without its word.
REST_SECONDS: Final = 1.0
FAILING: Final = (1.0, 1.0)
# Claims are made no further ahead of the pace than this, so that waiting for a turn never makes them too late.
AHEAD_SECONDS: Final = 4.0
# Attempts that are answered and not written down yet, for each slot: with more, something holds up the writing.
UNWRITTEN: Final = 4
# Tokens in hand for which no text was found go back after this.
KEEPS_SECONDS: Final = 1.0


class LaneWorker:
    """One lane of one sender. `may`: whether anything may be claimed now.

    `send`: posts a claim and writes down what came of it; between the two it says that the provider has answered.
    """

    def __init__(
        self,
        lane: Lane,
        slots: int,
        claims: Claims,
        pace: SharedPace,
        clock: Clock,
        *,
        owner: Callable[[], int],
        may: Callable[[], bool],
        send: Callable[[Claim, Callable[[], None]], Awaitable[None]],
    ) -> None:
        self.lane = lane
        self.claims = claims
        self.work = Work(clock)
        """Texts of this lane that are due."""
        self.under_way: dict[asyncio.Task[None], Claim] = {}
        self._answered: set[asyncio.Task[None]] = set()
        self._slots, self._pace, self._clock = slots, pace, clock
        self._owner, self._may, self._send = owner, may, send
        self._tokens, self._taken_at, self._slowed = 0, 0.0, 0
        self._block: TokenBlock | None = None
        """Of which the tokens in hand are."""
        self._next_post = 0.0

    async def run(self) -> None:
        """Work until cancelled, through outages of PostgreSQL."""
        waits = f"sending of lane {self.lane} waits"
        await every(REST_SECONDS, self._round, cures=DATABASE, waits=waits, failing=FAILING, wake=self.work.wake)

    async def turn(self) -> None:
        """Wait for the next post's turn: one a gap, over all slots of this lane."""
        at = max(self._next_post, self._clock.monotonic())
        self._next_post = at + 1.0 / self._pace.rate
        await asyncio.sleep(max(0.0, at - self._clock.monotonic()))

    async def _round(self) -> Turn | None:
        """Claim for the slots that are free: one post that hangs holds up its own slot and no other text."""
        await self.claims.give_back()
        room = self._room() if self.work.perhaps else 0
        if not room:
            return None
        if not await self._tokens_in_hand():
            return MORE
        count = min(room, self._tokens)
        claims = await self.claims.take(count, self._owner(), self._block)
        self._tokens -= len(claims)
        for claim in claims:
            task = asyncio.get_running_loop().create_task(self._at(claim))
            self.under_way[task] = claim
            task.add_done_callback(partial(self._ended, claim))
        return MORE if len(claims) == count else None

    async def _at(self, claim: Claim) -> None:
        await self.turn()
        task = asyncio.current_task()
        await self._send(claim, lambda: self._free(task))

    def _room(self) -> int:
        """How many texts may be claimed now: free slots, as far as the pace lets them out soon."""
        if not self._may():
            return 0
        at, gap = self._clock.monotonic(), 1.0 / self._pace.rate
        soon = int((AHEAD_SECONDS - max(0.0, self._next_post - at)) / gap)
        if len(self._answered) >= UNWRITTEN * self._slots:
            return 0
        return max(0, min(self._free_slots(), max(soon, int(self._next_post <= at))))

    def _free_slots(self) -> int:
        return self._slots - (len(self.under_way) - len(self._answered))

    async def _tokens_in_hand(self) -> bool:
        """Whether there are tokens; where there are none to be had, a moment has passed."""
        at = self._clock.monotonic()
        if self._slowed != self._pace.slowed:
            self._tokens, self._slowed = 0, self._pace.slowed
        if self._tokens and at - self._taken_at > KEEPS_SECONDS:
            unused, self._tokens = self._tokens, 0
            await self._pace.give_back(unused)
        if not self._tokens:
            grant = await self._pace.take(self.lane)
            self._tokens, self._taken_at = grant.tokens, at
            self._block = TokenBlock(self._clock.wall(), grant.tokens, self._pace.rate)
            if not grant.tokens:
                await asyncio.sleep(min(grant.wait.total_seconds(), REST_SECONDS))
        return self._tokens > 0

    def _free(self, task: asyncio.Task[None] | None) -> None:
        """The provider has answered this one's post: its slot is free."""
        if task in self.under_way:
            self._wake_if_full()
            self._answered.add(task)

    def _wake_if_full(self) -> None:
        if self._free_slots() <= 0 or len(self._answered) >= UNWRITTEN * self._slots:
            self.work.wake.set()

    def _ended(self, claim: Claim, task: asyncio.Task[None]) -> None:
        self._wake_if_full()
        self.under_way.pop(task, None)
        self._answered.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its row still says that an attempt is out: once its owner is gone or its lease over, it is looked up.
            log.warning("an attempt's outcome was not recorded", message_id=claim.message_id, error=repr(error))
