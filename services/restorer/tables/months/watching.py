"""Open the month of a first case, judge it once it is over, and have it counted again where late facts changed its cases.

It may die anywhere: what changed is marked on the cases until a word to the month stands in a table, and that stands until it was
judged. Counted twice, a month says nothing new.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, steps_alone
from services.kernel.clock import Clock
from services.kernel.model import Message
from services.kernel.observing.every import every
from services.restorer.domain.months.decider import CATEGORY
from services.restorer.domain.months.events import MONTH_LOOKED, MonthLooked
from services.restorer.domain.months.figures import NO_FIGURES, MonthFigures
from services.restorer.tables.months.figures import figures_of
from services.restorer.tables.months.measured_cases import SQL
from services.restorer.tables.months.rules import MonthRules

if TYPE_CHECKING:
    from services.kernel.writing.ingest import Ingest

SOURCE: Final = "/outage/restorer/months"
LOOK_SECONDS: Final = 10.0
MARKED_AT_ONCE: Final = 20_000
AGAIN_SECONDS: Final = 1.0
RESTS: Final = 30
"""So many times as long as it took to count a month nothing is counted: each late fact would have 100,000 cases counted anew."""
NAMED: Final = 16
RENEW_SECONDS: Final = 30.0
"""So often what a pod of an older version wrote beside this one is taken from the log."""
Renew = Callable[[Any], Awaitable[object]]
"""Takes what is not in the tables yet, given a connection."""


class MonthWatch:
    """Looks for months that have something to say, until cancelled. One process of the service works at a time."""

    def __init__(
        self, ingest: Ingest, pool: asyncpg.Pool, clock: Clock, rules: MonthRules, renew: Renew | None = None
    ) -> None:
        self._ingest, self._pool, self._clock, self._rules, self._renew = ingest, pool, clock, rules, renew
        self._renewed_at = clock.monotonic()
        self._key = advisory_key(ingest.service.name, "months")
        self._rests_until = clock.monotonic()

    async def run(self) -> None:
        """Look now and then: nobody waits for a month."""
        failing = (AGAIN_SECONDS, LOOK_SECONDS)
        await every(LOOK_SECONDS, self.look, cures=DATABASE, waits="months wait to be counted", failing=failing)

    async def look(self) -> None:
        """Do what there is to do, where no other process does."""
        await steps_alone(self._pool, self._key, self.step)

    async def step(self) -> bool:
        """Open, judge, mark and ask; whether there is more to do now.

        Raises:
            DATABASE: Postgres is away; whatever was committed stands.

        """
        if self._renew is not None and self._clock.monotonic() - self._renewed_at >= RENEW_SECONDS:
            self._renewed_at = self._clock.monotonic()
            async with self._pool.acquire() as connection:
                await self._renew(connection)
        months = [row["month"] for row in await self._pool.fetch(SQL["months"])]
        now, version = self._clock.now(), self._rules.policy.version
        for row in await self._pool.fetch(SQL["unopened"], months):
            await self._say(row["month"], "opened")
        for row in await self._pool.fetch(SQL["under_another"], months, now, version):
            # Asked again the next hour: a policy that comes back is in force again after a while.
            await self._look_at(row["month"], f"under {version} {now:%Y-%m-%dT%H}", NO_FIGURES)
        for row in await self._pool.fetch(SQL["due"], months, now):
            await self._say(row["month"], "judged")
        more = False
        for row in await self._pool.fetch(SQL["counted"], months):
            more = await self._mark(row["month"]) or more
        for row in await self._pool.fetch(SQL["news"]):
            if not more and self._clock.monotonic() >= self._rests_until:
                await self._say(row["month"], str(row["number"]))
                await self._pool.execute(SQL["heard"], row["month"], row["number"])
        return more

    async def _mark(self, month: str) -> bool:
        """Take note of what changed in a month; whether there may be more."""
        async with self._pool.acquire() as connection, connection.transaction():
            promises = await connection.execute(SQL["looked_promises"], month, MARKED_AT_ONCE)
            measures = await connection.execute(SQL["looked_measures"], month, MARKED_AT_ONCE)
            calls = await connection.execute(SQL["looked_calls"], month, MARKED_AT_ONCE)
            hours = await connection.execute(SQL["looked_hours"], month, MARKED_AT_ONCE)
            await connection.execute(SQL["put_news"], month)
        return MARKED_AT_ONCE in {int(done.rpartition(" ")[2]) for done in (promises, measures, calls, hours)}

    async def _say(self, month: str, number: str) -> None:
        began = self._clock.monotonic()
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            figures = await figures_of(connection, month)
        took = self._clock.monotonic() - began
        self._rests_until = self._clock.monotonic() + RESTS * took
        # Asked again after a crash it may come to other figures, and is another message then.
        await self._look_at(month, f"{number}/{figures.digest[:NAMED]}", figures)

    async def _look_at(self, month: str, name: str, figures: MonthFigures) -> None:
        data, stream = MonthLooked(month=month, figures=figures), f"{CATEGORY}/{month}"
        message = Message(SOURCE, f"{month}/{name}", MONTH_LOOKED, self._clock.now(), data, month, 0, stream=stream)
        await self._ingest.submit([message])
