"""Review every stream after the code, the policy or the calendar has changed.

Timers and views follow from state, and are brought in line whenever a stream gets an event. A stream that gets none would
keep the timers and the view of older code. A review asks each stream once (`stream.review.v1`): a decider with
`reviews = True` may answer with events, and the judge then makes the stream's timers and its live view those of today,
events or none. All of it goes the way of any other internal message, under the same locks, beside services that run.
"""

import hashlib
from collections.abc import AsyncIterator, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from uuid import UUID

import asyncpg

from services.kernel.clock import Clock
from services.kernel.model import REVIEW, Event, Message, Review, Service
from services.kernel.queries import queries
from services.kernel.streams.armed import TimerMove
from services.kernel.streams.log import Log
from services.kernel.writing import inbox
from services.kernel.writing.decisions import Decisions
from services.kernel.writing.failures.attempts import Condemned, attempt

SQL = queries(Path(__file__).parents[1] / "sql" / "review.sql")
CHUNK = 200
NOBODY = UUID(int=0)


@dataclass(slots=True)
class Reviewed:
    """What one chunk of streams came to. `upto`: the last stream looked at, in the order of their ids."""

    upto: str = ""
    streams: int = 0
    again: int = 0
    """Reviewed before, with this code, these rules and this reason, and unchanged since."""
    parked: list[str] = field(default_factory=list)
    """Left out: they wait for a person. What then judges them brings them in line; or another review does."""
    failed: dict[str, str] = field(default_factory=dict)
    """Left as they were, each with why: the code cannot judge them."""
    events: list[Event] = field(default_factory=list)
    timers: list[TimerMove] = field(default_factory=list)

    def __iadd__(self, other: "Reviewed") -> Self:
        """Both together; `upto` of the later one."""
        self.upto = max(self.upto, other.upto)
        self.streams += other.streams
        self.again += other.again
        self.parked += other.parked
        self.failed |= other.failed
        self.events += other.events
        self.timers += other.timers
        return self


class NotTaken(Exception):
    """A stream of a chunk cannot be reviewed; nothing of the chunk was written."""


class Reviewer:
    """Reviews all streams of one service, in chunks, each in one transaction.

    `why` goes into the id of every word, with the revision of code and rules and the version of the stream: asked twice,
    a stream that has not changed answers once. With `dry_run` each chunk is judged and rolled back.
    """

    def __init__(
        self, service: Service, pool: asyncpg.Pool, clock: Clock, why: str, *, dry_run: bool = False, chunk: int = CHUNK
    ) -> None:
        self._service, self._pool, self._clock = service, pool, clock
        self._why, self._dry_run, self._chunk = why, dry_run, chunk
        self._decisions = Decisions(service, Log(service, remember=0))
        self.revision = self._decisions.log.revision
        self._digest = hashlib.sha256(f"{self.revision}|{why}".encode()).hexdigest()[:16]

    async def count(self) -> int:
        """How many streams there are to look at."""
        return int(await self._pool.fetchval(SQL["count_streams"]))

    async def behind(self) -> int:
        """How many live views other code wrote, or this code under other rules."""
        return int(await self._pool.fetchval(SQL["views_of_others"], self.revision))

    async def run(self) -> AsyncIterator[Reviewed]:
        """Review stream after stream, by id; what was given back is committed.

        Raises:
            AWAY: Postgres is away; the chunks given back so far stand, and the rest can be asked again.
            KernelError: a log holds what this code does not know.

        """
        after = ""
        while rows := await self._pool.fetch(SQL["next_streams"], after, self._chunk):
            after = rows[-1]["stream_id"]
            done = Reviewed(after, parked=[row["stream_id"] for row in rows if row["parked_by"] is not None])
            messages = [self._message(row) for row in rows if row["parked_by"] is None]
            if messages:
                for part in await attempt(messages, self._review, lambda message: message.name):
                    done += part
            yield done

    def _message(self, row: asyncpg.Record) -> Message:
        stream: str = row["stream_id"]
        return Message(
            source=f"/outage/{self._service.name}/review",
            id=f"{stream}@{row['version']}/{self._digest}",
            type=REVIEW,
            time=self._clock.now(),
            data=Review(why=self._why),
            key=stream.partition("/")[2],
            partition=row["partition"],
            stream=stream,
        )

    async def _review(self, messages: Sequence[Message], condemned: Mapping[Hashable, Condemned]) -> Reviewed:
        """A chunk, or, where one of it fails, that one by itself: left as it was, and named."""
        try:
            return await self._transaction(messages, condemned)
        except NotTaken as failure:
            if len(messages) > 1:
                raise
            return Reviewed(failed={str(messages[0].stream): str(failure)})

    async def _transaction(self, messages: Sequence[Message], condemned: Mapping[Hashable, Condemned]) -> Reviewed:
        async with self._pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                entries = [inbox.InboxEntry(m) for m in messages]
                now = self._clock.now()
                verdicts = await inbox.take(connection, entries, now)
                new = [m for m, verdict in zip(messages, verdicts, strict=True) if verdict is inbox.Seen.NEW]
                nobody = {message.name: NOBODY for message in new}
                known = {message.name: condemned[message.name] for message in new if message.name in condemned}
                judged = await self._decisions.run(connection, new, now, parked_by=nobody, condemned=known)
                for outcome in judged.outcomes:
                    if outcome.outcome == "quarantined":
                        # A review is nobody's fact: where it fails, no order is broken, and no stream is parked for it.
                        raise NotTaken(outcome.detail)  # noqa: TRY301 - rolled back below, like whatever else fails
                await inbox.settle(connection, judged.outcomes)
            except BaseException:
                await transaction.rollback()
                raise
            await (transaction.rollback() if self._dry_run else transaction.commit())
        events = [event for stream in judged.streams for event in stream.new]
        return Reviewed(streams=len(new), again=len(messages) - len(new), events=events, timers=list(judged.timers))
