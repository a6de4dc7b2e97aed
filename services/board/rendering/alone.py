"""A renderer by itself: fronts on other machines follow it by its inner port."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from services.board.feeds.telecom import read_sites
from services.board.process import Parts, Runs, Surroundings, run
from services.board.reading.source import PublishedViews
from services.board.rendering.process import RendererProcess
from services.board.rendering.whole import WholeSite
from services.board.settings import RendererSettings
from services.board.showing.process import with_watch
from services.board.snapshot.store import SnapshotStore
from services.board.utility import Utility

ALERT: Final = ".cap"
"""Ends the paths of messages that refer to the ones before them."""


def renderer(settings: RendererSettings, utility: Utility) -> Callable[[Surroundings], Sequence[Runs]]:
    """What makes the renderer of a board, and what proves that its notices can be read.

    Raises:
        ValueError: the file of sites or the policy cannot be used.

    """
    rendering = rendering_of(settings, utility)
    told_by = settings.rules().settings.public_notice.counted_by

    def make(around: Surroundings) -> Sequence[Runs]:
        views = PublishedViews(settings, around.clock, counted_by=told_by)
        source, watches = with_watch(settings, utility, views, around)
        return [RendererProcess(settings, source, rendering, around), *watches]

    return make


def rendering_of(settings: RendererSettings, utility: Utility) -> WholeSite:
    """What makes the pages; it goes on from what the renderer before this one showed.

    Raises:
        services.board.feeds.telecom.SitesFileError: the file of sites cannot be used.

    """
    sites = read_sites(settings.board_sites) if settings.board_sites is not None else None
    stood = SnapshotStore(settings.board_folder).pages(lambda path: path.endswith(ALERT))
    return WholeSite(utility, sites, stood)


def prepare(settings: RendererSettings, utility: Utility) -> Parts:
    """What runs in it."""
    make = renderer(settings, utility)

    async def parts(around: Surroundings) -> Sequence[Runs]:
        return make(around)

    return parts


def main() -> None:
    """Run it."""
    run("board-renderer", RendererSettings, prepare)
