"""Know whether pods of a version before run beside this one, as in a rolling update: what they would take wrong waits.

Such a pod looks for the words of a text's own row where an attempt's answer was lost. One text that speaks for several has other
words: the pod would not find it on the provider's list, and have it sent again.

It is known by the session of its right to post, which may be away for a moment: PostgreSQL was restarted, the connection was cut.
So one look proves nothing. Until none was seen in a minute of looks that follow closely on each other they count as beside; then
it is written down, and no process has to look again.
"""

from pathlib import Path
from typing import Any, Final, NoReturn

import asyncpg
import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.queries import queries

log = structlog.get_logger()
SQL: Final = queries(Path(__file__).parents[2] / "sql" / "gate.sql")
SESSION_BEFORE: Final = "outage-notifier-owner"
"""The session's name in versions that merge nothing."""
GONE_SECONDS: Final = 60.0
"""Not seen for so long they are gone for good: none can start on this version's tables. A connection that was lost is made again
sooner: tried each second, given up after ten."""
LOOK_SECONDS: Final = 2.0
UNSEEN_SECONDS: Final = 10.0
"""Between two looks that lie further apart one may have come and gone, so the minute begins anew."""


class OlderPods:
    """What this process has seen of them."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool, self._clock = pool, clock
        self._none_since: float | None = None
        self._looked_at = 0.0
        self._gone = self._said = False

    async def run(self) -> NoReturn:
        """Look until cancelled; once they are gone that asks the database nothing."""
        waits = "whether pods of a version before are left is not known"
        await every(LOOK_SECONDS, self.look, cures=DATABASE, waits=waits)

    async def are_beside(self, connection: Any) -> bool:
        """Whether any is there, or may be. Asked of the database until it is known that none will be."""
        if self._gone:
            return False
        at = self._clock.monotonic()
        found = await connection.fetchrow(SQL["older_senders"], SESSION_BEFORE)
        if found["gone"]:
            self._gone = True
        elif found["beside"]:
            self._none_since = None
        elif self._none_since is None or at - self._looked_at > UNSEEN_SECONDS:
            self._none_since = at
        self._looked_at = at
        if not self._gone and not self._said:
            self._said = True
            log.info(
                "until no pod of a version before was seen for a minute, texts to one telephone are not merged or counted"
            )
        return not self._gone

    async def look(self) -> None:
        """Once; and write it down where they are gone."""
        if self._gone:
            return
        async with self._pool.acquire() as connection:
            if not await self.are_beside(connection):
                return
            if self._none_since is not None and self._looked_at - self._none_since > GONE_SECONDS:
                await connection.execute(SQL["are_gone"], SESSION_BEFORE)
                self._gone = True
                log.info(
                    "no pod of a version before is left: texts to one telephone are merged and counted from now on"
                )
