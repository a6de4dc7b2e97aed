"""Poll a list until told to end: fetch, take, send, and wait; every trouble has a name, and none of them ends it.

What ends it is a first answer that is no list of this feed: then address or reader is wrong, and waiting cures nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog

from connectors.feeds.snapshots import ListResult
from operations.errors import Away, Refused
from operations.feeds.fetching import FetchedList, FetchFailed, ListFetcher
from operations.feeds.kept import FeedFile
from operations.feeds.metrics import FeedTelemetry
from operations.feeds.publishing import Publish
from operations.feeds.watching import ListWatch, SilentLog
from services.kernel.clock import Clock
from services.kernel.observing.health import Health

EVERY: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(minutes=30)
"""The longest pause after failures in a row; a list that is to be polled less often is left to its own pace."""
OTHERS: Final = frozenset({"list-not-a-list", "list-no-row-readable"})
"""What the list of another utility looks like; an empty answer or a page in HTML may be a source that is being mended."""


@dataclass(slots=True)
class PollCounts:
    """What one run came to. Lists: by the reason under which each is counted, or why none came."""

    outcomes: dict[str, int] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    """Facts that Kafka acknowledged, by type; those that an earlier run left behind are among them."""

    def polled(self, outcome: str) -> None:
        """One more."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


class Poller:
    """`every`: from the end of one poll to the next. `quiet`: whoever began it tells what came of it, and the log does not."""

    def __init__(
        self,
        fetcher: ListFetcher,
        file: FeedFile,
        publish: Publish,
        clock: Clock,
        *,
        every: timedelta = EVERY,
        telemetry: FeedTelemetry | None = None,
        health: Health | None = None,
        quiet: bool = False,
    ) -> None:
        self._fetcher, self._file, self._publish, self._clock, self._every = fetcher, file, publish, clock, every
        self._telemetry, self._health = telemetry or FeedTelemetry(), health or Health(clock)
        self._log = SilentLog() if quiet else structlog.get_logger()
        self._watch = ListWatch(file, clock, self._telemetry, self._health, self._log)
        self._failures = 0
        self.counts = PollCounts()

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop` is set.

        Raises:
            Refused: the first answer is no list of this feed.

        """
        while not stop.is_set():
            pause = await self.turn()
            try:
                async with asyncio.timeout(pause.total_seconds()):
                    await stop.wait()
            except TimeoutError:
                continue

    async def turn(self) -> timedelta:
        """One poll, whatever comes of it; returns how long to wait before the next.

        Raises:
            Refused: the first answer is no list of this feed.

        """
        self._health.started()  # settings are read and the state is held: whatever is away now is waited for
        try:
            await self.once()
        except FetchFailed as failure:
            return self._failed(str(failure), failure.trouble, failure.wait)
        except Away as error:
            self._health.dependency("kafka", ok=False, detail=str(error))
            return self._failed(str(error), "facts-not-sent", None)
        except Refused as error:
            if self._never_read():
                raise
            return self._failed(str(error), "state-not-written", None)
        self._failures = 0
        return self._every

    async def once(self) -> ListResult:
        """One poll. What an earlier one left behind goes out first.

        Raises:
            FetchFailed: no list came.
            Away: Kafka did not take every fact; they wait, and go out with the next poll.
            Refused: the state cannot be written; or the first answer is no list of this feed.

        """
        await self._send()
        fetched = await self._fetch()
        if (word := self._file.heed()) is not None:
            self._log.warning("the list is believed", polled=word.since.isoformat(), by=word.by)
        taken = self._file.take(fetched.at, fetched.body)
        self.counts.polled(self._watch.heard(fetched, taken))
        if taken.refused in OTHERS and self._never_read():
            raise Refused(
                f"{self._fetcher.shown} gave no list that {self._file.feed.source.mrid_prefix} can read ({taken.refused}): look "
                f"at the address, --reader and --rows. {taken.unreadable or ''}".rstrip()
            )
        await self._send()
        return taken

    async def _fetch(self) -> FetchedList:
        try:
            fetched = await self._fetcher.fetch()
        except FetchFailed as failure:
            self._telemetry.polled(failure.trouble)
            self.counts.polled(failure.trouble)
            self._health.dependency("list", ok=False, detail=str(failure))
            raise
        self._health.dependency("list", ok=True)
        return fetched

    async def _send(self) -> None:
        waiting = self._file.waiting
        self._telemetry.facts(0, len(waiting))
        if not waiting:
            return
        await self._publish(waiting)
        self._file.sent()
        for event in waiting:
            self.counts.sent[event.type] = self.counts.sent.get(event.type, 0) + 1
        self._telemetry.facts(len(waiting), 0)
        self._health.dependency("kafka", ok=True)

    def _never_read(self) -> bool:
        return self._file.feed.last_good_at is None

    def _failed(self, words: str, trouble: str, wait: timedelta | None) -> timedelta:
        """Longer with each failure in a row, as long as the server wants, and never longer than the bound."""
        longest = max(LONGEST, self._every)
        pause = min(self._every * float(2 ** min(self._failures, 10)), longest)
        pause = pause if wait is None else max(pause, wait)
        self._failures += 1
        self._log.warning(
            "poll failed", reason=trouble, why=words, in_a_row=self._failures, next_in=f"{pause.total_seconds():.0f} s"
        )
        return pause
