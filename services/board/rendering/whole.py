"""Every path of the board: pages, feeds, and the look-up's index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from services.board.domain.public import Board
from services.board.lookup.index import lookup_page
from services.board.pages.site import Site, render
from services.board.snapshot.form import Page
from services.board.utility import Utility

Feeds = Callable[[Board, Utility], Mapping[str, Page]]


class WholeSite:
    """Renders what changed since the last time. A feed whose bytes are the same stays the same page."""

    def __init__(self, utility: Utility, feeds: Sequence[Feeds] = ()) -> None:
        self._utility, self._feeds = utility, feeds
        self._site: Site | None = None

    def __call__(self, board: Board) -> Mapping[str, Page]:
        """See services/board/rendering/ports.py::Rendering."""
        self._site = render(board, self._utility, self._site)
        found = {**self._site.pages, **lookup_page(board)}
        for feed in self._feeds:
            found.update(feed(board, self._utility))
        return found
