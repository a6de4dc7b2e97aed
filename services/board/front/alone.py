"""A front by itself: it follows a renderer on another machine."""

from __future__ import annotations

from collections.abc import Sequence

from services.board.front.holding.sources import RendererSource, session
from services.board.front.process import FrontProcess
from services.board.process import ClosedAtTheEnd, Parts, Runs, Surroundings, run
from services.board.settings import LoneFrontSettings
from services.board.utility import Utility


def prepare(settings: LoneFrontSettings, utility: Utility) -> Parts:
    """What runs in it."""

    async def parts(around: Surroundings) -> Sequence[Runs]:
        http = session()
        source = RendererSource(settings.board_renderer, http)
        return [FrontProcess(settings, source, utility, around), ClosedAtTheEnd(http.close)]

    return parts


def main() -> None:
    """Run it."""
    run("board-front", LoneFrontSettings, prepare)
