"""Run a renderer: rounds, and the inner port for fronts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from services.board.process import Surroundings
from services.board.rendering.inner import InnerServer
from services.board.rendering.metrics import RendererMetrics
from services.board.rendering.ports import BoardSource, Rendering
from services.board.rendering.rounds import WORDS, Renderer, RoundOutcome
from services.board.settings import RendererSettings
from services.board.snapshot.store import SnapshotStore
from services.kernel.observing.every import every

log = structlog.get_logger(__name__)

DATABASE: Final = "postgres"
TOLD: Final[Mapping[str, str]] = WORDS | {
    "older": "another renderer knows more: what it wrote stays",
    "busy": "another renderer writes now",
}
"""What a person should know of a round, by its outcome."""


class RendererProcess:
    """Everything one renderer holds."""

    def __init__(
        self,
        settings: RendererSettings,
        source: BoardSource,
        rendering: Rendering,
        around: Surroundings,
    ) -> None:
        clock, health, telemetry = around.clock, around.health, around.telemetry
        self.store = SnapshotStore(settings.board_folder, keep=settings.board_keep)
        self.inner = InnerServer(self.store, clock, settings.http_host, settings.board_inner_port)
        self._seconds, self._source, self._clock = settings.board_round_seconds, source, clock
        self._renderer = Renderer(source, rendering, self.store, clock)
        self._health, self._telemetry = health, telemetry
        self._metrics = RendererMetrics(telemetry.registry)

    async def run(self) -> None:
        """Until cancelled."""
        self._health.starting("the first snapshot")
        await self.inner.start()
        log.info("the inner port is open", port=self.inner.port)
        try:
            await every(self._seconds, self._round)
        finally:
            await self.inner.stop()
            await asyncio.shield(self._source.close())

    async def _round(self) -> None:
        began = self._clock.monotonic()
        outcome = await self._renderer.round()
        self._metrics.round(outcome, self._clock.monotonic() - began, self._renderer.as_of)
        self.inner.look()
        self._tell(outcome)

    def _tell(self, outcome: RoundOutcome) -> None:
        away = outcome == "database-away"
        self._telemetry.dependency(DATABASE, up=not away)
        # Fronts need what stands all the more while the database is away.
        self._health.dependency(DATABASE, ok=not away, detail="pages stay, and grow old", optional=True)
        self._health.remark("snapshot", TOLD.get(outcome))
        if outcome in ("published", "beat"):
            self._health.started()
