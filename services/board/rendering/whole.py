"""Every path of the board: pages, feeds, and the look-up's index."""

from __future__ import annotations

from collections.abc import Mapping

from services.board.domain.public import Board
from services.board.feeds.telecom import SitesFile
from services.board.lookup.index import lookup_page
from services.board.site import Site, render
from services.board.snapshot.form import Page
from services.board.utility import Utility


class WholeSite:
    """Renders what changed since the last time.

    `stood`: what a renderer before this one showed, so that alerts go on referring to the ones before them.
    """

    def __init__(
        self, utility: Utility, sites: SitesFile | None = None, stood: Mapping[str, Page] | None = None
    ) -> None:
        self._utility, self._sites = utility, sites
        self._site = Site(pages=stood or {})

    def __call__(self, board: Board) -> Mapping[str, Page]:
        """See services/board/rendering/ports.py::Rendering."""
        self._site = render(board, self._utility, self._site, self._sites)
        return {**self._site.pages, **lookup_page(board)}
