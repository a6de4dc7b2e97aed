"""One service process: its pool, its input, relay, timers, health; and how it ends.

It waits for Postgres and Kafka, at the start and through any outage, and says so; it ends by itself only for what
waiting cannot cure.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import asyncpg
import structlog

from services.kernel import checkpoints
from services.kernel.adapters.away import AWAY, is_only
from services.kernel.adapters.kafka import Producer, Reader
from services.kernel.adapters.migrate import check_version
from services.kernel.model import KernelError, Record, Renewing, Service, TopicPartition
from services.kernel.observing.complaint import why
from services.kernel.observing.every import every
from services.kernel.observing.health import Health, HealthServer
from services.kernel.observing.logging import configure
from services.kernel.observing.measuring import Measure
from services.kernel.observing.parked import ParkedWatch
from services.kernel.observing.probes import KafkaProbe, PostgresProbe
from services.kernel.observing.telemetry import Telemetry
from services.kernel.operators.operations import Operations
from services.kernel.pauses import settle
from services.kernel.reading.projector import Projector
from services.kernel.running import local
from services.kernel.running.input_loop import Input
from services.kernel.running.pools import close_pool, open_pool, words_of
from services.kernel.running.settings import KernelSettings
from services.kernel.running.waiting import NotThere, patiently
from services.kernel.upkeep.prune import Pruner
from services.kernel.upkeep.rounds import Rounds
from services.kernel.upkeep.standing import MarkRaiser
from services.kernel.upkeep.undelivered import Undelivered
from services.kernel.warp import Clock, clock_from
from services.kernel.writing.fence import FenceError
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.relay import Relay
from services.kernel.writing.timers import Timers
from services.kernel.writing.transaction import Transaction

if TYPE_CHECKING:
    from services.kernel.adapters.faust_shell import Shell

log = structlog.get_logger()

EX_SOFTWARE = 70
EX_TEMPFAIL = 75
CHECK_SECONDS = 5.0
DRAIN_SECONDS = 10.0
LONGEST_WAIT = 1.0
WRITE_PATH = "write path"


class Process:
    """Everything one service process holds. `run` returns after SIGTERM; nothing else ends it but a named exit."""

    def __init__(self, service: Service, settings: KernelSettings, *, folders: Sequence[Path]) -> None:
        self.service = service
        self.settings = settings
        self.clock: Clock = clock_from(settings.clock_file)
        self.health = Health(self.clock)
        self.telemetry = Telemetry(service.name, known_types=service.structs, revision=settings.revision)
        self._folders = folders
        self.pool: asyncpg.pool.Pool
        self._stop = asyncio.Event()
        self._checks: set[asyncio.Task[None]] = set()
        self.assignments = 0
        """How often partitions were shared out: what lies unread since then may be another's leavings."""

    async def run(self, extra: Callable[["Process"], Awaitable[None]] | None = None) -> None:
        """Serve until told to stop. `extra` is the service's own background work, cancelled at the end.

        Raises:
            KernelError: schema, topic or code do not fit; the message says what to do.
            asyncpg.PostgresError: the database refuses what the settings say.

        """
        # Imported before logging is set up, for Faust sets up its own; tools that only need Postgres do not wait for it.
        from services.kernel.adapters.faust_shell import Shell  # noqa: PLC0415

        configure(
            self.service.name,
            version("outage-notice"),
            self.clock,
            form=self.settings.log_format,
            level=self.settings.log_level,
        )
        if hooks := local.hooks(os.environ):
            log.warning("test hooks are in use: this process must not serve anybody", hooks=hooks)
        if plan := os.environ.get(local.DIE_AT):
            checkpoints.die_at(plan)
        self._signals()
        server = HealthServer(self.health, self.telemetry, self.settings.http_host, self.settings.http_port)
        await server.start()
        self.reader, self.producer = Reader(self.settings.kafka), Producer(self.settings.kafka)
        self.input = Input(lambda: self._shell(Shell), self._kafka_there, self.health, self.clock)
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
            self.settings.kafka, lambda: self.input.places or somewhere, self.health, self.telemetry, measure.broker
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
        self.undelivered = Undelivered(self.ingest, self.reader, self.clock, lambda: self.input.places, self.take)
        await patiently(self.transaction.start, "postgres", self.health)
        self.postgres.seen = self._measure.database
        return True

    async def _check_schema(self) -> int:
        async with self.pool.acquire(timeout=CHECK_SECONDS) as connection:
            return await check_version(connection, self.service.name, self._folders)

    async def _renew(self) -> None:
        if isinstance(self.service, Renewing):
            async with self.pool.acquire() as connection:
                await self.service.renew(connection)

    async def _kafka_there(self) -> None:
        """Return once Kafka answers and holds the topics."""
        await patiently(self._topics_there, "kafka", self.health)

    async def _topics_there(self) -> None:
        there = {topic for topic, _ in await self.reader.partitions(self.service.inputs)}
        if missing := sorted(set(self.service.inputs) - there):
            raise NotThere(f"it has no topic {', '.join(missing)} yet")

    def _shell(self, shell_type: "type[Shell]") -> "Shell":
        return shell_type(
            name=self.service.name,
            bootstrap=self.settings.kafka,
            topics=self.service.inputs,
            take=self.take,
            assigned=self._assigned,
            revoked=self._revoked,
            batch_max=self.settings.batch_max,
            instance=self.settings.instance,
        )

    async def _serve(self, extra: Callable[["Process"], Awaitable[None]] | None) -> None:
        name, pool = self.service.name, self.pool
        timers = Timers(self.transaction, self.clock, grace=self.settings.timer_grace_seconds)
        standing = MarkRaiser(self.service, self.ingest, pool, self.reader, self.clock, lambda: self.input.places)
        rounds = Rounds(standing, timers, pool, self.clock, lambda: self.input.places, pause=self.settings.poll_seconds)
        relay = Relay(name, pool, self.producer, self.telemetry, clock=self.clock, wake=self.transaction.published)
        projector = Projector(self.service, pool, self.telemetry, wake=self.transaction.appended)
        days, kept = self.settings.inbox_days, self.settings.quarantine_days
        pruner = Pruner(name, pool, self.clock, inbox_days=days, quarantine_days=kept)
        operations = Operations(self.transaction, self.clock, self.reader)
        parked = ParkedWatch(pool, self.clock, self.health, self.telemetry)
        work = [
            relay.run(),
            self.input.run(),
            rounds.run(),
            self._look_for_undelivered(),
            projector.run(),
            pruner.run(),
            parked.run(),
        ]
        tasks = [asyncio.ensure_future(one) for one in (*work, operations.run())]
        if extra is not None:
            tasks.append(asyncio.create_task(operations.then(extra(self))))
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
            self._die(EX_TEMPFAIL, "the input did not end in time; nothing is lost", error)
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

    async def take(self, records: list[Record]) -> None:
        """Take a batch; wait for Postgres in place; end the process rather than raise into Faust, which would ack."""
        wait = 0.1
        while True:
            try:
                await self.ingest.take(records)
            except AWAY as error:
                self.health.dependency(WRITE_PATH, ok=False, detail=why(error))
                log.warning("postgres or kafka is away; the batch waits", error=repr(error), seconds=wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)
            except asyncio.CancelledError:
                self.health.dependency(WRITE_PATH, ok=True)  # nobody waits for it any more
                raise
            except BaseException as error:  # noqa: BLE001 - anything that left here would be acknowledged by Faust
                self._die(EX_SOFTWARE, "the batch cannot be taken", error)
            else:
                self.health.dependency(WRITE_PATH, ok=True)
                self.undelivered.took({(record.topic, record.partition) for record in records})
                for record in records:
                    self.health.progress((record.topic, record.partition), record.offset)
                return

    async def _assigned(self, places: Sequence[TopicPartition]) -> None:
        self.assignments += 1
        # Not cancelled when it takes long: a frozen server must not hold up the group, and the check ends with it.
        check = asyncio.create_task(self._check(places))
        self._checks.add(check)
        check.add_done_callback(self._checks.discard)
        await asyncio.wait([check], timeout=CHECK_SECONDS)
        self.health.assigned(sorted(self.input.places))
        self.telemetry.assigned(len(self.input.places))

    async def _check(self, places: Sequence[TopicPartition]) -> None:
        try:
            await self.ingest.assigned(places)
        except AWAY as error:
            log.warning("partitions are checked with their first batch", error=repr(error))
        except KernelError as error:
            self._die(EX_SOFTWARE, "a topic is not the one that was read", error)

    async def _revoked(self, places: Sequence[TopicPartition]) -> None:
        self.ingest.unassigned(places)
        self.health.assigned(sorted(self.input.places))
        self.telemetry.rebalanced()

    async def _look_for_undelivered(self) -> None:
        """Read what Faust never delivered. A loop of its own: it waits for Kafka, and deadlines must not."""

        async def look() -> None:
            try:
                await self.undelivered.look()
            except FenceError as error:
                self._die(EX_SOFTWARE, "records are lost", error)

        # Whoever is away comes back, and a fault of ours is no loss of records: the look must not end.
        await every(LONGEST_WAIT, look, cures=(Exception,), waits="the look for undelivered records waits")

    def _ended(self, task: "asyncio.Future[Any]") -> NoReturn:
        error = task.exception()
        code = EX_TEMPFAIL if is_only(error, AWAY) else EX_SOFTWARE
        self._die(code, "a background task ended", error)

    def _signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, self.stop)

    def _die(self, code: int, why: str, error: BaseException | None) -> NoReturn:
        log.critical(why, error=str(error), kind=type(error).__name__, exit_code=code, exc_info=error)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
