"""One service process: its pool, its input loop, relay, timers, health; and how it ends."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import asyncpg
import structlog

from services.kernel import checkpoints
from services.kernel.away import AWAY, DATABASE
from services.kernel.bounds import BATCH_BYTES
from services.kernel.clock import Clock, clock_from
from services.kernel.desk import Desk
from services.kernel.fence import Place, present
from services.kernel.health import Health, HealthServer
from services.kernel.ingest import Ingest
from services.kernel.kafka import Producer, Reader
from services.kernel.logging import configure
from services.kernel.migrate import check_version
from services.kernel.model import Feeder, KernelError, Record, Renewing, Service
from services.kernel.operations import Operations
from services.kernel.projector import Projector
from services.kernel.prune import Pruner
from services.kernel.queries import SQL
from services.kernel.relay import Relay
from services.kernel.settings import KernelSettings
from services.kernel.telemetry import Telemetry
from services.kernel.timers import Timers

if TYPE_CHECKING:
    from services.kernel.faust_app import Shell

log = structlog.get_logger()

EX_SOFTWARE = 70
EX_TEMPFAIL = 75
STALL_SECONDS = 5.0
READ_AHEAD = 500


class Process:
    """Everything one service process holds. `run` returns after SIGTERM; nothing else ends it but a named exit."""

    def __init__(self, service: Service, settings: KernelSettings, *, folders: Sequence[Path]) -> None:
        self.service = service
        self.settings = settings
        self.clock: Clock = clock_from(settings.clock_file)
        self.health = Health(self.clock)
        self.telemetry = Telemetry(service.name, known_types=service.structs, revision=settings.revision)
        self._folders = folders
        self._stop = asyncio.Event()
        self._took: dict[Place, float] = {}
        self._looked = 0.0
        self.assignments = 0
        """How often partitions were shared out: what lies unread since then may be another's leavings."""

    async def run(self, extra: Callable[["Process"], Awaitable[None]] | None = None) -> None:
        """Serve until told to stop. `extra` is the service's own background work, cancelled at the end.

        Raises:
            KernelError: schema, topic or code do not fit; the message says what to do.

        """
        # Imported before logging is set up, for Faust sets up its own; tools that only need Postgres do not wait for it.
        from services.kernel.faust_app import Shell  # noqa: PLC0415

        configure(
            self.service.name,
            version("outage-notice"),
            self.clock,
            form=self.settings.log_format,
            level=self.settings.log_level,
        )
        if plan := os.environ.get("OUTAGE_DIE_AT"):
            checkpoints.die_at(plan)
        self._signals()
        server = HealthServer(self.health, self.telemetry, self.settings.http_host, self.settings.http_port)
        await server.start()
        async with self._pool() as pool:
            self.pool = pool
            async with pool.acquire() as connection:
                self.telemetry.schema_version(await check_version(connection, self.service.name, self._folders))
                if isinstance(self.service, Renewing):
                    await self.service.renew(connection)
            self.reader, self.producer = Reader(self.settings.kafka), Producer(self.settings.kafka)
            self.desk = Desk(self.service, pool, self.telemetry)
            self.ingest = Ingest(self.desk, self.reader, self.clock)
            await self.desk.start()
            await self._serve(pool, Shell, extra)
        await server.stop()

    def _pool(self) -> asyncpg.pool.Pool:
        words = {"search_path": self.service.name, "application_name": f"outage-{self.service.name}"}
        if self.settings.postgres_role:
            words["role"] = self.settings.postgres_role
        return asyncpg.create_pool(self.settings.postgres, min_size=2, max_size=10, server_settings=words)

    async def _serve(
        self, pool: asyncpg.pool.Pool, shell_type: "type[Shell]", extra: Callable[["Process"], Awaitable[None]] | None
    ) -> None:
        shell = shell_type(
            name=self.service.name,
            bootstrap=self.settings.kafka,
            topics=self.service.inputs,
            take=self.take,
            assigned=self._assigned,
            revoked=self._revoked,
            batch_max=self.settings.batch_max,
            instance=self.settings.instance,
        )
        self.shell = shell
        timers = Timers(self.desk, self.clock, grace=self.settings.timer_grace_seconds)
        relay = Relay(
            self.service.name, pool, self.producer, self.telemetry, clock=self.clock, wake=self.desk.published
        )
        await shell.start()
        self.health.started()
        log.info("started", inputs=list(self.service.inputs))
        # Faust should never stop by itself; a process whose input is dead must not look alive.
        faust_ended = asyncio.create_task(shell.rest())
        tasks = [asyncio.create_task(relay.run()), asyncio.create_task(self._tick(timers)), faust_ended]
        projector = Projector(self.service, pool, self.telemetry, wake=self.desk.appended)
        tasks.append(asyncio.create_task(projector.run()))
        days, kept = self.settings.inbox_days, self.settings.quarantine_days
        pruner = Pruner(self.service.name, pool, self.clock, inbox_days=days, quarantine_days=kept)
        tasks.append(asyncio.create_task(pruner.run()))
        operations = Operations(self.desk, self.clock, self.reader)
        tasks.append(asyncio.create_task(operations.run()))
        if extra is not None:
            tasks.append(asyncio.create_task(operations.then(extra(self))))
        stop = asyncio.create_task(self._stop.wait())
        done, _ = await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
        if stop not in done:
            for task in done:
                self._die(EX_SOFTWARE, "a background task ended", task.exception())
        self.health.draining()
        log.info("stopping")
        for task in tasks[1:]:
            task.cancel()
        await shell.stop()
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.producer.stop()
        await self.reader.close()

    def stop(self) -> None:
        """Ask the process to end in order."""
        self._stop.set()

    async def take(self, records: list[Record]) -> None:
        """Take a batch; wait for Postgres in place; end the process rather than raise into Faust, which would ack."""
        since = self.clock.monotonic()
        wait = 0.1
        while True:
            try:
                await self.ingest.take(records)
            except AWAY as error:
                self.health.dependency("postgres", ok=False, detail=repr(error))
                if self.clock.monotonic() - since > self.settings.postgres_patience_seconds:
                    self._die(EX_TEMPFAIL, "Postgres stayed away", error)
                log.warning("postgres is away; the batch waits", error=repr(error), seconds=wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, 5.0)
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001 - anything that left here would be acknowledged by Faust
                self._die(EX_SOFTWARE, "the batch cannot be taken", error)
            else:
                at = self.clock.monotonic()
                self.health.dependency("postgres", ok=True)
                for record in records:
                    place = (record.topic, record.partition)
                    self._took[place] = at
                    self.health.progress(place, record.offset)
                return

    async def _assigned(self, places: Sequence[Place]) -> None:
        self.assignments += 1
        try:
            await self.ingest.assigned(places)
        except AWAY as error:
            log.warning("partitions are checked with their first batch", error=repr(error))
        except KernelError as error:
            self._die(EX_SOFTWARE, "a topic is not the one that was read", error)
        self.health.assigned(sorted(self.shell.places))
        self.telemetry.assigned(len(self.shell.places))

    async def _revoked(self, places: Sequence[Place]) -> None:
        self.ingest.unassigned(places)
        self.health.assigned(sorted(self.shell.places))
        self.telemetry.rebalanced()

    async def _tick(self, timers: Timers) -> None:
        """Deadlines, watermarks, and records that Faust never delivered."""
        while True:
            self.health.beat()
            try:
                if await timers.any_due():
                    await self._watermarks()
                    while await timers.fire_due({partition for _, partition in self.shell.places}):
                        pass
                await self._stalled()
                self.health.dependency("kafka", ok=True)
            except DATABASE as error:
                log.warning("deadlines wait", error=repr(error))
                await asyncio.sleep(1.0)
            except Exception as error:  # noqa: BLE001 - the broker may be away; the loop must not end
                self.health.dependency("kafka", ok=False, detail=repr(error))
                log.warning("the tick failed and goes on", error=repr(error))
                await asyncio.sleep(1.0)
            await asyncio.sleep(self.settings.poll_seconds)

    async def _watermarks(self) -> None:
        """A partition whose every record is handled knows all facts up to the moment before its end was asked for.

        Topics that the service feeds itself know only what their sources know, and only once our outbox has let it go.
        """
        ours, feeds = sorted(self.shell.places), self.service.feeds
        if not ours:
            return
        now = self.clock.now()
        outer = [place for place in ours if place[0] not in feeds]
        await self.ingest.caught_up(await self.reader.ends(outer), now)
        inner = [place for place in ours if place[0] in feeds]
        if not inner:
            return
        # In this order: the mark, then nothing still to be made, then the outbox empty, then the ends.
        mark = await self.pool.fetchval(SQL["outer_mark"], [t for t in self.service.inputs if t not in feeds])
        if isinstance(self.service, Feeder) and await self.service.feeding(self.pool):
            return
        if mark is not None and not await self.pool.fetchval(SQL["feeds_waiting"], list(feeds)):
            await self.ingest.caught_up(await self.reader.ends(inner), mark)

    async def _stalled(self) -> None:
        """Faust has stopped delivering before (issues 596, 606): look at each partition that was silent for seconds."""
        at = self.clock.monotonic()
        places = sorted(self.shell.places)
        if at - self._looked < STALL_SECONDS or not places:
            return
        self._looked = at
        bounds = await self.reader.bounds(places)
        (pending,) = await self.pool.fetch(SQL["outbox_pending"])
        oldest = pending["oldest"]
        self.telemetry.outbox(pending["waiting"], (self.clock.now() - oldest).total_seconds() if oldest else 0.0)
        for place, start in (await self.ingest.fences(places)).items():
            first, end = bounds[place]
            self.health.progress(place, start - 1, end)
            self.telemetry.lag(place, end - start)
            self.telemetry.progress(place, self.clock.wall())
            if start < end and at - self._took.setdefault(place, at) >= STALL_SECONDS:
                await self._read_ourselves(place, first, start, end)

    async def _read_ourselves(self, place: Place, first: int, start: int, end: int) -> None:
        try:
            present(place, first, start)
        except KernelError as error:
            self._die(EX_SOFTWARE, "records are lost", error)
        there = list(await self.reader.read(place, start, min(end, start + READ_AHEAD), BATCH_BYTES))
        log.warning("records were not delivered; read them", place=place, next=start, end=end, there=len(there))
        if there:
            await self.take(there)
        elif end - start <= READ_AHEAD:
            await self.ingest.pass_over(place, start, end)

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
