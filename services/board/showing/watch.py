"""Look at each notice in force: at once when it is new, then as often as proof must be renewed; while unread, every minute.

What is to be looked at is asked of the renderer, so a restart forgets nothing that matters: all are new then, and what was said
within the quarter of an hour is known to the gateway.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from services.board.domain.public import Board
from services.board.rendering.ports import BoardSource, DatedBoard
from services.board.showing import words
from services.board.showing.door import Door
from services.board.showing.wanted import PageFound, WantedNotice, wanted
from services.board.showing.words import Word
from services.kernel.clock import Clock
from services.kernel.observing.complaint import Complaint
from services.kernel.observing.every import every

log = structlog.get_logger(__name__)

TURN_SECONDS: Final = 1.0
FAILED_AGAIN: Final = timedelta(minutes=1)
AT_FIRST: Final = timedelta(seconds=5)
"""So soon a page is looked at again that does not have the words yet: snapshots and caches need some seconds."""
PATIENCE: Final = timedelta(minutes=2)
"""A notice that is new may take so long to be on its page."""
TOLD_AGAIN: Final = timedelta(minutes=15)
"""Hours without a page are said so often while they go on."""
AT_ONCE: Final = 50
MOST_WAITING: Final = 20_000


class NoticesInForce:
    """What the renderer read last: wraps its source."""

    def __init__(self, source: BoardSource) -> None:
        self._source = source
        self.board: Board | None = None

    async def read(self) -> DatedBoard:
        """See BoardSource."""
        read = await self._source.read()
        self.board = read.board
        return read

    async def close(self) -> None:
        """See BoardSource."""
        await self._source.close()


@dataclass(slots=True)
class _Seen:
    """How one notice stands."""

    notice: WantedNotice
    since: datetime
    """When it was first wanted here."""
    next_at: datetime
    shown: bool = False
    failing: datetime | None = None
    """The first look of those that failed since it was last read."""
    failed_at: datetime | None = None
    """And the last."""
    told_at: datetime | None = None
    """Until when it was said."""
    reason: str = ""
    """Of the last look that failed."""


@dataclass(slots=True)
class ShownWatch:
    """Looks until cancelled. `board`: what the renderer read last; `again`: how long a proof holds (policy)."""

    board: Callable[[], Board | None]
    door: Door
    clock: Clock
    registry: CollectorRegistry
    again: timedelta = timedelta(hours=1)
    seen: dict[str, _Seen] = field(default_factory=dict)
    waiting: deque[Word] = field(default_factory=deque)
    """Words that the gateway has not taken yet, the oldest first."""
    _looks: Counter = field(init=False)
    _gauge: Gauge = field(init=False)
    _complaint: Complaint = field(init=False)

    def __post_init__(self) -> None:
        """Declare the metrics."""
        self._looks = Counter(
            "outage_board_notice_looks_total",
            "Looks at notices by their public address",
            ["outcome"],
            registry=self.registry,
        )
        self._gauge = Gauge(
            "outage_board_unread_notices", "Notices in force that the last look could not read", registry=self.registry
        )
        self._complaint = Complaint("the gateway does not take that notices can be read", self.clock)

    async def run(self) -> None:
        """Until cancelled."""
        await every(TURN_SECONDS, self.turn)

    async def turn(self) -> None:
        """Look at those whose time has come, and say what was found."""
        board = self.board()
        if board is None:
            return
        self._take(wanted(board, self.clock.now()))
        due = sorted(
            (one for one in self.seen.values() if one.next_at <= self.clock.now()), key=lambda one: one.next_at
        )
        for one in due[:AT_ONCE]:
            found = await self.door.look(one.notice)
            self._looks.labels(found.outcome).inc()
            self._judge(one, found, self.clock.now())
        self._gauge.set(sum(one.failing is not None for one in self.seen.values()))
        await self._say()

    def _take(self, now_wanted: Mapping[str, WantedNotice]) -> None:
        now = self.clock.now()
        self.seen = {name: one for name, one in self.seen.items() if name in now_wanted}
        for name, notice in now_wanted.items():
            if name not in self.seen:
                self.seen[name] = _Seen(notice, now, now)

    def _judge(self, one: _Seen, found: PageFound, now: datetime) -> None:
        if found.outcome == "unreadable":
            self._unread(one, found, now)
            return
        if one.failing is not None:
            self._tell_unread(one)
            log.info("a notice can be read again", notice_id=one.notice.notice_id, unread_since=one.failing.isoformat())
        one.failing = one.failed_at = one.told_at = None
        one.shown = found.outcome == "shown"
        one.next_at = now + (self.again if one.shown else FAILED_AGAIN)
        self._put(words.shown(one.notice, found.digest, now, self.door.url(one.notice)))
        if not one.shown:
            log.error("the page of a notice has other words", notice_id=one.notice.notice_id, digest=found.digest)

    def _unread(self, one: _Seen, found: PageFound, now: datetime) -> None:
        """What is new has some time to get onto its page; else it is said, now and again while it goes on."""
        if not one.shown and now - one.since < PATIENCE:
            one.next_at = now + AT_FIRST
            return
        if one.failing is None:
            one.failing = now
            log.warning(
                "a notice cannot be read by its public address", notice_id=one.notice.notice_id, reason=found.reason
            )
        one.next_at, one.failed_at, one.reason = now + FAILED_AGAIN, now, found.reason
        if one.told_at is None or now - one.told_at >= TOLD_AGAIN:
            self._tell_unread(one)

    def _tell_unread(self, one: _Seen) -> None:
        """All hours so far, from the first look that failed to the last; one look that failed is no time."""
        if one.failing is not None and one.failed_at is not None and one.failing < one.failed_at != one.told_at:
            self._put(words.unreadable(one.notice, one.failing, one.failed_at, one.reason))
            one.told_at = one.failed_at

    def _put(self, word: Word) -> None:
        if len(self.waiting) >= MOST_WAITING:
            self.waiting.popleft()
        self.waiting.append(word)

    async def _say(self) -> None:
        """Bring what waits to the gateway, in order; what it refuses is said loudly and given up, what is away waits."""
        while self.waiting:
            said, why = await self.door.say(self.waiting[0])
            if said == "away":
                self._complaint.say(ConnectionError(why))
                return
            if said == "refused":
                self._complaint.say(PermissionError(why))
                self.waiting.rotate(-1)
                return
            self.waiting.popleft()
            self._complaint.over()
