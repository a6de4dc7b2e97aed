"""Read for the renderer: one connection as the board's role, made anew where it broke (services/board/rendering/ports.py)."""

from __future__ import annotations

import secrets
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg

from services.board.domain.points import SALT_SIZE
from services.board.reading.reader import BoardReader
from services.board.rendering.ports import DatedBoard
from services.board.settings import RendererSettings
from services.kernel.clock import Clock
from services.kernel.observing.probes import LIMIT_SECONDS, notice_a_dead_peer

APPLICATION: Final = "outage-board"


class PublishedViews:
    """`BoardSource` of planner's and restorer's views. What was read is kept over a broken connection."""

    def __init__(
        self, settings: RendererSettings, clock: Clock, *, counted_by: tuple[str, ...] = ("published",)
    ) -> None:
        self._postgres, self._role = settings.postgres, settings.postgres_role
        # The salt is this process's own: it hides numbers from whoever holds a snapshot, and lives no longer than that.
        self._reader = BoardReader(
            clock, ZoneInfo(settings.zone), salt=secrets.token_bytes(SALT_SIZE), counted_by=counted_by
        )
        self._connection: asyncpg.Connection | None = None

    async def read(self) -> DatedBoard:
        """See BoardSource."""
        connection = self._connection
        if connection is None or connection.is_closed():
            connection = self._connection = await self._connect()
            self._reader.anew()
        try:
            found = await self._reader.read(connection)
        except BaseException:
            # Also where a round was given up on: what is left of its question must not be taken for the next one's answer.
            self._connection = None
            connection.terminate()
            raise
        return DatedBoard(found.board, found.age)

    async def close(self) -> None:
        """See BoardSource."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _connect(self) -> asyncpg.Connection:
        words = {"application_name": APPLICATION} | ({"role": self._role} if self._role else {})
        made = await asyncpg.connect(self._postgres, timeout=LIMIT_SECONDS, server_settings=words)
        await notice_a_dead_peer(made)
        return made
