"""A renderer by itself: fronts on other machines follow it by its inner port."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from services.board.process import Parts, Runs, Surroundings, run
from services.board.reading.source import PublishedViews
from services.board.rendering.process import RendererProcess
from services.board.rendering.whole import WholeSite
from services.board.settings import RendererSettings
from services.board.utility import Utility


def renderer(settings: RendererSettings, utility: Utility) -> Callable[[Surroundings], RendererProcess]:
    """What makes the renderer of a board.

    Raises:
        ValueError: the policy cannot be used.

    """
    rendering = WholeSite(utility)
    told_by = settings.rules().settings.public_notice.counted_by

    def make(around: Surroundings) -> RendererProcess:
        return RendererProcess(settings, PublishedViews(settings, around.clock, counted_by=told_by), rendering, around)

    return make


def prepare(settings: RendererSettings, utility: Utility) -> Parts:
    """What runs in it."""
    make = renderer(settings, utility)

    async def parts(around: Surroundings) -> Sequence[Runs]:
        return [make(around)]

    return parts


def main() -> None:
    """Run it."""
    run("board-renderer", RendererSettings, prepare)
