"""Every feed of the board, each with all that it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from services.board.domain.public import Board
from services.board.feeds import atom, cap, listing, odin
from services.board.feeds import calendar as ics
from services.board.feeds.telecom import TYPE, SitesFile, by_point, own_sites
from services.board.feeds.words import FeedWords
from services.board.made import Made
from services.board.pages.lists import open_ones
from services.board.snapshot.form import OPERATORS, Page
from services.board.utility import LANGUAGES, Utility


def made(board: Board, utility: Utility, sites: SitesFile | None = None) -> Iterator[Made]:
    """Each feed by its path. Chinese where a format holds one language; CAP holds both."""
    words = [FeedWords(board, language) for language in LANGUAGES]
    notices, outages = atom.listed_notices(board), atom.listed_outages(board)
    passed = tuple(one.passed(board.as_of) for one in outages)
    yield _feed("/feeds/notices.atom", notices, atom.TYPE, partial(atom.notices_feed, notices, utility, words[0]))
    yield _feed(
        "/feeds/outages.atom", (outages, passed), atom.TYPE, partial(atom.outages_feed, outages, utility, words[0])
    )
    dated = ics.listed(board)
    yield _feed("/feeds/notices.ics", dated, ics.TYPE, partial(ics.calendar, dated, utility, words[0]))
    for notice in board.notices:
        yield _feed(f"/n/{notice.mrid}.ics", notice, ics.TYPE, partial(ics.calendar, (notice,), utility, words[0]))
        yield _feed(f"/n/{notice.mrid}.cap", notice, cap.TYPE, partial(cap.notice_alert, notice, utility, words))
    for outage in board.outages:
        make = partial(cap.outage_alert, outage, utility, words)
        yield f"/o/{outage.mrid}.cap", outage, partial(_after, make)
    whole = (board.outages, board.notices, board.scheme)
    yield _feed(listing.PATH, whole, listing.TYPE, partial(listing.listing, board, utility))
    yield _feed(listing.SCHEMA_PATH, None, listing.TYPE, partial(listing.schema, utility))
    now = open_ones(board)
    yield _feed(odin.PATH, now, odin.TYPE, partial(odin.odin, now, utility, words[0]))
    if sites is None or not sites.operator:
        return
    held = by_point(board)
    for name, operator in sites.operator.items():
        body = own_sites(board, held, operator)
        yield f"{OPERATORS}{name}/outages.json", body, partial(_as_it_is, body)


def _feed(path: str, content: Any, content_type: str, make: Callable[[], bytes]) -> Made:
    return path, content, lambda _before: Page(body=make(), content_type=content_type)


def _as_it_is(body: bytes, _before: Page | None) -> Page:
    return Page(body=body, content_type=TYPE)


def _after(make: Callable[[bytes | None], bytes], before: Page | None) -> Page:
    """A message that refers to the one shown before it."""
    return Page(body=make(before.body if before is not None else None), content_type=cap.TYPE)
