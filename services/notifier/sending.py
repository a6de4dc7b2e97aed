"""From intent to provider: claim, one POST, classify, record. Never a blind retry (notes: docs/adr/0006).

At most one POST per attempt; a new attempt only with proof that the one before created nothing.
"""

import asyncio
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import structlog

from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.ingest import Ingest
from services.kernel.model import Message
from services.kernel.queries import queries
from services.notifier.events import (
    ATTEMPT_ACCEPTED,
    ATTEMPT_REFUSED,
    SENDING_EXPIRED,
    AttemptAccepted,
    AttemptRefused,
    SendingExpired,
)
from services.notifier.provider import Accepted, Refused, SendRequest, SmsProvider, TooLate, Unknown
from services.notifier.vault import Vault, number_of

log = structlog.get_logger()

SQL = queries(Path(__file__).parent / "sql" / "sending.sql")
SOURCE = "/outage/notifier/sender"

LEASE = timedelta(seconds=30)
POST_WITHIN_SECONDS = 10.0
EX_TEMPFAIL = 75


@dataclass(frozen=True, slots=True)
class Claim:
    """One text, claimed for one attempt."""

    message_id: str
    customer_id: str
    contact_id: str
    body: str
    expires_at: datetime
    attempt: int
    monotonic: float


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
    ) -> None:
        self._ingest = ingest
        self._pool = pool
        self._provider = provider
        self._vault = vault
        self._clock = clock
        self._gap = 1.0 / per_second
        self._at_once = at_once
        self._next_post = 0.0
        self.owner = secrets.randbits(63)
        self.in_flight: set[tuple[str, int]] = set()
        self._throttled_until = 0.0

    async def run(self, dsn: str) -> None:
        """Send until cancelled, holding the owner lock on a direct connection; without it this process must not live."""
        holder = await asyncpg.connect(dsn, server_settings={"application_name": "outage-notifier-owner"})
        holder.add_termination_listener(lambda _: self._lost())
        try:
            await holder.execute("select pg_advisory_lock($1)", self.owner)
            while True:
                if not await self._round():
                    await asyncio.sleep(0.1)
        finally:
            self._lost = lambda: None  # type: ignore[method-assign]
            await holder.close()

    def _lost(self) -> None:
        log.critical("the owner lock's connection is gone: another may take over, so this process ends at once")
        os._exit(EX_TEMPFAIL)

    async def _round(self) -> int:
        try:
            await self._expire()
            if self._clock.monotonic() < self._throttled_until:
                return 0
            claims = await self._claim(self._at_once)
            async with asyncio.TaskGroup() as group:
                for claim in claims:
                    group.create_task(self._send(claim))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ExceptionGroup) as error:
            log.warning("sending waits", error=repr(error))
            await asyncio.sleep(1.0)
            return 0
        return len(claims)

    async def _claim(self, count: int) -> list[Claim]:
        now, wall = self._clock.now(), self._clock.wall()
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                rows = await connection.fetch(SQL["claim"], now, wall, count, wall + LEASE, self._provider.name)
                await connection.execute(
                    SQL["intend"],
                    [row["message_id"] for row in rows],
                    [row["attempts"] for row in rows],
                    self._provider.name,
                    self.owner,
                    wall,
                    wall + LEASE,
                )
        at = self._clock.monotonic()
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
        self.in_flight.add((claim.message_id, claim.attempt))
        try:
            await self._pace()
            async with self._pool.acquire() as connection:
                number = await number_of(connection, self._vault, claim.contact_id)
            if number is None:
                await self._record(claim, _no_number())
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
            await self._record(claim, outcome)
        finally:
            self.in_flight.discard((claim.message_id, claim.attempt))

    def _in_time(self, claim: Claim) -> None:
        if self._clock.monotonic() - claim.monotonic > POST_WITHIN_SECONDS:
            raise TooLate(f"claimed more than {POST_WITHIN_SECONDS:.0f} s ago")

    async def _record(self, claim: Claim, outcome: Accepted | Refused | Unknown) -> None:
        if isinstance(outcome, Accepted):
            await self.accepted(claim.message_id, claim.customer_id, claim.attempt, outcome.sid, "answer")
        elif isinstance(outcome, Unknown):
            log.warning("answer lost", message_id=claim.message_id, attempt=claim.attempt, why=outcome.why)
            await self.unknown(claim.message_id, claim.attempt)
        elif outcome.permanent or outcome.scope in ("contact", "message"):
            await self._refused(claim, outcome)
        else:
            await self._again(claim, outcome)
        log.info(
            "text attempted", message_id=claim.message_id, attempt=claim.attempt, outcome=type(outcome).__name__.lower()
        )

    async def accepted(self, message_id: str, customer_id: str, attempt: int, sid: str, found_by: str) -> None:
        """The provider has it: an event, and with it the rows."""
        data = AttemptAccepted(
            message_id=message_id,
            customer_id=customer_id,
            attempt=attempt,
            provider=self._provider.name,
            provider_sid=sid,
            found_by=found_by,  # type: ignore[arg-type]
            at=self._clock.now(),
        )
        await self._say(ATTEMPT_ACCEPTED, data, customer_id, f"{message_id}/{attempt}/accepted/{sid}")

    async def _refused(self, claim: Claim, outcome: Refused) -> None:
        await self._close(claim.message_id, claim.attempt, "refused", outcome.http_status, outcome.code)
        data = AttemptRefused(
            message_id=claim.message_id,
            customer_id=claim.customer_id,
            attempt=claim.attempt,
            reason=outcome.reason,
            code=outcome.code,
            permanent=True,
            at=self._clock.now(),
        )
        await self._say(ATTEMPT_REFUSED, data, claim.customer_id, f"{claim.message_id}/{claim.attempt}/refused")

    async def _again(self, claim: Claim, outcome: Refused) -> None:
        """Nothing was created and the fault is not the text's: back in the queue, after a pause that grows."""
        wait = outcome.retry_after or min(60.0, 2.0 ** (claim.attempt - 1)) * (0.5 + secrets.randbelow(1000) / 1000)
        if outcome.scope in ("throttle", "provider"):
            self._throttled_until = self._clock.monotonic() + min(wait, 5.0)
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                until = self._clock.wall() + timedelta(seconds=wait)
                await connection.execute(SQL["back_to_ready"], claim.message_id, claim.attempt, until)
                await self._close_in(
                    connection, claim.message_id, claim.attempt, "not-created", outcome.http_status, outcome.code
                )

    async def unknown(self, message_id: str, attempt: int) -> None:
        """Our own word that this attempt can no longer post; a callback or a look-up says the rest."""
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                await connection.execute(SQL["lose_answer"], message_id, attempt)
                await connection.execute(SQL["mark_unknown"], message_id, attempt, self._clock.wall())

    async def _expire(self) -> None:
        rows = await self._pool.fetch(SQL["ready_over"], self._clock.now())
        messages = [
            self._message(
                SENDING_EXPIRED,
                SendingExpired(message_id=row["message_id"], customer_id=row["customer_id"], at=self._clock.now()),
                row["customer_id"],
                f"{row['message_id']}/expired",
            )
            for row in rows
        ]
        if messages:
            await self._ingest.submit(messages)

    async def _close(self, message_id: str, attempt: int, outcome: str, status: int | None, code: int | None) -> None:
        async with self._pool.acquire() as connection:
            await self._close_in(connection, message_id, attempt, outcome, status, code)

    async def _close_in(
        self,
        connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]",
        message_id: str,
        attempt: int,
        outcome: str,
        status: int | None,
        code: int | None,
    ) -> None:
        await connection.execute(SQL["close_attempt"], message_id, attempt, outcome, status, code, self._clock.wall())

    async def _say(self, type_: str, data: AttemptAccepted | AttemptRefused, customer_id: str, id_: str) -> None:
        await self._ingest.submit([self._message(type_, data, customer_id, id_)])

    def _message(
        self, type_: str, data: AttemptAccepted | AttemptRefused | SendingExpired, customer_id: str, id_: str
    ) -> Message:
        return Message(
            source=SOURCE,
            id=id_,
            type=type_,
            time=self._clock.now(),
            data=data,
            key=customer_id,
            partition=0,
            stream=f"customer/{customer_id}",
        )


def _no_number() -> Refused:
    return Refused(reason="no-number", http_status=None, code=None, retry_after=None, permanent=True, scope="contact")


__all__: Sequence[str] = ("SQL", "Claim", "Sender")
