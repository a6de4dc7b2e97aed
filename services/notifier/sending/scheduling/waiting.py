"""Reconcile what waits with the provider before its time: extra messages are taken back, and so is what must not go any more.

Until then nothing has gone, so a text that was withdrawn meanwhile (the work is off, its reader wants no texts) is never read, and
of several messages that lost answers left behind one goes.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, alone
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.notifier.domain.provider.port import LookupFailed, ProviderMessage, SmsProvider
from services.notifier.domain.provider.scheduling import (
    LAST,
    RECONCILE,
    Gone,
    SchedulingProvider,
    TakenBack,
)
from services.notifier.sending.finder import Finder
from services.notifier.sending.recorder import SQL as SENDING
from services.notifier.sending.recorder import Recorder
from services.notifier.sending.scheduling.prepared import SQL
from services.notifier.tables.vault import VaultError

log = structlog.get_logger()

LOOK_SECONDS: Final = 2.0
LOCK: Final = advisory_key("notifier", "scheduled")


class WaitingTexts:
    """Looks after them for one provider, one process at a time. `may_go`: whether texts may go now (CaughtUpGate)."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        recorder: Recorder,
        provider: SmsProvider,
        finder: Finder,
        clock: Clock,
        registry: CollectorRegistry,
        *,
        may_go: Callable[[], bool],
    ) -> None:
        self._pool = pool
        self._recorder = recorder
        self._provider = provider
        self._holder = provider if isinstance(provider, SchedulingProvider) else None
        self._finder = finder
        self._clock = clock
        self._may_go = may_go
        self._waiting = Gauge(
            "outage_texts_with_provider", "Texts that wait with the provider for their time", registry=registry
        )
        self._taken_back = Counter(
            "outage_texts_taken_back_total", "Messages taken back before their time", ("why",), registry=registry
        )

    async def run(self) -> None:
        """Look until cancelled."""
        await every(LOOK_SECONDS, self.look, cures=DATABASE, waits="what waits with the provider is not looked after")

    async def look(self) -> None:
        """Once: what was withdrawn first, then what goes next."""
        if self._holder is None:
            return
        waiting = await self._pool.fetchval(SQL["how_many"], self._provider.name)
        self._waiting.set(waiting)
        if not waiting:
            return
        async with self._pool.acquire() as held, alone(held, LOCK) as lock:
            if not lock.stands:
                return
            for row in await self._pool.fetch(SQL["waiting"], self._provider.name, self._clock.wall() + RECONCILE):
                if held.is_closed():
                    return  # the lock went with it: another process may be at them
                try:
                    await self._see_to(row, self._holder)
                except VaultError as error:
                    log.error("a number cannot be read; its text is taken back", error=str(error), **_named(row))
                    await self._back(row, self._holder, "number-cannot-be-read")

    async def _see_to(self, row: Any, holder: SchedulingProvider) -> None:
        if row["state"] not in ("sending", "unknown"):
            # A callback said so: it has gone, or was settled by a person.
            await self._close(row, "accepted")
        elif row["unwanted"] is not None:
            await self._back(row, holder, "withdrawn")
        elif row["stopped"] or not self._may_go():
            if self._late(row, LAST):
                await self._back(row, holder, "sending-is-stopped")
        else:
            await self._let_go(row, holder)

    async def _let_go(self, row: Any, holder: SchedulingProvider) -> None:
        """It may go: what was created beside it by attempts whose answer was lost may not."""
        extra = await self._extra(row)
        if isinstance(extra, LookupFailed):
            log.warning("what waits with the provider cannot be reconciled", why=extra.why, **_named(row))
            if self._late(row, LAST):
                await self._back(row, holder, "not-reconciled")
            return
        for sid in (extra.sid, *extra.doubles) if extra is not None else ():
            became = await holder.take_back(sid)
            if isinstance(became, LookupFailed):
                return  # the next round asks again
            if isinstance(became, Gone):
                await self._has_gone(row, holder, sid, extra)
                return
            log.warning("an extra message was taken back", extra=sid, **_named(row))
            self._taken_back.labels("extra").inc()
        reach("reconciled")
        await self._goes(row, row["sid"])

    async def _extra(self, row: Any) -> ProviderMessage | LookupFailed | None:
        """Another message of this text; of one that was posted once there is none."""
        return await self._finder.find(row) if row["n"] > 1 else None

    async def _has_gone(self, row: Any, holder: SchedulingProvider, sid: str, extra: Any) -> None:
        """Another message of it went: then this one must not."""
        became = await holder.take_back(row["sid"])
        if isinstance(became, LookupFailed):
            return
        if isinstance(became, Gone):
            await self._goes(row, row["sid"])  # both: it cannot be undone, and is seen
        else:
            self._taken_back.labels("extra").inc()
            await self._close(row, "taken-back")
        await self._recorder.accepted(
            row["message_id"], row["customer_id"], row["n"], sid, "look-up", getattr(extra, "provider", None)
        )

    async def _goes(self, row: Any, sid: str) -> None:
        await self._recorder.accepted(
            row["message_id"], row["customer_id"], row["n"], sid, "answer", self._provider.name
        )
        await self._close(row, "accepted")

    async def _back(self, row: Any, holder: SchedulingProvider, why: str) -> None:
        """It is not to go: not now, or, withdrawn, never."""
        became = await holder.take_back(row["sid"])
        if isinstance(became, LookupFailed):
            log.warning("a message could not be taken back", why=became.why, **_named(row))
            return
        if isinstance(became, Gone):
            await self._goes(row, row["sid"])
            return
        assert isinstance(became, TakenBack)  # noqa: S101 - there is no other
        reach("taken-back")
        log.info("a message was taken back", reason=why, **_named(row))
        async with self._pool.acquire() as connection, connection.transaction():
            now = self._clock.now()
            await connection.execute(SENDING["give_up_unwanted"], row["message_id"], row["n"], now)
            await connection.execute(SENDING["back_to_ready"], row["message_id"], row["n"], None)
            await connection.execute(SQL["settled"], row["message_id"], row["n"], "taken-back", self._clock.wall())
        self._taken_back.labels(why).inc()

    async def _close(self, row: Any, what: str) -> None:
        await self._pool.execute(SQL["settled"], row["message_id"], row["n"], what, self._clock.wall())

    def _late(self, row: Any, before: timedelta) -> bool:
        return bool(self._clock.wall() >= row["send_at"] - before)


def _named(row: Any) -> dict[str, Any]:
    return {"message_id": row["message_id"], "attempt": row["n"]}
