"""One round of the renderer: read, render what changed, write; and say how old the truth is where that fails.

Whatever fails, what stands goes on standing, and its age is said anew each round: by the database's clock while it answers, by our
own monotonic seconds from then on. So a front that starts meanwhile knows how old it is, too.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

import structlog

from services.board.rendering.ports import BoardSource, NothingRead, Rendering
from services.board.snapshot.form import Standing
from services.board.snapshot.making import MadeSnapshot, SnapshotMaker
from services.board.snapshot.store import Outcome, SnapshotNotWritten, SnapshotStore
from services.board.threads import in_thread
from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.observing.complaint import Complaint

log = structlog.get_logger(__name__)

READ_SECONDS: Final = 30.0
"""A database that has not answered by then is away."""

Failure = Literal["database-away", "nothing-to-read", "not-read", "not-rendered", "not-written"]
RoundOutcome = Outcome | Failure

WORDS: Final[dict[str, str]] = {
    "database-away": "the database is away: pages stay, and grow old",
    "nothing-to-read": "there is nothing to read yet: pages stay, and grow old",
    "not-read": "what was read cannot be understood: pages stay, and grow old",
    "not-rendered": "pages cannot be rendered: those that stand stay, and grow old",
    "not-written": "the snapshot cannot be written: the one before stays",
}


class _Failed(Exception):
    """A round failed; its cause says how."""

    def __init__(self, outcome: Failure) -> None:
        super().__init__(outcome)
        self.outcome: Failure = outcome


class _Stood(NamedTuple):
    """What was made last."""

    made: MadeSnapshot
    as_of: datetime
    age: timedelta
    monotonic: float
    """When it was so old."""

    def by(self, monotonic: float) -> _Stood:
        """The same, as old as it is by then."""
        return self._replace(age=self.age + timedelta(seconds=monotonic - self.monotonic), monotonic=monotonic)


class Renderer:
    """Makes snapshots of one board."""

    def __init__(self, source: BoardSource, rendering: Rendering, store: SnapshotStore, clock: Clock) -> None:
        self._source, self._rendering, self._store, self._clock = source, rendering, store, clock
        self._maker = SnapshotMaker()
        self._stood: _Stood | None = None
        self._complaints = {failure: Complaint(words, clock) for failure, words in WORDS.items()}

    @property
    def as_of(self) -> datetime | None:
        """Up to when facts are known in what was made last."""
        return self._stood.as_of if self._stood is not None else None

    async def round(self) -> RoundOutcome:
        """One round; what came of it."""
        failed: Failure | None = None
        try:
            self._stood = await self._made()
        except _Failed as failure:
            failed = failure.outcome
        if self._stood is None:
            return failed or "not-rendered"
        self._stood = stood = self._stood.by(self._clock.monotonic())
        try:
            outcome = await in_thread(lambda: self._write(stood))
        except SnapshotNotWritten as error:
            return self._say("not-written", error)
        self._complaints["not-written"].over()
        return failed or outcome

    async def _made(self) -> _Stood:
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(READ_SECONDS):
                board, age = await self._source.read()
        except NothingRead as error:
            raise _Failed(self._say("nothing-to-read", error)) from error
        except DATABASE as error:
            raise _Failed(self._say("database-away", error)) from error
        except Exception as error:  # a row of a newer version: fronts must go on serving what stands
            raise _Failed(self._say("not-read", error)) from error
        try:
            made = await in_thread(lambda: self._maker.make(self._rendering(board)))
        except Exception as error:
            raise _Failed(self._say("not-rendered", error)) from error
        for failure in ("database-away", "nothing-to-read", "not-read", "not-rendered"):
            self._complaints[failure].over()
        # Nobody knows facts from the future: a service whose clock is ahead must not make what is old look new.
        return _Stood(made, board.as_of + min(age, timedelta(0)), max(age, timedelta(0)), began)

    def _say(self, failure: Failure, error: Exception) -> Failure:
        self._complaints[failure].say(error, **({"exc_info": error} if failure in ("not-read", "not-rendered") else {}))
        return failure

    def _write(self, stood: _Stood) -> Outcome:
        standing = Standing(
            manifest=stood.made.digest,
            as_of=stood.as_of,
            made_at=stood.as_of + stood.age,
            age_seconds=stood.age.total_seconds(),
            parts=stood.made.parts,
        )
        return self._store.publish(stood.made.digest, stood.made.manifest, stood.made.bodies, standing)
