"""A front by itself: it follows a renderer on another machine."""

from __future__ import annotations

from collections.abc import Sequence

from services.board.front.holding.sources import RendererSource, session
from services.board.front.process import FrontProcess
from services.board.process import Runs, Surroundings, run
from services.board.settings import LoneFrontSettings
from services.board.utility import Utility


async def parts(settings: LoneFrontSettings, utility: Utility, around: Surroundings) -> Sequence[Runs]:
    """What runs in it."""
    source = RendererSource(settings.board_renderer, session())
    return [FrontProcess(settings, source, utility, around)]


def main() -> None:
    """Run it."""
    run("board-front", LoneFrontSettings, parts)
