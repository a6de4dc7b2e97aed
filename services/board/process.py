"""Run one process of the board: renderer, front, or both, with its health, its log and its end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

from services.board.settings import BoardProcessSettings
from services.board.utility import Utility, read_utility
from services.kernel.clock import Clock
from services.kernel.observing.health import Health, HealthServer
from services.kernel.observing.telemetry import Telemetry
from services.kernel.running.boot import begin_log, boot
from services.kernel.running.settings import ProcessSettings
from services.kernel.warp import clock_from

S = TypeVar("S", bound=BoardProcessSettings)


class Surroundings:
    """What every part of a process shares."""

    def __init__(self, name: str, settings: ProcessSettings) -> None:
        self.clock: Clock = clock_from(settings.clock_file)
        self.health = Health(self.clock)
        self.telemetry = Telemetry(name, revision=settings.revision)


class Runs(Protocol):
    """A part of a process."""

    async def run(self) -> None:
        """Until cancelled."""
        ...


class ClosedAtTheEnd:
    """A part that does nothing but let go of something when the process ends."""

    def __init__(self, close: Callable[[], Awaitable[None]]) -> None:
        self._close = close

    async def run(self) -> None:
        """See Runs."""
        try:
            await asyncio.Event().wait()
        finally:
            await self._close()


Parts = Callable[[Surroundings], Awaitable[Sequence[Runs]]]
"""Makes the parts of a process, within its loop."""


def run(name: str, settings_type: type[S], prepare: Callable[[S, Utility], Parts]) -> None:
    """Run one process and exit with a code of services/kernel/running/boot.py. `prepare` reads what the settings name."""

    def build() -> tuple[S, Parts]:
        settings = settings_type.load()
        begin_log(name, settings, clock_from(settings.clock_file))
        return settings, prepare(settings, read_utility(settings.board_utility))

    async def serve(built: tuple[S, Parts]) -> None:
        settings, parts = built
        around = Surroundings(name, settings)
        await until_stopped(await parts(around), around, settings)

    boot(build, serve)


async def until_stopped(parts: Sequence[Runs], around: Surroundings, settings: ProcessSettings) -> None:
    """Run the parts until SIGTERM or SIGINT; then each ends what it is at."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    server = HealthServer(around.health, around.telemetry, settings.http_host, settings.http_port)
    await server.start()
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part.run()) for part in parts]
            await stop.wait()
            around.health.draining()
            for task in tasks:
                task.cancel()
    finally:
        await server.stop()
