"""Atom feeds (RFC 4287) of notices and of current outages: an entry for each, whose `updated` moves with what it says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from services.board.domain.public import Board, PublicNotice, PublicOutage
from services.board.feeds.naming import host_of, tag, zulu
from services.board.feeds.words import FeedWords
from services.board.feeds.xml import add, root, with_language, written
from services.board.utility import Utility

TYPE: Final = "application/atom+xml; charset=utf-8"
NAMESPACE: Final = "http://www.w3.org/2005/Atom"
ENTRIES: Final = 50
"""Of a feed: what a reader asks for every few minutes stays small."""

KEPT: Final = timedelta(hours=48)
"""What is over or withdrawn stays so long, so that a reader who was away hears of it."""


def listed_notices(board: Board) -> tuple[PublicNotice, ...]:
    """Those in force and those that ended lately, newest change first."""
    there = (one for one in board.notices if one.state == "in-force" or one.changed_at > board.as_of - KEPT)
    return tuple(sorted(there, key=lambda one: (one.changed_at, one.mrid), reverse=True)[:ENTRIES])


def listed_outages(board: Board) -> tuple[PublicOutage, ...]:
    """Those that are off and those that ended lately, newest change first."""
    there = (one for one in board.outages if one.is_open or one.changed_at > board.as_of - KEPT)
    return tuple(sorted(there, key=lambda one: (one.changed_at, one.mrid), reverse=True)[:ENTRIES])


def notices_feed(listed: Sequence[PublicNotice], utility: Utility, words: FeedWords) -> bytes:
    """The feed of notices."""
    entries = [
        (tag(utility, "notice", one.mrid), words.notice_title(one), one.changed_at, f"/n/{one.mrid}", words.notice(one))
        for one in listed
    ]
    return _feed("notices", words.say("subscribe.atom_notices"), entries, utility, words)


def outages_feed(listed: Sequence[PublicOutage], utility: Utility, words: FeedWords) -> bytes:
    """The feed of outages."""
    entries = [
        (tag(utility, "outage", one.mrid), words.outage_title(one), one.changed_at, f"/o/{one.mrid}", words.outage(one))
        for one in listed
    ]
    return _feed("outages", words.say("subscribe.atom_outages"), entries, utility, words)


def _feed(
    name: str,
    title: str,
    entries: Sequence[tuple[str, str, datetime, str, str]],
    utility: Utility,
    words: FeedWords,
) -> bytes:
    feed = with_language(root(NAMESPACE, "feed"), words.language)
    add(feed, "id", tag(utility, "feed", name))
    add(feed, "title", f"{utility.named(words.language)} {title}")
    newest = max((entry[2] for entry in entries), default=None)
    # A feed without entries has said nothing yet; a moment that never moves keeps its bytes the same.
    add(feed, "updated", zulu(newest) if newest is not None else "2026-01-01T00:00:00Z")
    add(feed, "link", rel="self", type="application/atom+xml", href=utility.at(f"/feeds/{name}.atom"))
    add(feed, "link", rel="alternate", type="text/html", href=utility.at("/"))
    add(add(feed, "author"), "name", utility.named(words.language))
    add(feed, "generator", host_of(utility))
    for key, heading, changed_at, path, text in entries:
        entry = add(feed, "entry")
        add(entry, "id", key)
        add(entry, "title", heading)
        add(entry, "updated", zulu(changed_at))
        add(entry, "link", rel="alternate", type="text/html", href=utility.at(path))
        add(entry, "link", rel="related", type="application/cap+xml", href=utility.at(f"{path}.cap"))
        add(entry, "content", text, type="text")
    return written(feed)
