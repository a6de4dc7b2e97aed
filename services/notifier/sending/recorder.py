"""Record what became of an attempt: as a message to the customer's stream, or on the text's row alone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar

import asyncpg
import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.model import Message
from services.kernel.queries import queries
from services.kernel.writing.ingest import Ingest
from services.notifier.domain.events import (
    ATTEMPT_ACCEPTED,
    ATTEMPT_REFUSED,
    SENDING_EXPIRED,
    SENDING_GIVEN_UP,
    SENDING_GOES_ON,
    SENDING_NO_ROOM,
    SENDING_RECEIPT,
    AttemptAccepted,
    AttemptRefused,
    SendingExpired,
    SendingGivenUp,
    SendingGoesOn,
    SendingNoRoom,
    SendingReceipt,
)
from services.notifier.domain.handset.caps import PlacelessText
from services.notifier.domain.provider.circuit import RefusalHandling
from services.notifier.domain.provider.port import Accepted, SendRefused, Unknown
from services.notifier.sending.words_together import WordsTogether
from services.notifier.tables.lost_time import look_up_what_is_over

if TYPE_CHECKING:
    from services.notifier.sending.claiming import Claim

log = structlog.get_logger()

SQL = queries(Path(__file__).parents[1] / "sql" / "sending.sql")
SOURCE = "/outage/notifier/sender"
WITHDRAWN = "withdrawn-before-its-post"
AGAIN_SECONDS: Final = 1.0
KNOWN_SECONDS: Final = 600.0
"""So long what became of an attempt is kept in memory while it cannot be written down; then it is looked up, as of whoever died."""
T = TypeVar("T")
SECOND_SID, ALREADY_SETTLED = "second-sid-for-one-text", "already-settled"

SenderWord = (
    AttemptAccepted | AttemptRefused | SendingExpired | SendingGivenUp | SendingGoesOn | SendingNoRoom | SendingReceipt
)
_TYPE = {
    AttemptAccepted: ATTEMPT_ACCEPTED,
    AttemptRefused: ATTEMPT_REFUSED,
    SendingExpired: SENDING_EXPIRED,
    SendingGivenUp: SENDING_GIVEN_UP,
    SendingGoesOn: SENDING_GOES_ON,
    SendingNoRoom: SENDING_NO_ROOM,
    SendingReceipt: SENDING_RECEIPT,
}


class Recorder:
    """Writes verdicts on attempts. An event comes first, the attempt's own row after it: a crash between the two leaves
    a settled text with an untidy attempt, never a closed attempt whose text nobody looks for.
    """  # noqa: D205 - one sentence and its reason

    def __init__(self, ingest: Ingest, pool: asyncpg.Pool, provider: str, clock: Clock) -> None:
        self._ingest, self._words = ingest, WordsTogether(ingest)
        self._pool = pool
        self._provider = provider
        self._clock = clock

    async def taken(self, claim: "Claim", outcome: Accepted) -> None:
        """The provider took the attempt."""
        await self.surely(
            lambda: self.accepted(claim.message_id, claim.customer_id, claim.attempt, outcome.sid, "answer")
        )
        self._told(claim, "accepted")

    async def lost(self, claim: "Claim", outcome: Unknown) -> None:
        """Our own word that this attempt can no longer post; a callback or a look-up says the rest."""
        log.warning("answer lost", message_id=claim.message_id, attempt=claim.attempt, why=outcome.why)
        closed_at = self._clock.wall()

        async def write() -> None:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(SQL["lose_answer"], claim.message_id, claim.attempt)
                await connection.execute(SQL["mark_unknown"], claim.message_id, claim.attempt, closed_at)

        await self.surely(write)
        self._told(claim, "unknown")

    async def surely(self, write: Callable[[], Awaitable[T]]) -> T:
        """Write down what only this process knows of an attempt, as soon as the database lets it: once its lease is over, others
        could only look it up, and of what was not created wait for the quiet time as well.

        `write` may be called again where nobody heard whether it was done.

        Raises:
            DATABASE: it could not be written for long.

        """  # noqa: D205 - one sentence and its reason
        since, waits = self._clock.monotonic(), False
        while True:
            try:
                return await write()
            except DATABASE as error:
                if self._clock.monotonic() - since > KNOWN_SECONDS:
                    raise
                if not waits:
                    log.warning("what became of an attempt waits for the database", error=repr(error))
                waits = True
            await asyncio.sleep(AGAIN_SECONDS)

    async def perhaps_sent(self, claim: "Claim", since: datetime) -> bool:
        """After the database was restored to `since`: have the text looked up before anybody posts it; False: that was done."""
        async with self._pool.acquire() as connection:
            if await connection.fetchval(SQL["was_looked_up"], claim.message_id, since):
                return False
            async with connection.transaction():
                await connection.execute(SQL["lose_answer"], claim.message_id, claim.attempt)
                await connection.execute(
                    SQL["perhaps_sent"], claim.message_id, claim.attempt, since, self._clock.wall()
                )
        return True

    async def says_too_much(self, claim: "Claim") -> bool:
        """Whether one of the texts for which it speaks was withdrawn since the claim: then it must not be posted as it is."""
        found: bool = await self._pool.fetchval(SQL["is_any_withdrawn"], list(claim.speaks_for))
        return found

    async def withdrawn(self, claim: "Claim") -> bool:
        """Whether the text was withdrawn since its claim: then it is over, and must not be posted."""
        async with self._pool.acquire() as connection:
            if not await connection.fetchval(SQL["is_withdrawn"], claim.message_id):
                return False
            at = self._clock.now()
            async with connection.transaction():
                await connection.execute(SQL["give_up_unwanted"], claim.message_id, claim.attempt, at)
                closed = ("not-created", None, None, self._clock.wall(), None)
                await connection.execute(SQL["close_attempt"], claim.message_id, claim.attempt, *closed)
        self._told(claim, "refused", reason=WITHDRAWN)
        return True

    async def no_room(self, full: Sequence[tuple["Claim", PlacelessText]]) -> None:
        """Say of texts that their telephone has no room for them in this hour: their conversations withdraw them."""
        now = self._clock.now()
        messages = [
            self._message(
                SendingNoRoom(
                    message_id=claim.message_id,
                    customer_id=claim.customer_id,
                    until=found.until,
                    reason=found.why,
                    at=now,
                ),
                f"{claim.message_id}/no-room/{found.until.isoformat()}",
            )
            for claim, found in full
        ]
        await self._ingest.submit(messages)
        for claim, found in full:
            log.info("no room on the telephone", message_id=claim.message_id, until=found.until, why=found.why)

    async def refused(self, claim: "Claim", outcome: SendRefused, verdict: RefusalHandling, wait: timedelta) -> None:
        """Nothing was created. `wait`: real time before another attempt, where this contact is not given up."""
        tried = False

        async def write() -> None:
            nonlocal tried
            if tried and not await self._pool.fetchval(SQL["is_at_attempt"], claim.message_id, claim.attempt):
                return  # it was written, and nobody heard so; or others, who found nothing, are at the next attempt by now
            tried = True
            await (self._over(claim, outcome) if verdict.text == "over" else self._again(claim, outcome, wait))

        await self.surely(write)
        self._told(claim, "refused", reason=outcome.reason, scope=outcome.scope, code=outcome.code, then=verdict.text)

    async def accepted(
        self,
        message_id: str,
        customer_id: str,
        attempt: int,
        sid: str,
        found_by: Literal["answer", "callback", "look-up"],
        provider: str | None = None,
    ) -> str | None:
        """A provider has it: an event, and with it the rows. Returns the reason of what became of that word, as `say` does.

        `provider`: whose message was found, where that need not be the one whose attempts these are.
        """
        data = AttemptAccepted(
            message_id=message_id,
            customer_id=customer_id,
            attempt=attempt,
            provider=provider or self._provider,
            provider_sid=sid,
            found_by=found_by,
            at=self._clock.now(),
        )
        reason = await self.say(data, f"{message_id}/{attempt}/accepted/{sid}")
        if reason in (SECOND_SID, ALREADY_SETTLED):
            # The text keeps its first id, or none where it was refused; this attempt owns this one, so that no look-up takes it for
            # another text's.
            await self._pool.execute(SQL["own_sid"], message_id, attempt, sid, self._clock.wall())
        return reason

    async def barred(self, message_id: str, customer_id: str, attempt: int, reason: str) -> None:
        """Nobody may carry a text, by the rules of its country; `attempt` would be its next one."""
        now = self._clock.now()
        data = AttemptRefused(
            message_id=message_id, customer_id=customer_id, attempt=attempt, reason=reason, permanent=True, at=now
        )
        await self.say(data, f"{message_id}/{attempt}/barred")

    async def over_perhaps_sent(self, since: datetime) -> None:
        """After the database was restored to `since`: have texts looked up that have become of no use since then; see `expired`."""
        async with self._pool.acquire() as connection, connection.transaction():
            await look_up_what_is_over(connection, since, self._clock.now(), self._clock.wall(), self._provider)

    async def expired(self, since: datetime | None) -> None:
        """Say of texts whose last useful moment passed in the queue that they are over.

        `since`: to when the database was restored; what may have gone in the lost time is over once it was looked up.
        """
        now = self._clock.now()
        rows = await self._pool.fetch(SQL["ready_over"], now, since)
        messages = [
            self._message(
                SendingExpired(
                    message_id=row["message_id"], customer_id=row["customer_id"], at=now, reason=row["reason"]
                ),
                f"{row['message_id']}/expired",
            )
            for row in rows
        ]
        if messages:
            await self._ingest.submit(messages)

    async def reported(self, receipts: Sequence[SendingReceipt]) -> None:
        """What a provider reports of texts, several at once; what was said before is taken for that."""
        words = [self._message(one, f"{one.message_id}/{one.provider_sid}/{one.status}") for one in receipts]
        if words:
            await self._ingest.submit(words)

    async def say(self, data: SenderWord, id_: str) -> str | None:
        """A word to the customer's stream; the reason of what became of it, None if it was said before."""
        outcome = await self._words.say(self._message(data, id_))
        return outcome.reason if outcome is not None else None

    async def _over(self, claim: "Claim", outcome: SendRefused) -> None:
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
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                await connection.execute(SQL["give_up_unwanted"], claim.message_id, claim.attempt, data.at)
                await connection.execute(SQL["close_attempt"], *self._close(claim, "refused", outcome))

    async def _again(self, claim: "Claim", outcome: SendRefused, wait: timedelta) -> None:
        """The fault is not the text's, or perhaps not: back in the queue."""
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                until = self._clock.wall() + wait
                await connection.execute(SQL["back_to_ready"], claim.message_id, claim.attempt, until)
                await connection.execute(SQL["close_attempt"], *self._close(claim, "not-created", outcome))

    def _close(self, claim: "Claim", what: str, outcome: SendRefused) -> Sequence[object]:
        # What was never written is nobody's fault: too late, behind a circuit, no number.
        fault = outcome.scope if outcome.http_status is not None or outcome.scope == "network" else None
        return claim.message_id, claim.attempt, what, outcome.http_status, outcome.code, self._clock.wall(), fault

    def _told(self, claim: "Claim", outcome: str, **more: object) -> None:
        log.info("text attempted", message_id=claim.message_id, attempt=claim.attempt, outcome=outcome, **more)

    def _message(self, data: SenderWord, id_: str) -> Message:
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
