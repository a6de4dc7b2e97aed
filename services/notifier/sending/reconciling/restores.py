"""Keep texts back where the database went back to an earlier state, for as long as that is not settled.

Asked before the first text, and again each time that the database was away: a restore may come under a process that lives on. Such
a one knows what the log no longer has, so it ends, and starts anew with what there is.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.adapters.away import AWAY, DATABASE
from services.kernel.clock import Clock
from services.kernel.model import KernelError
from services.kernel.observing.every import every
from services.kernel.writing.fence import Broker
from services.notifier.domain.provider.listing import (
    BookedText,
    ListedMessage,
    MessageLister,
    bears_a_code,
    fitting,
    unknown_here,
)
from services.notifier.domain.provider.port import LookupFailed, SmsProvider
from services.notifier.sending.reconciling.log_end import notice, notice_lost_words
from services.notifier.sending.reconciling.span import BOOKED_BEFORE, FIRST
from services.notifier.sending.reconciling.walk import SQL
from services.notifier.tables.vault import Vault

log = structlog.get_logger()

LOOK_SECONDS: Final = 0.5
FIRST_LOOK_SECONDS: Final = 10.0
ASK_AGAIN_SECONDS: Final = 60.0
"""A provider whose list cannot be had keeps no text back; it is asked again after so long."""


class WentBack(KernelError):
    """The database went back to an earlier state under this process; it starts anew with what there is."""


class RestoreWatch:
    """`permits` is asked before a claim; `holds`: whether a restore is not reconciled, as last seen.

    `checked`: set once the log was held against our topics, before anything is read. `told`: OUTAGE_RESTORED_TO.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        broker: Broker,
        providers: Sequence[SmsProvider],
        vault: Vault,
        clock: Clock,
        registry: CollectorRegistry,
        *,
        checked: asyncio.Event,
        is_read: Callable[[], bool],
        told: datetime | None,
    ) -> None:
        self._pool, self._broker, self._vault, self._clock = pool, broker, vault, clock
        self._unseen: list[MessageLister] = [one for one in providers if isinstance(one, MessageLister)]
        """Those whose list was not held against our books yet."""
        self._checked, self._is_read, self._told = checked, is_read, told
        self._owners: frozenset[int] = frozenset()
        self._looked = False
        self._wanted: frozenset[int] = frozenset()
        self._stands: datetime | None = None
        self._asked_at = float("-inf")
        self._held, self._began = True, clock.monotonic()
        self._gauge = Gauge(
            "outage_database_restored",
            "1: the database went back, and no text goes until that is reconciled",
            registry=registry,
        )
        self._gauge.set(0)

    @property
    def holds(self) -> bool:
        """Whether the database went back and the provider's list is not held against it yet, as last seen.

        Before anything was seen: for a moment, and no longer, for Kafka may be away.
        """
        return self._held and (self._looked or self._clock.monotonic() - self._began < FIRST_LOOK_SECONDS)

    def permits(self, owner: int) -> bool:
        """Whether a sender that owns this number may claim: the log was looked at since it took it."""
        self._wanted |= {owner}
        return owner in self._owners

    async def run(self) -> None:
        """Look until cancelled.

        Raises:
            WentBack: under this process.

        """
        await self._checked.wait()
        await every(LOOK_SECONDS, self._look, cures=(*AWAY, *DATABASE), waits="whether the log is whole cannot be seen")

    async def _look(self) -> None:
        row = await self._pool.fetchrow(SQL["restore"])
        if not self._looked:
            self._looked, self._stands = True, _noticed(row)
        self._held = row is not None and row["listed_at"] is None
        self._gauge.set(row is not None)
        if (wanted := self._wanted) - self._owners:
            if self._owners:
                await self._see_that_it_is_the_same()
            self._owners = wanted
        if row is None and self._unseen:
            await self._hold_lists()

    async def _see_that_it_is_the_same(self) -> None:
        await notice_lost_words(self._pool, self._broker, self._clock, self._told)
        if _noticed(row := await self._pool.fetchrow(SQL["restore"])) != self._stands and row is not None:
            raise WentBack("the database went back to an earlier state under this process; it starts anew")

    async def _hold_lists(self) -> None:
        """The providers' lists, once all is read: they may have texts of ours of which neither the log nor our topics know."""
        at = self._clock.monotonic()
        if self._told is not None and self._told > self._clock.wall() - FIRST:
            self._unseen.clear()  # it is known that it went back, and each text is looked up
            return
        if not self._is_read() or at - self._asked_at < ASK_AGAIN_SECONDS:
            return
        self._asked_at = at
        for lister in tuple(self._unseen):
            lost = await self._unknown(lister)
            if lost is None:
                continue
            self._unseen.remove(lister)
            if lost:
                await notice(self._pool, self._clock, "provider-list", [one.sid for one in lost][:100], self._told)

    async def _unknown(self, lister: MessageLister) -> Sequence[ListedMessage] | None:
        """Texts in our words on the newest page that no row of ours is; None where the list cannot be had."""
        wall = self._clock.wall()
        async for page in lister.listed(wall - FIRST, wall):
            if isinstance(page, LookupFailed):
                log.warning(
                    "the provider's list cannot be had: it is not known whether it has more of us", why=page.why
                )
                return None
            sids = [one.sid for one in page]
            known = {row["sid"] for row in await self._pool.fetch(SQL["known"], sids)}
            known |= {row["sid"] for row in await self._pool.fetch(SQL["known_differences"], sids)}
            # What went before a restore that is known went in the time that was lost then.
            settled = await self._pool.fetchval(SQL["settled_until"])
            ours = [
                one
                for one in unknown_here(page, lister.sender, known)
                if bears_a_code(one.body) and (settled is None or one.created_at > settled)
            ]
            return [one for one in ours if await self._is_nobodys(one)]
        return []

    async def _is_nobodys(self, message: ListedMessage) -> bool:
        ref = self._vault.blind_index(message.to)
        if await self._pool.fetchval(SQL["whose_number"], ref) is None:
            return False  # to nobody whom we know: another system's
        rows = await self._pool.fetch(SQL["booked"], ref, message.created_at - BOOKED_BEFORE)
        return fitting(message, [BookedText(**row) for row in rows]) is None


def _noticed(row: Any) -> datetime | None:
    noticed: datetime | None = row["noticed_at"] if row is not None else None
    return noticed
