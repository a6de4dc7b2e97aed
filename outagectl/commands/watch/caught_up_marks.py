"""Tell a watcher, when no event comes, whether the services are up to date, stuck or down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from operations.errors import Away
from operations.system.caught_up_marks import CaughtUp, as_of, stands, warnings
from operations.system.database import connect, sight
from operations.system.instants import clock_of
from operations.system.services import NAMES
from services.kernel.adapters.away import DATABASE
from services.kernel.observing.every import every

if TYPE_CHECKING:
    from operations.system.location import Where
    from operations.times import Times

LOOK_SECONDS = 5.0
Note = Callable[[str, str], None]


class CaughtUpWatch:
    """Says once how far all stand, then each change: a service that falls silent or behind, and one that is back."""

    def __init__(self, where: Where, t: Times, note: Note) -> None:
        self._where, self._t, self._note = where, t, note
        self._clock = clock_of(where)
        self._told: dict[str, str] = {}
        self._begun = False

    async def run(self) -> None:
        """Look until cancelled. Without the database there is nothing to say: what it is away for is said elsewhere."""
        await every(LOOK_SECONDS, self._look)

    async def _look(self) -> None:
        try:
            self.hear(await self._read(), self._clock.now(), self._clock.wall())
        except (Away, *DATABASE):
            self._begun = False

    async def _read(self) -> list[CaughtUp]:
        async with asyncio.timeout(LOOK_SECONDS), connect(self._where) as connection:
            seen = await sight(connection, NAMES, ("standing", "consumer_offset"))
            return await stands(connection, seen.services)

    def hear(self, found: Sequence[CaughtUp], now: datetime, wall: datetime) -> None:
        """Take one look; time that somebody drives (`clock_file`) says nothing of being behind."""
        if not found:
            return
        driven = self._where.clock_file is not None
        said = {one.service: text for one in found for text in warnings([one], now, wall, self._t, driven=driven)}
        if not self._begun and not said:
            names = ", ".join(one.service for one in found)
            self._note(f"{names}: all facts known up to {self._t.at(as_of(found, now))}.", "dim")
        self._begun = True
        for service, text in said.items():
            if service not in self._told:
                self._note(text, "bold yellow")
        for service in self._told.keys() - said.keys():
            self._note(f"The {service} is up to date again.", "green")
        self._told = said
