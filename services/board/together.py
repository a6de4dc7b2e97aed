"""Renderer and front in one process: the front reads the renderer's folder. For one machine; apart they stand better in a storm."""

from __future__ import annotations

from collections.abc import Sequence

from services.board.front.holding.sources import FolderSource
from services.board.front.process import FrontProcess
from services.board.process import Parts, Runs, Surroundings, run
from services.board.rendering.alone import renderer
from services.board.settings import BoardSettings
from services.board.snapshot.store import SnapshotStore
from services.board.utility import Utility


def prepare(settings: BoardSettings, utility: Utility) -> Parts:
    """What runs in it."""
    make = renderer(settings, utility)

    async def parts(around: Surroundings) -> Sequence[Runs]:
        source = FolderSource(SnapshotStore(settings.board_folder), around.clock)
        return [*make(around), FrontProcess(settings, source, utility, around)]

    return parts


def main() -> None:
    """Run it."""
    run("board", BoardSettings, prepare)
