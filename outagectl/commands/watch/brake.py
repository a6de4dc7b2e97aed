"""Tell a watcher of the operators' brake: who stopped a lane and why, at once and whenever it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from operations.errors import Away
from operations.system.database import Row, connect, enter, sight
from services.kernel.adapters.away import DATABASE
from services.kernel.observing.every import every
from services.notifier.sending.gates.brake import SQL
from services.places import escaped

if TYPE_CHECKING:
    from operations.system.location import Where
    from operations.times import Times

LOOK_SECONDS = 2.0
Note = Callable[[str, str], None]


class BrakeWatch:
    """Says which lanes stand still when the watching begins, then each stop and each going on."""

    def __init__(self, where: Where, t: Times, note: Note) -> None:
        self._where, self._t, self._note = where, t, note
        self._stopped: dict[str, str] = {}

    async def run(self) -> None:
        """Look until cancelled. Without the database, or the right to see it, nothing is said of the brake."""
        await every(LOOK_SECONDS, self._look, cures=(Away, *DATABASE))

    async def _look(self) -> None:
        if (found := await self._read()) is not None:
            self.hear(found)

    async def _read(self) -> dict[str, Row] | None:
        async with asyncio.timeout(LOOK_SECONDS * 5), connect(self._where) as connection:
            if not (await sight(connection, ("notifier",), ("brake",))).services:
                return None
            await enter(connection, "notifier")
            return {row["lane"]: row for row in await connection.fetch(SQL["brakes"])}

    def hear(self, brakes: Mapping[str, Row]) -> None:
        """Take one look at the lanes that are stopped."""
        now = {
            lane: f"since {self._t.at(row['stopped_at'])} by {escaped(row['who'])}: {escaped(row['reason'])}"
            for lane, row in brakes.items()
        }
        for lane, words in now.items():
            if self._stopped.get(lane) != words:
                self._note(f"Sending of {lane} texts is STOPPED {words}", "bold red")
        for lane in self._stopped.keys() - now.keys():
            self._note(f"Sending of {lane} texts goes on.", "green")
        self._stopped = now
