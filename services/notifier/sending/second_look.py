"""Look once more for messages of attempts that were freed because the provider's list lacked them.

Silence is no proof: a provider may handle a request minutes after it was written, and lose the callback of what it made.
Then a handset holds a text of which nobody here knows, or a second one. Neither can be called back; but it is known, its
conversation goes on from what the customer read, and a double is counted.
"""

from datetime import timedelta

import asyncpg
import structlog

from services.kernel.clock import Clock
from services.notifier.domain.events import SendingReceipt
from services.notifier.domain.provider.port import LookupFailed, ProviderMessage, SmsProvider
from services.notifier.domain.provider.scheduling import SCHEDULED, Gone, SchedulingProvider, TakeBack
from services.notifier.sending.claiming import LEASE
from services.notifier.sending.finder import Finder
from services.notifier.sending.recorder import SQL, Recorder
from services.notifier.tables.vault import VaultError

log = structlog.get_logger()


class SecondLook:
    """Asks for each freed attempt once more. `again`: after how long where the provider could not be asked."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        finder: Finder,
        recorder: Recorder,
        clock: Clock,
        again: timedelta,
        provider: SmsProvider,
    ) -> None:
        self._holder = provider if isinstance(provider, SchedulingProvider) else None
        self._pool = pool
        self._finder = finder
        self._recorder = recorder
        self._clock = clock
        self._again = again
        self._provider = provider.name

    async def look(self) -> None:
        """Look up those whose time has come, whose text is not just being sent: then its next attempt says what there is."""
        for row in await self._pool.fetch(SQL["look_again"], self._clock.wall(), LEASE, self._provider):
            try:
                found = await self._finder.find(row)
            except VaultError as error:
                log.error(
                    "a number cannot be read; it is not looked up again", message_id=row["message_id"], error=str(error)
                )
                found = None
            if isinstance(found, LookupFailed):
                log.warning("second look-up failed", message_id=row["message_id"], why=found.why)
                await self._next(row, self._clock.wall() + self._again)
                return  # each that hangs takes ten seconds, and the next round asks of the others
            if found is not None and await self._pool.fetchval(SQL["is_out"], row["message_id"]):
                # Claimed since: this may be the new attempt's message, whose own answer tells.
                await self._next(row, self._clock.wall() + self._again)
                continue
            if found is not None:
                became = await self._take_back(row, found)
                if isinstance(became, LookupFailed):
                    await self._next(row, self._clock.wall() + self._again)
                    return
                if isinstance(became, Gone):
                    await self._came_late(row, found)
            else:
                # Of one whose text went on without its word (going_on.py) this is the word.
                closed = ("not-created", None, None, self._clock.wall(), None)
                await self._pool.execute(SQL["close_attempt"], row["message_id"], row["n"], *closed)
            await self._next(row, None)

    async def _take_back(self, row: asyncpg.Record, found: ProviderMessage) -> TakeBack:
        """One that still waits for its time is not to go: its text went by another attempt, or goes by the next."""
        if found.status != SCHEDULED or self._holder is None:
            return Gone()
        became = await self._holder.take_back(found.sid)
        log.warning(
            "created late, and waits", message_id=row["message_id"], attempt=row["n"], then=type(became).__name__
        )
        return became

    async def _came_late(self, row: asyncpg.Record, found: ProviderMessage) -> None:
        message_id, customer, attempt = row["message_id"], row["customer_id"], row["n"]
        for sid in (found.sid, *found.doubles):
            said = await self._recorder.accepted(message_id, customer, attempt, sid, "look-up", found.provider)
            log.warning("created late, after it was given up", message_id=message_id, attempt=attempt, then=said)
        # Of a text that was refused since, only that it was delivered moves it.
        data = SendingReceipt(
            message_id=message_id,
            customer_id=customer,
            provider=found.provider,
            provider_sid=found.sid,
            status=found.status,
            code=found.error_code,
            attempt=attempt,
            at=self._clock.now(),
        )
        await self._recorder.say(data, f"{message_id}/{found.sid}/{found.status}")

    async def _next(self, row: asyncpg.Record, at: object) -> None:
        await self._pool.execute(SQL["look_again_at"], row["message_id"], row["n"], at)
