"""What a process meets outside itself: broker, clock, log, signals, health port, and its own end. A simulation has another."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, Protocol

from services.kernel.adapters.kafka import Producer, Reader
from services.kernel.adapters.ports import GroupMember, RecordProducer, RecordReader
from services.kernel.clock import Clock
from services.kernel.observing.health import Health, HealthServer
from services.kernel.observing.telemetry import Telemetry
from services.kernel.queries import queries
from services.kernel.running import boot
from services.kernel.running.settings import KernelSettings
from services.kernel.running.taking import Taking
from services.kernel.warp import clock_from

TIME = queries(Path(__file__).parents[1] / "sql" / "database_time.sql")


class Server(Protocol):
    """Something that listens."""

    async def start(self) -> None:
        """Begin."""
        ...

    async def stop(self) -> None:
        """End."""
        ...


class World:
    """The real one. What it makes belongs to one process, whose `settings` say where everything is."""

    def clock(self, settings: KernelSettings) -> Clock:
        """The time by which it works.

        Raises:
            services.kernel.clock.ClockError: the clock file cannot be used.

        """
        return clock_from(settings.clock_file)

    async def database_time(self, connection: Any) -> datetime:
        """What the database's clock shows. `connection`: one to it, or a pool."""
        at: datetime = await connection.fetchval(TIME["database_time"])
        return at

    def begin(self, name: str, settings: KernelSettings, clock: Clock, stop: Callable[[], None]) -> None:
        """Set up its log, and have SIGTERM and SIGINT call `stop`."""
        # Imported before logging is set up, for Faust sets up its own; tools that only need Postgres do not wait for it.
        import services.kernel.adapters.faust_shell  # noqa: F401, PLC0415

        boot.begin_log(name, settings, clock)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, stop)

    def reader(self, settings: KernelSettings) -> RecordReader:
        """Reads from the broker without a group."""
        return Reader(settings.kafka)

    def producer(self, settings: KernelSettings) -> RecordProducer:
        """Writes to the broker."""
        return Producer(settings.kafka)

    def shell(self, name: str, topics: Sequence[str], taking: Taking, settings: KernelSettings) -> GroupMember:
        """A member of the service's group, which hands to `taking` what it reads."""
        from services.kernel.adapters.faust_shell import Shell  # noqa: PLC0415 - see begin

        return Shell(
            name=name,
            bootstrap=settings.kafka,
            topics=topics,
            take=taking.take,
            assigned=taking.assigned,
            revoked=taking.revoked,
            batch_max=settings.batch_max,
            instance=settings.instance,
        )

    def health_server(self, health: Health, telemetry: Telemetry, settings: KernelSettings) -> Server:
        """Answers the platform's probes, and beats."""
        return HealthServer(health, telemetry, settings.http_host, settings.http_port)

    def die(self, code: int, why: str, error: BaseException | None) -> NoReturn:
        """End at once, whatever is under way."""
        boot.die(code, why, error)


REAL = World()
