"""Resolve attempts of unknown outcome: find them at their provider, or prove that nothing was created."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import try_until_commit
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.notifier.domain.customer.decider import ANOTHERS_MESSAGE
from services.notifier.domain.events import SendingReceipt
from services.notifier.domain.provider.port import LookupFailed, ProviderMessage, SmsProvider
from services.notifier.domain.provider.scheduling import SCHEDULED
from services.notifier.sending.claiming import LEASE
from services.notifier.sending.finder import Finder
from services.notifier.sending.recorder import SQL
from services.notifier.sending.scheduling.prepared import prepare
from services.notifier.sending.second_look import SecondLook
from services.notifier.sending.sender import Sender
from services.notifier.tables.vault import Vault, VaultError

log = structlog.get_logger()

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class LookupPace:
    """Real times: how often to look, how long the provider's list may lag, when to ask about a silent text, and again about an
    attempt that the list lacked.
    """  # noqa: D205 - the first line lists what there is

    every: timedelta = timedelta(seconds=5)
    quiet: timedelta = timedelta(seconds=60)
    silent: timedelta = timedelta(minutes=10)
    again: timedelta = timedelta(minutes=10)

    @classmethod
    def of(cls, every_seconds: float, quiet_seconds: float) -> "LookupPace":
        """The pace for a provider whose list lags at most `quiet_seconds`."""
        quiet = timedelta(seconds=quiet_seconds)
        long = max(10 * quiet, timedelta(seconds=30))
        return cls(timedelta(seconds=every_seconds), quiet, long, long)


class Resolver:
    """Gives every unknown attempt of one provider a verdict. `others`: the providers that other resolvers are for (see Finder).

    `quiet` counts from when its sender could no longer post, never from its start; and from when this process knew that, by its
    own count of seconds: a clock that is set ahead must not cut it short.
    """

    def __init__(
        self,
        sender: Sender,
        pool: asyncpg.Pool,
        provider: SmsProvider,
        vault: Vault,
        clock: Clock,
        pace: LookupPace,
        others: Sequence[SmsProvider] = (),
    ) -> None:
        self._sender = sender
        self._recorder = sender.recorder
        self._pool = pool
        self._provider = provider
        self._finder = Finder(pool, provider, vault, others)
        self._clock = clock
        self._pace = pace
        self._second_look = SecondLook(pool, self._finder, sender.recorder, clock, pace.quiet, provider)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._known_closed: dict[tuple[str, int], float] = {}
        """Since when (monotonic) this process knows that the sender of an attempt can no longer post."""

    async def run(self) -> None:
        """Look until cancelled."""
        await every(self._pace.every.total_seconds(), self._look, cures=DATABASE, waits="resolver waits")

    async def _look(self) -> None:
        wall = self._clock.wall()
        (found,) = await self._pool.fetch(
            SQL["in_doubt"], self._sender.owner, wall, wall - self._pace.silent, self._provider.name
        )
        perhaps_lost = found["claimed_elsewhere"] or found["lapsed"]
        if perhaps_lost:
            await self.lapse()
        if perhaps_lost or found["unresolved"]:
            await self.resolve()
        if found["silent"]:
            await self.ask()
        if found["look_again"]:
            await self._second_look.look()

    async def lapse(self) -> None:
        """Attempts whose process is gone, and claims whose lease is over, become unknown."""
        gone: dict[int, bool] = {}
        for row in await self._pool.fetch(SQL["claimed_elsewhere"], self._sender.owner):
            if row["owner"] not in gone:
                gone[row["owner"]] = await self._is_gone(row["owner"])
            if gone[row["owner"]]:
                await self._lose(row, self._clock.wall())
        for row in await self._pool.fetch(SQL["lapsed"], self._clock.wall()):
            if not self._sender.is_at(row["message_id"], row["attempts"]):
                await self._lose(row, None)

    async def _is_gone(self, owner: int) -> bool:
        """A process holds its owner lock while it lives, and no other ever has the same: no lease need be waited for."""
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                return await try_until_commit(connection, owner)

    async def _lose(self, row: asyncpg.Record, closed_at: datetime | None) -> None:
        """One text at a time, so that two locks of ours never wait for two of the write path's."""
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                await connection.execute(SQL["lose_answer"], row["message_id"], row["attempts"])
                await connection.execute(SQL["mark_unknown"], row["message_id"], row["attempts"], closed_at)

    async def resolve(self) -> None:
        """Look up what is unknown, some at a time, those first that were never or longest ago looked up."""
        rows = await self._pool.fetch(SQL["unresolved"], LEASE, self._provider.name)
        if rows:
            await self._pool.execute(SQL["asked"], [row["message_id"] for row in rows], self._clock.wall())
        else:
            self._known_closed.clear()
            self._finder.forget()
        by_contact: dict[str, list[asyncpg.Record]] = {}
        for row in rows:
            by_contact.setdefault(row["contact_id"], []).append(row)
        async with asyncio.TaskGroup() as group:
            for texts in by_contact.values():
                group.create_task(self._verdicts(texts))

    async def _verdicts(self, texts: Sequence[asyncpg.Record]) -> None:
        """Of one contact's texts, one after the other: two that are alike must not both take the same message for theirs."""
        for row in texts:
            await self._verdict(row)

    async def _verdict(self, row: asyncpg.Record) -> None:
        async with self._slots:
            try:
                await self._look_up(row)
            except VaultError as error:
                # One row that does not open must not hold up the others.
                log.error(
                    "a number cannot be read; its text stays unknown", message_id=row["message_id"], error=str(error)
                )

    async def _look_up(self, row: asyncpg.Record) -> None:
        """Adopt it, or free it once the quiet time since its closing is over."""
        # Read before the look-up, so that the quiet time was over when the provider was asked.
        asked_at, attempt = self._clock.monotonic(), (row["message_id"], row["n"])
        if row["closed_at"] or await self._is_closed(row):
            self._known_closed.setdefault(attempt, asked_at)
        found = await self._finder.find(row)
        reach("looked-up")
        if isinstance(found, LookupFailed):
            log.warning("look-up failed", message_id=row["message_id"], why=found.why)
        elif isinstance(found, ProviderMessage) and await self._waits(row, found):
            pass  # it has not gone: what else was created is taken back before it does (scheduling/)
        elif isinstance(found, ProviderMessage):
            for sid in (found.sid, *found.doubles):
                said = await self._recorder.accepted(
                    row["message_id"], row["customer_id"], row["n"], sid, "look-up", found.provider
                )
                if said in (ANOTHERS_MESSAGE, None):  # None: it was said before, perhaps by another process
                    self._finder.is_anothers(sid)
        elif asked_at - self._known_closed.get(attempt, asked_at) > self._pace.quiet.total_seconds():
            await self._free(row)

    async def _waits(self, row: asyncpg.Record, found: ProviderMessage) -> bool:
        if found.status != SCHEDULED:
            return False
        return await prepare(self._pool, row["message_id"], row["n"], found.sid, self._clock.wall())

    async def _is_closed(self, row: asyncpg.Record) -> bool:
        """Whether the attempt's sender can no longer post: its process is gone, or it is us and we are not at it."""
        if row["owner"] == self._sender.owner:
            if self._sender.is_at(row["message_id"], row["n"]):
                return False
        elif not await self._is_gone(row["owner"]):
            return False
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                await connection.execute(SQL["mark_unknown"], row["message_id"], row["n"], self._clock.wall())
        return True

    async def _free(self, row: asyncpg.Record) -> None:
        log.info("nothing was created; the text may be sent", message_id=row["message_id"], attempt=row["n"])
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                await connection.execute(SQL["back_to_ready"], row["message_id"], row["n"], None)
                closed = ("not-created", None, None, self._clock.wall(), None)
                await connection.execute(SQL["close_attempt"], row["message_id"], row["n"], *closed)
                again = self._clock.wall() + self._pace.again
                await connection.execute(SQL["look_again_at"], row["message_id"], row["n"], again)

    async def ask(self) -> None:
        """Accepted texts without a receipt for long: ask the provider for their state."""
        rows = await self._pool.fetch(SQL["silent"], self._clock.wall() - self._pace.silent, self._provider.name)
        for row in rows:
            found = await self._provider.fetch(row["provider_sid"])
            if isinstance(found, ProviderMessage):
                data = SendingReceipt(
                    message_id=row["message_id"],
                    customer_id=row["customer_id"],
                    provider=row["provider"],
                    provider_sid=row["provider_sid"],
                    status=found.status,
                    code=found.error_code,
                    attempt=row["n"],
                    at=self._clock.now(),
                )
                await self._recorder.say(data, f"{data.message_id}/{data.provider_sid}/{data.status}")
        if rows:
            await self._pool.execute(SQL["asked"], [row["message_id"] for row in rows], self._clock.wall())
