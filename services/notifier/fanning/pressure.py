"""Say how much may be told now, so that in a storm facts are read first, hospitals hear first, and nobody hears of what is over.

What waits to be told lies in fanout_job: there the urgent comes first, and a newer truth takes the place of an older one. Once it
is said it lies on the topic, in the order in which all was said: a hospital's word would wait behind those of thousands, facts
would wait beside them, and each would be decided though the next one says more. So few words are under way at a time; and where
facts are read late, none but the urgent, and some for the others now and then.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from services.kernel.clock import Clock
from services.kernel.model import Event
from services.notifier.domain.events import AudienceDue
from services.notifier.tables.due_outages import SQL

AT_ONCE: Final = 400
"""Words under way: what one process hears in two seconds."""
URGENT_FACTOR: Final = 10
"""So many times as many for outages that a hospital or life support is in."""
FORGOTTEN_SECONDS: Final = 15.0
"""A word that is not heard by then is held up by something else, and holds up no other."""
ASK_SECONDS: Final = 0.1
LATE: Final = timedelta(seconds=2)
"""A fact that was decided so long after it was on the broker waited behind others."""
STILL_LATE: Final = timedelta(seconds=2)
"""And others wait behind it, unless it is so long ago."""
TURN_SECONDS: Final = 10.0
"""While facts are late, as many words as may be under way are said in so long."""


class ReadingLag:
    """How late facts are decided, as far as this process sees."""

    def __init__(self) -> None:
        self._late, self._seen_at = timedelta(0), datetime.min.replace(tzinfo=UTC)

    def decided(self, events: Iterable[Event]) -> None:
        """What a transaction decided."""
        for event in events:
            if isinstance(event.data, AudienceDue) and event.data.recorded_at is not None:
                self._late, self._seen_at = event.decided_at - event.data.recorded_at, event.decided_at

    def is_late(self, now: datetime) -> bool:
        """Whether facts wait."""
        return self._late > LATE and now - self._seen_at < STILL_LATE


class TellingPressure:
    """Words that this process said. One that starts knows of none: what was said before it is heard meanwhile."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, lag: ReadingLag, *, at_once: int = AT_ONCE) -> None:
        self._pool, self._clock, self._lag = pool, clock, lag
        self._at_once = at_once
        self._chunks: dict[str, tuple[int, float]] = {}
        self._asked_at = float("-inf")
        self._turn_began, self._in_turn = float("-inf"), 0

    def said(self, words: Mapping[str, int]) -> None:
        """So many words were said, by the stream of the chunk that said them."""
        at = self._clock.monotonic()
        self._chunks |= {stream: (count, at) for stream, count in words.items() if count}
        self._in_turn += sum(words.values())

    async def leaves_room(self, *, urgent: bool) -> bool:
        """Whether more may be said now."""
        if urgent:
            return await self._unheard() < URGENT_FACTOR * self._at_once
        if self._lag.is_late(self._clock.now()) and not self._has_turn():
            return False
        return await self._unheard() < self._at_once

    def _has_turn(self) -> bool:
        at = self._clock.monotonic()
        if at - self._turn_began >= TURN_SECONDS:
            self._turn_began, self._in_turn = at, 0
        return self._in_turn < self._at_once

    async def _unheard(self) -> int:
        """How many words are under way; asked for where that matters, and not more often than it changes."""
        at = self._clock.monotonic()
        self._chunks = {name: one for name, one in self._chunks.items() if at - one[1] < FORGOTTEN_SECONDS}
        if self._count() >= self._at_once and at - self._asked_at >= ASK_SECONDS:
            self._asked_at = at
            rows = await self._pool.fetch(SQL["unheard"], list(self._chunks))
            self._chunks = {row["stream_id"]: (row["words"], self._chunks[row["stream_id"]][1]) for row in rows}
        return self._count()

    def _count(self) -> int:
        return sum(words for words, _ in self._chunks.values())
