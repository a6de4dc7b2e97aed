"""Run the watch over the board's own pages beside a renderer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import aiohttp

from services.board.process import Runs, Surroundings
from services.board.rendering.ports import BoardSource
from services.board.settings import RendererSettings
from services.board.showing.door import Door
from services.board.showing.watch import NoticesInForce, ShownWatch
from services.board.utility import Utility


def with_watch(
    settings: RendererSettings, utility: Utility, source: BoardSource, around: Surroundings
) -> tuple[BoardSource, Sequence[Runs]]:
    """The renderer's source, and what reads its notices back by the public address; nothing where no gateway is named."""
    if settings.board_gateway is None or settings.board_gateway_token is None:
        return source, ()
    notices = NoticesInForce(source)
    again = settings.rules().settings.public_notice.proof_holds
    return notices, (
        ShowingProcess(notices, utility, settings.board_gateway, settings.board_gateway_token, around, again),
    )


class ShowingProcess:
    """Looks as long as it runs. `notices`: what wraps the renderer's source."""

    def __init__(
        self,
        notices: NoticesInForce,
        utility: Utility,
        gateway: str,
        token_file: Path,
        around: Surroundings,
        again: timedelta,
    ) -> None:
        self._notices, self._utility, self._around, self._again = notices, utility, around, again
        self._gateway, self._token_file = gateway, token_file

    async def run(self) -> None:
        """Until cancelled."""
        async with aiohttp.ClientSession() as session:
            door = Door(session, self._utility.public_url, self._gateway, self._token_file)
            around = self._around
            watch = ShownWatch(lambda: self._notices.board, door, around.clock, around.telemetry.registry, self._again)
            await watch.run()
