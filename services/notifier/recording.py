"""What became of an attempt, written down: as a word to the customer's stream, or on the text's row alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

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
    SENDING_RECEIPT,
    AttemptAccepted,
    AttemptRefused,
    SendingExpired,
    SendingReceipt,
)
from services.notifier.provider import Accepted, Refused, Unknown

log = structlog.get_logger()

SQL = queries(Path(__file__).parent / "sql" / "sending.sql")
SOURCE = "/outage/notifier/sender"
SECOND_SID = "second-sid-for-one-text"

_TYPE = {
    AttemptAccepted: ATTEMPT_ACCEPTED,
    AttemptRefused: ATTEMPT_REFUSED,
    SendingExpired: SENDING_EXPIRED,
    SendingReceipt: SENDING_RECEIPT,
}


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


class Recorder:
    """Writes verdicts on attempts. An event comes first, the attempt's own row after it: a crash between the two leaves
    a settled text with an untidy attempt, never a closed attempt whose text nobody looks for.
    """  # noqa: D205 - one sentence and its reason

    def __init__(self, ingest: Ingest, pool: asyncpg.Pool, provider: str, clock: Clock) -> None:
        self._ingest = ingest
        self._pool = pool
        self._provider = provider
        self._clock = clock

    async def record(self, claim: Claim, outcome: Accepted | Refused | Unknown, wait: float) -> None:
        """The outcome of one attempt. `wait`: seconds before another, where it was refused for now."""
        if isinstance(outcome, Accepted):
            await self.accepted(claim.message_id, claim.customer_id, claim.attempt, outcome.sid, "answer")
        elif isinstance(outcome, Unknown):
            log.warning("answer lost", message_id=claim.message_id, attempt=claim.attempt, why=outcome.why)
            await self._unknown(claim)
        elif for_good(outcome):
            await self._refused(claim, outcome)
        else:
            await self._again(claim, outcome, wait)
        log.info(
            "text attempted", message_id=claim.message_id, attempt=claim.attempt, outcome=type(outcome).__name__.lower()
        )

    async def accepted(
        self,
        message_id: str,
        customer_id: str,
        attempt: int,
        sid: str,
        found_by: Literal["answer", "callback", "look-up"],
    ) -> None:
        """The provider has it: an event, and with it the rows."""
        data = AttemptAccepted(
            message_id=message_id,
            customer_id=customer_id,
            attempt=attempt,
            provider=self._provider,
            provider_sid=sid,
            found_by=found_by,
            at=self._clock.now(),
        )
        if await self.say(data, f"{message_id}/{attempt}/accepted/{sid}") == SECOND_SID:
            # The text keeps its first id; this attempt owns the second, so that no look-up takes it for another text's.
            await self._pool.execute(SQL["own_sid"], message_id, attempt, sid, self._clock.wall())

    async def expired(self) -> None:
        """Say of texts whose last useful moment passed in the queue that they are over."""
        now = self._clock.now()
        rows = await self._pool.fetch(SQL["ready_over"], now)
        messages = [
            self._message(
                SendingExpired(message_id=row["message_id"], customer_id=row["customer_id"], at=now),
                f"{row['message_id']}/expired",
            )
            for row in rows
        ]
        if messages:
            await self._ingest.submit(messages)

    async def say(self, data: AttemptAccepted | AttemptRefused | SendingReceipt, id_: str) -> str | None:
        """A word to the customer's stream; the reason of what became of it, None if it was said before."""
        outcomes = await self._ingest.submit([self._message(data, id_)])
        return outcomes[0].reason if outcomes else None

    async def _refused(self, claim: Claim, outcome: Refused) -> None:
        data = AttemptRefused(
            message_id=claim.message_id,
            customer_id=claim.customer_id,
            attempt=claim.attempt,
            reason=outcome.reason,
            code=outcome.code,
            permanent=True,
            at=self._clock.now(),
        )
        await self.say(data, f"{claim.message_id}/{claim.attempt}/refused")
        reach("refusal-said")
        await self._pool.execute(SQL["close_attempt"], *self._close(claim, "refused", outcome))

    async def _again(self, claim: Claim, outcome: Refused, wait: float) -> None:
        """Nothing was created and the fault is not the text's: back in the queue."""
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                until = self._clock.wall() + timedelta(seconds=wait)
                await connection.execute(SQL["back_to_ready"], claim.message_id, claim.attempt, until)
                await connection.execute(SQL["close_attempt"], *self._close(claim, "not-created", outcome))

    async def _unknown(self, claim: Claim) -> None:
        """Our own word that this attempt can no longer post; a callback or a look-up says the rest."""
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                await connection.execute(SQL["lose_answer"], claim.message_id, claim.attempt)
                await connection.execute(SQL["mark_unknown"], claim.message_id, claim.attempt, self._clock.wall())

    def _close(self, claim: Claim, what: str, outcome: Refused) -> Sequence[object]:
        return claim.message_id, claim.attempt, what, outcome.http_status, outcome.code, self._clock.wall()

    def _message(self, data: AttemptAccepted | AttemptRefused | SendingExpired | SendingReceipt, id_: str) -> Message:
        return Message(
            source=SOURCE,
            id=id_,
            type=_TYPE[type(data)],
            time=self._clock.now(),
            data=data,
            key=data.customer_id,
            partition=0,
            stream=f"customer/{data.customer_id}",
        )


def for_good(outcome: Refused) -> bool:
    """Whether another attempt with this contact and this text is pointless."""
    return outcome.permanent or outcome.scope in ("contact", "message")
