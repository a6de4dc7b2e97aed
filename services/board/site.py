"""Make the whole board: every page and feed, taking over those whose content did not change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from services.board.domain.public import Board
from services.board.feeds.site import made as feeds
from services.board.feeds.telecom import SitesFile
from services.board.pages.site import made as pages_of
from services.board.snapshot.form import Page
from services.board.utility import LANGUAGES, Utility


@dataclass(frozen=True, slots=True)
class Site:
    """Pages, feeds and parts of pages by path, and what each was made of."""

    pages: Mapping[str, Page] = field(default_factory=dict)
    made_of: Mapping[str, Any] = field(default_factory=dict)
    rendered: int = 0
    """How many of them were made anew."""


def render(board: Board, utility: Utility, before: Site | None = None, sites: SitesFile | None = None) -> Site:
    """Every path of `board`; those that would be as they are in `before` are taken over unmade.

    `before` may be pages alone, as a renderer finds them when it starts: nothing is taken over, but messages that refer to the
    one before them do.
    """
    known = before if before is not None else Site()
    pages: dict[str, Page] = {}
    made_of: dict[str, Any] = {}
    rendered = 0
    common = (utility, board.zone, board.today.year)
    each = chain(*(pages_of(board, utility, language) for language in LANGUAGES), feeds(board, utility, sites))
    for path, content, make in each:
        key = (common, content)
        page = known.pages.get(path)
        if page is None or known.made_of.get(path) != key:
            page = make(page)
            rendered += 1
        pages[path], made_of[path] = page, key
    return Site(pages, made_of, rendered)
