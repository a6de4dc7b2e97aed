"""Take events exactly once, and answer "taken" only once Kafka has acknowledged them.

Concurrent requests are gathered into one transaction and one flush of the producer: rows in, records out, acks awaited,
commit. A crash between ack and commit leaves a record without its row; the sender's retry makes the same record again,
and the services' inbox takes one of the two.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Self

import asyncpg
import structlog

from services.gateway.dispatch import taken
from services.gateway.dispatch.taken import Connection, IntakeOutcome, OfferedEvent
from services.kernel.adapters.away import AWAY, BROKER, DATABASE, TRANSIENT
from services.kernel.adapters.kafka import Produce
from services.kernel.adapters.migrate import check_version
from services.kernel.adapters.ports import RecordProducer
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.model import KernelError
from services.kernel.observing.every import every
from services.kernel.observing.health import Health

log = structlog.get_logger(__name__)

WORKERS = 3
AT_ONCE = 500
MOST_WAITING = 10_000
ACK_SECONDS = 10.0
WAIT_SECONDS = 15.0
"""How long one batch may take from its first statement to its commit; more than ACK_SECONDS."""
ACKNOWLEDGED = "gateway-acknowledged"
"""The step between Kafka's word and the commit, where a death leaves a record without its row."""
KEEP = timedelta(days=90)
PRUNE_STEP = 1_000
PRUNE_PAUSE_SECONDS = 0.2
PRUNE_EVERY_SECONDS = 600.0


Away = Literal["kafka-away", "database-away", "busy"]


class Unavailable(Exception):
    """Nothing was taken and a later try may succeed."""

    def __init__(self, reason: Away, detail: str) -> None:
        self.reason: Away = reason
        super().__init__(detail)


@dataclass(slots=True)
class _Submission:
    candidates: Sequence[OfferedEvent]
    answer: asyncio.Future[list[IntakeOutcome]]


class Intake:
    """Async context manager: the workers that take what `submit` brings."""

    def __init__(self, pool: asyncpg.Pool, producer: RecordProducer, clock: Clock, health: Health) -> None:
        self._pool = pool
        self._producer = producer
        self._clock = clock
        self._health = health
        self._queue: asyncio.Queue[_Submission] = asyncio.Queue()
        self._waiting = 0
        self._schema_fits = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._work()) for _ in range(WORKERS)]
        self._tasks.append(asyncio.create_task(self._prune()))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def submit(self, candidates: Sequence[OfferedEvent]) -> list[IntakeOutcome]:
        """Take the events of one request, in their order; the verdict is by event.

        Raises:
            Unavailable: Kafka or the database is away, or too much waits already.

        """
        if not candidates:
            return []
        if self._waiting + len(candidates) > MOST_WAITING:
            raise Unavailable("busy", f"{self._waiting} events wait to be taken")
        submission = _Submission(candidates, asyncio.get_running_loop().create_future())
        self._waiting += len(candidates)
        self._queue.put_nowait(submission)
        try:
            return await submission.answer
        finally:
            self._waiting -= len(candidates)

    async def _work(self) -> None:
        while True:
            batch = [await self._queue.get()]
            size = len(batch[0].candidates)
            while size < AT_ONCE and not self._queue.empty():
                batch.append(self._queue.get_nowait())
                size += len(batch[-1].candidates)
            await self._serve(batch)

    async def _serve(self, batch: list[_Submission]) -> None:
        """Give each submission its answer, whatever happens; one that breaks the batch is found by going one by one."""
        candidates = [candidate for submission in batch for candidate in submission.candidates]
        try:
            verdicts = iter(await self._take(candidates))
        except Exception as error:  # noqa: BLE001 - whoever waits must be answered, and the worker must go on
            if len(batch) > 1 and not isinstance(error, Unavailable):
                log.warning("a batch falls apart, going one by one", error=repr(error), events=len(candidates))
                for submission in batch:
                    await self._serve([submission])
                return
            for submission in batch:
                if not submission.answer.done():
                    submission.answer.set_exception(error)
            return
        for submission in batch:
            answer = [next(verdicts) for _ in submission.candidates]
            if not submission.answer.done():
                submission.answer.set_result(answer)

    async def _take(self, candidates: Sequence[OfferedEvent]) -> list[IntakeOutcome]:
        try:
            async with asyncio.timeout(WAIT_SECONDS), self._connection() as connection, connection.transaction():
                verdicts = await self._judge(connection, candidates)
        except (*AWAY, *TRANSIENT) as error:
            raise self._without_table(error) from error
        self._health.dependency("postgres", ok=True)
        return verdicts

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        """A connection to a schema that fits: asked here, since the webhooks must start without a database."""
        try:
            connection = await self._pool.acquire()
        except DATABASE as error:
            raise self._without_table(error) from error
        try:
            if not self._schema_fits:
                await check_version(connection, taken.SCHEMA, taken.FOLDERS)
                self._schema_fits = True
            yield connection
        except (KernelError, asyncpg.InsufficientPrivilegeError) as error:
            raise self._without_table(error) from error
        finally:
            await self._pool.release(connection)

    def _without_table(self, error: Exception) -> Unavailable:
        self._schema_fits = False
        self._health.dependency("postgres", ok=False, detail=repr(error), optional=True)
        log.warning("the gateway's table cannot be used", error=repr(error))
        return Unavailable("database-away", "the gateway's table cannot be used")

    async def _judge(self, connection: Connection, candidates: Sequence[OfferedEvent]) -> list[IntakeOutcome]:
        now = self._clock.now()
        verdicts = await taken.insert(connection, candidates, now)
        new = [c for c, verdict in zip(candidates, verdicts, strict=True) if verdict is IntakeOutcome.TAKEN]
        rows = [Produce(c.message.topic, c.message.key, c.message.value, c.message.headers, now) for c in new]
        acknowledged = await self._publish(rows) if rows else []
        reach(ACKNOWLEDGED)
        lost = {c.name for c, safe in zip(new, acknowledged, strict=True) if not safe}
        if lost:
            await taken.withdraw(connection, sorted(lost))
        # A twin of what was lost is not there either, whatever it holds.
        return [
            IntakeOutcome.NOT_ACKNOWLEDGED if c.name in lost else v for c, v in zip(candidates, verdicts, strict=True)
        ]

    async def _publish(self, rows: Sequence[Produce]) -> list[bool]:
        """Kafka's word on each row.

        Raises:
            Unavailable: it cannot be reached, or acknowledged nothing in time.

        """
        try:
            async with asyncio.timeout(ACK_SECONDS):
                answers = await self._producer.send(rows)
        except BROKER as error:
            self._health.dependency("kafka", ok=False, detail=repr(error))
            log.warning("kafka does not take events", error=repr(error), events=len(rows))
            # What still lies in the producer must not go out after later records.
            await self._producer.stop()
            raise Unavailable("kafka-away", "Kafka does not acknowledge") from error
        if not any(answers):
            raise Unavailable("kafka-away", "Kafka acknowledged nothing")
        return answers

    async def _prune(self) -> None:
        """Forget what is older than KEEP, in small steps; the services' inboxes forget after the same time."""
        await every(PRUNE_EVERY_SECONDS, self._prune_once, cures=DATABASE, waits="old events are not forgotten yet")

    async def _prune_once(self) -> None:
        while await self._prune_step() == PRUNE_STEP:
            await asyncio.sleep(PRUNE_PAUSE_SECONDS)

    async def _prune_step(self) -> int:
        async with asyncio.timeout(WAIT_SECONDS), self._pool.acquire() as connection:
            return await taken.prune(connection, self._clock.now() - KEEP, PRUNE_STEP)
