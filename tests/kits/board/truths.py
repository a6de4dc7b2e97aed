"""What a renderer reads, as a test says it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from msgspec.structs import replace

from services.board.domain.public import Board
from services.board.rendering.ports import DatedBoard
from services.board.snapshot.form import Page
from services.kernel.clock import Clock
from tests.kits.board import evening
from tests.kits.board.snapshots import small_site


class Truth:
    """A database whose services are caught up to now, unless a test says otherwise."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.board = evening()
        self.behind = timedelta(seconds=1)
        self.raises: Exception | None = None
        self.closed = False

    async def read(self) -> DatedBoard:
        """See BoardSource."""
        if self.raises is not None:
            raise self.raises
        as_of = self._clock.now() - self.behind
        return DatedBoard(replace(self.board, as_of=as_of), self.behind)

    async def close(self) -> None:
        """See BoardSource."""
        self.closed = True


class Pages:
    """Renders a small site that says how many outages there are."""

    def __init__(self) -> None:
        self.raises: Exception | None = None

    def __call__(self, board: Board) -> Mapping[str, Page]:
        """See Rendering."""
        if self.raises is not None:
            raise self.raises
        return small_site(now=f"{len(board.outages)}处停电", said=board.as_of.strftime("%H:%M"))
