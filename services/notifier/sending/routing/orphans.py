"""Bring attempts to an end whose provider is not set up any more: nobody else can say what became of them.

The text is not sent to that contact again, who may have it; the next contact is told, or a person. A task names whom it
concerns, and where the provider's settings come back it is asked once more, as of any attempt that was given up.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

import asyncpg
import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.notifier.domain.events import SendingGivenUp
from services.notifier.sending.recorder import Recorder
from services.notifier.sending.routing.router import SQL

log = structlog.get_logger()
LOOK_SECONDS: Final = 15.0


class Orphans:
    """`names`: the providers that are set up; `after`: so long an attempt waits for its own, counted from our start as well.

    Pods that still run with it, or that were started by mistake without it, have that time: theirs is the better word.
    """

    def __init__(
        self, pool: asyncpg.Pool, recorder: Recorder, clock: Clock, names: Collection[str], *, after: timedelta
    ) -> None:
        self._pool, self._recorder, self._clock = pool, recorder, clock
        self._names, self._after = sorted(names), after
        self._begins: float | None = None

    async def run(self) -> None:
        """Say at the start what there is, then look until cancelled."""
        await every(LOOK_SECONDS, self.look, cures=DATABASE, waits="attempts of providers that are gone wait")

    async def look(self) -> None:
        """Once."""
        if self._begins is None:
            await self._warn()
            self._begins = self._clock.monotonic() + self._after.total_seconds()
        if self._clock.monotonic() < self._begins:
            return
        for row in await self._pool.fetch(SQL["orphans"], self._names, self._clock.wall() - self._after):
            await self._give_up(row)

    async def _warn(self) -> None:
        for row in await self._pool.fetch(SQL["orphaned"], self._names):
            log.warning(
                "nobody can say whether texts went: their provider is not set up; set it up again, or they are given up",
                provider=row["provider"],
                texts=row["texts"],
                after_minutes=self._after / timedelta(minutes=1),
            )

    async def _give_up(self, row: asyncpg.Record) -> None:
        now = self._clock.now()
        # First, so that whoever is killed here finds the text as it was, and the attempt stays to be asked about.
        carried = row["message_id"] if row["message_id"] != row["of_text"] else None
        await self._pool.execute(SQL["give_up"], row["of_text"], row["n"], self._clock.wall(), now, carried)
        reach("attempt-given-up")
        said = SendingGivenUp(
            message_id=row["message_id"],
            customer_id=row["customer_id"],
            attempt=row["n"],
            provider=row["provider"],
            at=now,
        )
        then = await self._recorder.say(said, f"{said.message_id}/{row['of_text']}/{said.attempt}/given-up")
        reach("giving-up-said")
        await self._pool.execute(SQL["end_orphan"], row["message_id"], now)
        log.warning(
            "given up: the provider that may have the text is not set up any more",
            message_id=said.message_id,
            attempt=said.attempt,
            provider=said.provider,
            then=then,
        )
