"""Hold the provider's list against our books: once a day, and when somebody asks or the database went back."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, alone
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.notifier.domain.provider.listing import MessageLister
from services.notifier.domain.provider.port import SmsProvider
from services.notifier.sending.reconciling.span import ALL, daily_from
from services.notifier.sending.reconciling.walk import SQL, ListWalk, Span, WalkBroken
from services.notifier.sending.recorder import Recorder
from services.notifier.tables.vault import Vault

log = structlog.get_logger()

LOOK_SECONDS: Final = 1.0
LOCK: Final = advisory_key("notifier", "reconcile")
SETTLE_SECONDS: Final = 60.0
"""So long what was read after a restore has for the deadlines that it leaves; one that fires only with proof may take for ever."""
NOT_READ, DEADLINES, LAG = "not-read-to-the-end", "deadlines-are-still-to-be-judged", "the-list-may-lag"


class Reconciler:
    """Walks, one process at a time. `is_read`: whether all is read that was sent meanwhile (CaughtUpGate); `quiet`: how long
    the provider's list may lag; `daily`: how often it walks unasked, zero for never.
    """  # noqa: D205 - the first line lists what there is

    def __init__(
        self,
        pool: asyncpg.Pool,
        providers: Sequence[tuple[Recorder, SmsProvider]],
        vault: Vault,
        clock: Clock,
        registry: CollectorRegistry,
        *,
        is_read: Callable[[], bool],
        quiet: timedelta,
        daily: timedelta,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._is_read, self._quiet, self._daily = is_read, quiet, daily
        self._new_id = new_id
        self._walks: Mapping[str, ListWalk] = {
            one.name: ListWalk(pool, recorder, one, one, vault, clock)
            for recorder, one in providers
            if isinstance(one, MessageLister)
        }
        self._silent = [one.name for _, one in providers if one.name not in self._walks]
        self._read_since: float | None = None
        self._seen = Gauge(
            "outage_provider_list_seen_timestamp_seconds",
            "Up to when the provider's list was last held against our texts; 0: never",
            registry=registry,
        )
        self._differences = Gauge(
            "outage_provider_differences", "Where the provider's list and our texts differ", registry=registry
        )

    async def run(self) -> None:
        """Look whether there is something to walk, until cancelled."""
        for name in self._silent:
            log.info("this provider shows no list: nothing is reconciled", provider=name)
        waits = "reconciliation with the provider waits"
        await every(LOOK_SECONDS, self.look, cures=DATABASE, waits=waits)

    async def look(self) -> None:
        """Walk what was asked for, or the day's if it is due."""
        await self._due()
        for name in (ALL, *self._walks):
            if await self._pool.fetchrow(SQL["open_run"], name) is None:
                continue
            async with self._pool.acquire() as holder, alone(holder, LOCK) as lock:
                if lock.stands:
                    run = await self._pool.fetchrow(SQL["open_run"], name)
                    if run is not None:
                        await self._begin(run, self._walks if name == ALL else {name: self._walks[name]})

    async def _due(self) -> None:
        histories = {name: (await self._pool.fetch(SQL["history"], name))[0] for name in self._walks}
        self._differences.set(sum(row["differences"] for row in histories.values()))
        seen = [row["seen_until"] for row in histories.values()]
        if seen and None not in seen:
            self._seen.set(min(seen).timestamp())
        wall, past = self._clock.wall(), ("seen_until", "last_daily", "first_attempt")
        for name, row in histories.items():
            since = daily_from(wall, self._daily, **{one: row[one] for one in past})
            if since is not None and await self._pool.fetchrow(SQL["open_run"], name) is None:
                await self._pool.execute(SQL["ask_run"], self._new_id(), name, wall, None, since)

    async def _begin(self, run: Any, walks: Mapping[str, ListWalk]) -> None:
        restore = await self._pool.fetchrow(SQL["restore"])
        if waits := await self._waits(restore):
            await self._pool.execute(SQL["wait_for"], run["run_id"], waits)
            return
        wall = self._clock.wall()
        span = Span(run["run_id"], run["since"], wall - self._quiet, wall)
        await self._pool.execute(SQL["begin_run"], span.run_id, wall, span.until)
        log.info("reconciling with the provider", since=span.since.isoformat(), asked_by=run["asked_by"])
        if not walks:
            await self._end(span, "failed", "no provider shows a list")
            return
        try:
            for walk in walks.values():
                await walk.walk(span)
        except WalkBroken as error:
            await self._end(span, "failed", str(error))
            return
        if restore is not None and await self._others_listed(walks.keys(), restore):
            await self._pool.execute(SQL["is_listed"], span.since, self._clock.wall())
        await self._end(span, "done", "")

    async def _others_listed(self, names: Collection[str], restore: Any) -> bool:
        """Whether every other provider's list was walked for the whole time that was lost, since that was noticed."""
        others = sorted(self._walks.keys() - set(names))
        found = await self._pool.fetchval(SQL["listed_since"], others, restore["since"], restore["noticed_at"])
        return bool(found == len(others))

    async def _end(self, span: Span, state: str, why: str) -> None:
        await self._pool.execute(SQL["end_run"], span.run_id, state, why, self._clock.wall())
        if why:
            log.warning("the provider's list was not seen to its end", why=why)
        else:
            log.info("reconciled with the provider", until=span.until.isoformat())

    async def _waits(self, restore: Any) -> str | None:
        """After a restore: texts of the lost time must have been asked for again before the list is held against them."""
        if restore is None:
            return None
        if not self._is_read():
            self._read_since = None
            return NOT_READ
        at = self._clock.monotonic()
        self._read_since = at if self._read_since is None else self._read_since
        if at - self._read_since < SETTLE_SECONDS and await self._pool.fetchval(SQL["overdue"], self._clock.now()):
            return DEADLINES
        if self._clock.now() < restore["noticed_at"] + self._quiet:
            return LAG
        return None
