"""Say which notices are to be shown now, and what a page that was fetched proves of one. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from typing import Final, Literal

from services.board.domain.public import Board

CHANNEL: Final = "board"
META: Final = "notice-digest"
LARGEST_BYTES: Final = 2_000_000
DIGEST: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class WantedNotice:
    """A notice in force whose work has not begun: its page, and the words that must stand there."""

    mrid: str
    notice_id: str
    version: int
    digest: str
    starts_at: datetime
    before: frozenset[str] = frozenset()
    """Digests of its older versions: a page may show one for a moment, until caches have the new one."""

    @property
    def path(self) -> str:
        """Of its page."""
        return f"/n/{self.mrid}"


def wanted(board: Board, now: datetime) -> dict[str, WantedNotice]:
    """By id, the notices that the public must be able to read at `now`."""
    found = {}
    for notice in board.notices:
        last = notice.now
        if notice.state == "in-force" and last.digest and last.starts_at > now:
            before = frozenset(one.digest for one in notice.versions[:-1])
            found[last.notice_id] = WantedNotice(
                notice.mrid, last.notice_id, last.version, last.digest, last.starts_at, before
            )
    return found


@dataclass(frozen=True, slots=True)
class PageFound:
    """What a look at a page came to. `digest`: of the words that it says it shows."""

    outcome: Literal["shown", "other-words", "unreadable"]
    reason: str = ""
    """Why it is unreadable, in kebab-case."""
    digest: str = ""


def judged(notice: WantedNotice, page: str) -> PageFound:
    """What a page that was answered proves."""
    digest = digest_on(page)
    if digest is None:
        return PageFound("unreadable", "not-on-the-page")
    if digest == notice.digest:
        return PageFound("shown", digest=digest)
    if digest in notice.before:
        return PageFound("unreadable", "older-version-on-the-page")
    return PageFound("other-words", digest=digest)


def digest_on(page: str) -> str | None:
    """The digest in the head of a page: `<meta name="notice-digest" content="…">`; None where there is none, or no digest."""
    reader = _Head()
    try:
        reader.feed(page)
    except (AssertionError, ValueError):
        return None  # no page of ours: a proxy's or a portal's, which the parser cannot read
    return reader.digest


class _Head(HTMLParser):
    """Reads the first such element before the body; whatever people wrote stands behind it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.digest: str | None = None
        self._over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        given = dict(attrs)
        if tag == "body":
            self._over = True
        elif tag == "meta" and not self._over and self.digest is None and given.get("name") == META:
            content = given.get("content") or ""
            if DIGEST.fullmatch(content):
                self.digest = content
