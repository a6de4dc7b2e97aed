"""Run one service process: pool, input, relay, timers, health; and end it in order.

It waits for Postgres and Kafka, at the start and through any outage, and says so; it ends by itself only for what
waiting cannot cure.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, Protocol, runtime_checkable

import asyncpg
import structlog

from services.kernel.adapters.away import AWAY, is_only
from services.kernel.adapters.migrate import check_version
from services.kernel.adapters.ports import GroupMember, RecordReader
from services.kernel.clock import Clock
from services.kernel.model import Renewing, Service
from services.kernel.observing.health import Health
from services.kernel.observing.lookout import LOOK_SECONDS, Lookout, Work
from services.kernel.observing.measuring import Measure
from services.kernel.observing.parked import ParkedWatch
from services.kernel.observing.probes import KafkaProbe, PostgresProbe
from services.kernel.observing.telemetry import Telemetry
from services.kernel.operators.answering import Operations
from services.kernel.operators.forgetting import Forgetter
from services.kernel.pauses import settle
from services.kernel.queries import SQL
from services.kernel.reading.projector import Projector
from services.kernel.running.boot import EX_SOFTWARE, EX_TEMPFAIL
from services.kernel.running.input_loop import InputReader
from services.kernel.running.pools import close_pool, open_pool, words_of
from services.kernel.running.settings import KernelSettings
from services.kernel.running.startup_wait import NotThere, patiently
from services.kernel.running.taking import Taking
from services.kernel.running.world import REAL, World
from services.kernel.streams.newer import known_categories
from services.kernel.upkeep.caught_up_marks import MarkRaiser
from services.kernel.upkeep.database_time import SharedClock
from services.kernel.upkeep.prune import Pruner
from services.kernel.upkeep.rounds import DeadlineRounds
from services.kernel.upkeep.taking_over import TakingOver
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.relay import Relay
from services.kernel.writing.timers import Timers
from services.kernel.writing.transaction import Transaction

log = structlog.get_logger()

CHECK_SECONDS = 5.0
DRAIN_SECONDS = 10.0
LOOK_FIRST_SECONDS = 30.0
# Relay and read models are woken where there is something for them; so often they look without that.
REST_SECONDS = 5.0


@runtime_checkable
class LooksFirst(Protocol):
    """A service that looks at Postgres and Kafka before anything is read, each time the input is made anew."""

    async def before_reading(self, pool: asyncpg.Pool, broker: RecordReader, clock: Clock) -> None:
        """Look; what raises for a server that is away is tried again."""
        ...


class Process:
    """Everything one service process holds. `run` returns after SIGTERM; nothing else ends it but a named exit."""

    def __init__(
        self, service: Service, settings: KernelSettings, *, folders: Sequence[Path], world: World = REAL
    ) -> None:
        self.service = service
        self.settings = settings
        self.world = world
        self.clock: Clock = world.clock(settings)
        self.health = Health(self.clock)
        self.telemetry = Telemetry(service.name, known_types=service.structs, revision=settings.revision)
        self._folders = folders
        self.pool: asyncpg.pool.Pool
        self._stop = asyncio.Event()

    async def run(self, extra: Callable[["Process"], Awaitable[None]] | None = None) -> None:
        """Serve until told to stop. `extra` is the service's own background work, cancelled at the end.

        Raises:
            KernelError: schema, topic or code do not fit; the message says what to do.
            asyncpg.PostgresError: the database refuses what the settings say.

        """
        self.world.begin(self.service.name, self.settings, self.clock, self.stop)
        server = self.world.health_server(self.health, self.telemetry, self.settings)
        await server.start()
        self.reader, self.producer = self.world.reader(self.settings), self.world.producer(self.settings)
        self.input = InputReader(self._shell, self._kafka_there, self.health, self.clock)
        probes = [asyncio.create_task(probe.run()) for probe in self._probes()]
        try:
            if await self._unless_stopped(self._begin()):
                await self._serve(extra)
        finally:
            for probe in probes:
                probe.cancel()
            await asyncio.gather(*probes, return_exceptions=True)
            await self.producer.stop()
            await self.reader.close()
            if hasattr(self, "pool"):
                await close_pool(self.pool)
            await server.stop()

    def _probes(self) -> tuple[PostgresProbe, KafkaProbe]:
        measure = Measure(self.clock, self.health, self.telemetry, lambda: self.input.places)
        self.postgres = PostgresProbe(
            self.settings.postgres, words_of(self.service.name, self.settings), self.health, self.telemetry
        )
        self._measure = measure
        # Without partitions of its own a worker asks for some place that it may come to read.
        somewhere = [(self.service.inputs[0], 0)]
        kafka = KafkaProbe(
            self.world.reader(self.settings),
            lambda: self.input.places or somewhere,
            self.health,
            self.telemetry,
            measure.broker,
        )
        return self.postgres, kafka

    async def _begin(self) -> bool:
        """All that must be there before records are read, waited for; True once it is."""
        self.pool = await patiently(lambda: open_pool(self.service.name, self.settings), "postgres", self.health)
        self.telemetry.schema_version(await patiently(self._check_schema, "postgres", self.health))
        # Tables may be long: this one has no limit.
        await patiently(self._renew, "its tables", self.health, limit=None)
        self.transaction = Transaction(self.service, self.pool, self.telemetry)
        self.ingest = Ingest(self.transaction, self.reader, self.clock)
        self.taking = Taking(
            self.ingest, self.reader, lambda: self.input.places, self.health, self.telemetry, self.clock, self.world.die
        )
        await patiently(self.transaction.start, "postgres", self.health)
        self.shared = SharedClock(self.clock, self.world.database_time)
        await patiently(lambda: self.shared.look(self.pool), "postgres", self.health)
        self.postgres.seen = self._seen
        return True

    async def _seen(self, connection: Any) -> None:
        """Look further, on the connection that was asked whether the database answers."""
        await self.shared.look(connection)
        await self._measure.database(connection)

    async def _check_schema(self) -> int:
        async with self.pool.acquire(timeout=CHECK_SECONDS) as connection:
            return await check_version(connection, self.service.name, self._folders)

    async def _renew(self) -> None:
        if isinstance(self.service, Renewing):
            async with self.pool.acquire() as connection:
                await self.service.renew(connection)

    async def _kafka_there(self) -> None:
        """Return once Kafka answers and holds the topics, and the service has looked at them if it wants to."""
        await patiently(self._topics_there, "kafka", self.health)
        if isinstance(service := self.service, LooksFirst):
            look = partial(service.before_reading, self.pool, self.reader, self.clock)
            await patiently(look, "kafka", self.health, limit=LOOK_FIRST_SECONDS)

    async def _topics_there(self) -> None:
        there = {topic for topic, _ in await self.reader.partitions(self.service.inputs)}
        if missing := sorted(set(self.service.inputs) - there):
            raise NotThere(f"it has no topic {', '.join(missing)} yet")

    def _shell(self) -> GroupMember:
        return self.world.shell(self.service.name, self.service.inputs, self.taking, self.settings)

    async def _serve(self, extra: Callable[["Process"], Awaitable[None]] | None) -> None:
        name, pool = self.service.name, self.pool
        timers = Timers(self.transaction, self.shared, grace=self.settings.timer_grace_seconds)
        standing = MarkRaiser(self.service, self.ingest, pool, self.reader, self.shared, lambda: self.input.places)
        rounds = DeadlineRounds(
            standing, timers, pool, self.clock, lambda: self.input.places, pause=self.settings.poll_seconds
        )
        published, appended = self.transaction.published, self.transaction.appended
        relay = Relay(
            name, pool, self.producer, self.telemetry, clock=self.clock, wake=published, poll_seconds=REST_SECONDS
        )
        projector = Projector(self.service, pool, self.telemetry, wake=appended, poll_seconds=REST_SECONDS)
        days, kept = self.settings.inbox_days, self.settings.quarantine_days
        pruner = Pruner(name, pool, self.clock, inbox_days=days, quarantine_days=kept)
        forgetter = Forgetter(self.service, name, pool, self.clock)
        operations = Operations(self.transaction, self.clock, self.reader)
        parked = ParkedWatch(pool, self.clock, self.health, self.telemetry, known_categories(self.service))
        taking_over = TakingOver(self.transaction, self.clock, parked.left)
        lookout = Lookout(
            pool,
            self.clock,
            SQL["at_hand"],
            lambda: (self.shared.now(), operations.below, *projector.versions),
            {
                "outbox": Work(self.clock, published),
                "deadlines": rounds.work,
                "requests": operations.work,
                "unread": Work(self.clock, appended),
            },
            seconds=min(LOOK_SECONDS, self.settings.poll_seconds),
        )
        work = [
            relay.run(),
            self.input.run(),
            rounds.run(),
            self.taking.look_for_undelivered(),
            projector.run(),
            pruner.run(),
            forgetter.run(),
            parked.run(),
            taking_over.run(),
            lookout.run(),
        ]
        tasks = [asyncio.ensure_future(one) for one in (*work, operations.run())]
        if extra is not None:
            tasks.append(asyncio.create_task(operations.then(partial(extra, self))))
        settle()
        stop = asyncio.create_task(self._stop.wait())
        done, _ = await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
        if stop not in done:
            self._ended(done.pop())
        self.health.draining()
        log.info("stopping")
        # The relay last: it publishes what the last batch decided.
        for task in tasks[1:]:
            task.cancel()
        try:
            await self.input.stop()
        except TimeoutError as error:
            self.world.die(EX_TEMPFAIL, "the input did not end in time; nothing is lost", error)
        tasks[0].cancel()
        # What waits for a frozen server is let go of with its connection, when the pool closes.
        ended, _ = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        await asyncio.gather(*ended, return_exceptions=True)

    async def _unless_stopped(self, begin: Awaitable[bool]) -> bool:
        """What `begin` says; False where the process is told to stop before it has come to that."""
        beginning, stop = asyncio.ensure_future(begin), asyncio.create_task(self._stop.wait())
        await asyncio.wait([beginning, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if beginning.done():
            return beginning.result()
        log.info("stopping", while_waiting=self.health.ready())
        beginning.cancel()
        await asyncio.wait([beginning], timeout=CHECK_SECONDS)
        return False

    def stop(self) -> None:
        """Ask the process to end in order."""
        self._stop.set()

    def _ended(self, task: "asyncio.Future[Any]") -> NoReturn:
        error = task.exception()
        code = EX_TEMPFAIL if is_only(error, AWAY) else EX_SOFTWARE
        self.world.die(code, "a background task ended", error)
