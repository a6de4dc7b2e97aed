"""From intent to provider: claim, one POST, classify, record. Never a blind retry (notes: docs/adr/0006).

At most one POST per attempt; a new attempt only with proof that the one before created nothing.
"""

import asyncio
import os
import secrets
from datetime import timedelta
from functools import partial

import asyncpg
import structlog

from services.kernel.away import DATABASE
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.ingest import Ingest
from services.notifier.brake import CLAIMING, BrakeWatch
from services.notifier.brake import SQL as BRAKE_SQL
from services.notifier.gate import Gate
from services.notifier.lanes import LANE_RANK
from services.notifier.provider import Accepted, Refused, SendRequest, SmsProvider, TooLate, Unknown
from services.notifier.recording import SQL, Claim, Recorder, for_good
from services.notifier.vault import Vault, VaultError, number_of

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
POST_WITHIN_SECONDS = 10.0
# Claims are made no further ahead of the sender's pace than this, so that waiting for a turn never makes them too late.
AHEAD_SECONDS = 4.0
# On SIGTERM posts under way may end; a post that takes longer is left to the look-up of whoever comes next.
DRAIN_SECONDS = 5.0
EX_TEMPFAIL = 75
LANES_AND_RANKS = (list(LANE_RANK), list(LANE_RANK.values()))
TOO_LATE, VAULT_SHUT = "too-late", "number-cannot-be-read"


class Sender:
    """Claims and posts. `owner` is held as an advisory lock while the process lives: once it is free, no post can come."""

    def __init__(
        self,
        ingest: Ingest,
        pool: asyncpg.Pool,
        provider: SmsProvider,
        vault: Vault,
        clock: Clock,
        *,
        per_second: float,
        at_once: int = 8,
        gate: Gate | None = None,
    ) -> None:
        self.recorder = Recorder(ingest, pool, provider.name, clock)
        self._pool = pool
        self._provider = provider
        self._vault = vault
        self._clock = clock
        self._gap = 1.0 / per_second
        self._at_once = at_once
        self._gate = gate
        self._next_post = 0.0
        self._brake = BrakeWatch(pool, ingest.desk.telemetry.registry)
        self.owner = secrets.randbits(63)
        self.in_flight: set[tuple[str, int]] = set()
        self._under_way: set[asyncio.Task[None]] = set()
        self._throttled_until = 0.0

    async def run(self, dsn: str) -> None:
        """Send until cancelled, holding the owner lock on a direct connection; without it this process must not live."""
        holder = await asyncpg.connect(dsn, server_settings={"application_name": "outage-notifier-owner"})
        holder.add_termination_listener(lambda _: self._lost())
        try:
            await holder.execute("select pg_advisory_lock($1)", self.owner)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._brake.run())
                group.create_task(self._expire())
                group.create_task(self._send_on())
        finally:
            await self._drain()
            self._lost = lambda: None  # type: ignore[method-assign]
            await holder.close()

    async def _send_on(self) -> None:
        while True:
            if not await self._round():
                await self._pause()

    async def _drain(self) -> None:
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=DRAIN_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _expire(self) -> None:
        """Beside the sending and not before it: whatever hinders the end of old texts must not stop the new ones."""
        while True:
            try:
                await self.recorder.expired()
            except DATABASE as error:
                log.warning("old texts wait for their end", error=repr(error))
                await asyncio.sleep(1.0)
            await asyncio.sleep(0.1)

    def _lost(self) -> None:
        log.critical("the owner lock's connection is gone: another may take over, so this process ends at once")
        os._exit(EX_TEMPFAIL)

    async def _round(self) -> int:
        """Claim for the slots that are free: one post that hangs holds up its own slot and no other text."""
        try:
            count = self._room()
            claims = await self._claim(count) if count else []
        except DATABASE as error:
            log.warning("sending waits", error=repr(error))
            await asyncio.sleep(1.0)
            return 0
        for claim in claims:
            self.in_flight.add((claim.message_id, claim.attempt))
            task = asyncio.get_running_loop().create_task(self._send(claim))
            self._under_way.add(task)
            task.add_done_callback(partial(self._ended, claim))
        return len(claims)

    def _room(self) -> int:
        """How many texts may be claimed now: free slots, as far as the pace lets them out soon."""
        at = self._clock.monotonic()
        if at < self._throttled_until or (self._gate is not None and not self._gate.is_open):
            return 0
        soon = int((AHEAD_SECONDS - max(0.0, self._next_post - at)) / self._gap)
        return max(0, min(self._at_once - len(self._under_way), max(soon, int(self._next_post <= at))))

    async def _pause(self) -> None:
        """Nothing to claim, or no slot free: until a slot is, or a moment has passed."""
        if len(self._under_way) < self._at_once:
            await asyncio.sleep(0.1)
        else:
            await asyncio.wait(self._under_way, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)

    def _ended(self, claim: Claim, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self.in_flight.discard((claim.message_id, claim.attempt))
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its row still says that an attempt is out: once the lease is over it is looked up.
            log.warning("an attempt's outcome was not recorded", message_id=claim.message_id, error=repr(error))

    async def _claim(self, count: int) -> list[Claim]:
        now, wall, at = self._clock.now(), self._clock.wall(), self._clock.monotonic()
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                await connection.execute(BRAKE_SQL["hold_still"], CLAIMING)
                rows = await connection.fetch(
                    SQL["claim"], now, wall, count, wall + LEASE, self._provider.name, *LANES_AND_RANKS
                )
                await connection.execute(
                    SQL["intend"],
                    [row["message_id"] for row in rows],
                    [row["attempts"] for row in rows],
                    self._provider.name,
                    self.owner,
                    wall,
                    wall + LEASE,
                )
        if rows:
            reach("claimed")
        return [
            Claim(r["message_id"], r["customer_id"], r["contact_id"], r["body"], r["expires_at"], r["attempts"], at)
            for r in rows
        ]

    async def _pace(self) -> None:
        """One post per gap, over all tasks of this process."""
        at = max(self._next_post, self._clock.monotonic())
        self._next_post = at + self._gap
        await asyncio.sleep(max(0.0, at - self._clock.monotonic()))

    async def _send(self, claim: Claim) -> None:
        await self._pace()
        try:
            async with self._pool.acquire() as connection:
                number = await number_of(connection, self._vault, claim.contact_id)
        except VaultError as error:
            # Perhaps only this row is damaged, perhaps our key is wrong: a person can help until the text is of no use.
            log.error("a number cannot be read; the text waits", message_id=claim.message_id, error=str(error))
            await self._recorded(claim, _not_posted(VAULT_SHUT, for_good=False))
            return
        if number is None:
            await self._recorded(claim, _not_posted("no-number", for_good=True))
            return
        outcome = await self._provider.send(
            SendRequest(
                message_id=claim.message_id,
                attempt=claim.attempt,
                to=number,
                body=claim.body,
                valid_seconds=(claim.expires_at - self._clock.now()).total_seconds(),
                before_write=lambda: self._in_time(claim),
            )
        )
        reach("posted")
        await self._recorded(claim, outcome)

    def _in_time(self, claim: Claim) -> None:
        if self._clock.monotonic() - claim.monotonic > POST_WITHIN_SECONDS:
            raise TooLate(f"claimed more than {POST_WITHIN_SECONDS:.0f} s ago")
        if self._clock.now() >= claim.expires_at:
            raise TooLate("of no use any more")
        if self._gate is not None and not self._gate.allows(claim.monotonic):
            raise TooLate("claimed before a pause: what came meanwhile may say otherwise")

    async def _recorded(self, claim: Claim, outcome: Accepted | Refused | Unknown) -> None:
        wait = 0.0
        if isinstance(outcome, Refused) and not for_good(outcome) and outcome.reason != TOO_LATE:
            # A pause that grows, with jitter, so that texts refused together do not come back together.
            wait = outcome.retry_after or min(60.0, 2.0 ** (claim.attempt - 1)) * (0.5 + secrets.randbelow(1000) / 1000)
            if outcome.scope in ("throttle", "provider") and outcome.reason != VAULT_SHUT:
                self._throttled_until = self._clock.monotonic() + min(wait, 5.0)
        await self.recorder.record(claim, outcome, wait)


def _not_posted(reason: str, *, for_good: bool) -> Refused:
    return Refused(
        reason=reason,
        http_status=None,
        code=None,
        retry_after=None,
        permanent=for_good,
        scope="contact" if for_good else "provider",
    )
