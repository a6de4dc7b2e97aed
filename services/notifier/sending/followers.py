"""Let texts follow the one that spoke for them: taken, refused, arrived or not, each in its own customer's stream.

It goes by the rows alone, whoever wrote them and whenever: what is said is said once (the inbox), and a crash between leaves it to
the next look of any process.
"""

from typing import Final

import asyncpg
import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.notifier.domain.events import AttemptAccepted, AttemptRefused, SendingReceipt
from services.notifier.domain.provider.codes import rule_for
from services.notifier.sending.handsets import SQL
from services.notifier.sending.recorder import Recorder

log = structlog.get_logger()
LOOK_SECONDS: Final = 0.5
REFUSED: Final = "refused"


class Followers:
    """Looks after carried texts, whichever provider has them."""

    def __init__(self, recorder: Recorder, pool: asyncpg.Pool, clock: Clock) -> None:
        self._recorder = recorder
        self._pool = pool
        self._clock = clock

    async def run(self) -> None:
        """Look until cancelled."""
        await every(LOOK_SECONDS, self.look, cures=DATABASE, waits="texts that go with others wait")

    async def look(self) -> None:
        """Say what became of each."""
        if not await self._pool.fetchval(SQL["following"]):
            return
        for row in await self._pool.fetch(SQL["carried"]):
            await self._follow(row)
        for row in await self._pool.fetch(SQL["behind"]):
            status, sid = row["state"], row["provider_sid"]
            receipt = SendingReceipt(
                message_id=row["message_id"],
                customer_id=row["customer_id"],
                provider=row["provider"],
                provider_sid=sid,
                status=status,
                code=row["failed_code"],
                attempt=row["carried_n"],
                at=self._clock.now(),
            )
            await self._recorder.say(receipt, f"{receipt.message_id}/{sid}/{status}")
        for row in await self._pool.fetch(SQL["late"]):
            await self._came_late(row)

    async def _came_late(self, row: asyncpg.Record) -> None:
        """A telephone holds it after all: with the text that was given up and is found."""
        message_id, sid = row["message_id"], row["provider_sid"]
        then = await self._recorder.say(self._taken(row), f"{message_id}/{row['carried_n']}/accepted/{sid}")
        if row["state"] is not None:
            # One that was ended is moved by nothing else than that it arrived.
            receipt = SendingReceipt(
                message_id=message_id,
                customer_id=row["customer_id"],
                provider=row["provider"],
                provider_sid=sid,
                status=row["state"],
                code=row["failed_code"],
                attempt=row["carried_n"],
                at=self._clock.now(),
            )
            await self._recorder.say(receipt, f"{message_id}/{sid}/{row['state']}")
        await self._pool.execute(SQL["followed"], row["carried_by"], row["carried_n"], message_id)
        log.warning(
            "created late, with the text that speaks for it", message_id=message_id, by=row["carried_by"], then=then
        )

    async def _follow(self, row: asyncpg.Record) -> None:
        message_id, outcome = row["message_id"], row["outcome"]
        if outcome == "not-created" or (outcome == "refused" and row["http_status"] is None):
            # What was never posted says nothing of those for whom it would have spoken: its own number was gone.
            log.info("goes with no other after all; the text may be sent", message_id=message_id)
            await self._pool.execute(SQL["set_free"], message_id, row["carried_by"], row["carried_n"])
            return
        if outcome == "accepted":
            await self._recorder.say(
                self._taken(row), f"{message_id}/{row['carried_n']}/accepted/{row['provider_sid']}"
            )
        else:
            await self._recorder.say(self._refused(row), f"{message_id}/{row['carried_by']}/{row['carried_n']}/refused")
        reach("follower-said")
        end = "accepted" if outcome == "accepted" else "refused"
        await self._pool.execute(SQL["end_carried"], message_id, end, self._clock.now())

    def _taken(self, row: asyncpg.Record) -> AttemptAccepted:
        return AttemptAccepted(
            message_id=row["message_id"],
            customer_id=row["customer_id"],
            attempt=row["carried_n"],
            provider=row["provider"],
            provider_sid=row["provider_sid"],
            carried_by=row["carried_by"],
            body=row["body"],
            at=self._clock.now(),
        )

    def _refused(self, row: asyncpg.Record) -> AttemptRefused:
        code = row["provider_code"]
        return AttemptRefused(
            message_id=row["message_id"],
            customer_id=row["customer_id"],
            attempt=row["carried_n"],
            reason=rule_for(code).reason if code is not None else REFUSED,
            code=code,
            permanent=True,
            at=self._clock.now(),
        )
