"""The simulator as one object: `async with TwilioSimulator(folder, clock) as sim: sim.url`."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import TCPConnector, web

from devstack.private import own_folder
from devstack.twilio.account import Account
from devstack.twilio.api.endpoint import MessagesApi
from devstack.twilio.carrier.callbacks import Connect
from devstack.twilio.config import SimulatorSettings
from devstack.twilio.control import Control
from devstack.twilio.faults import Fault
from devstack.twilio.kept.phones import Received
from services.kernel.clock import Clock

Listen = Callable[[web.AppRunner], Awaitable[str]]
"""Serves what was set up, and returns the address at which it is reached."""


def on_port(port: int) -> Listen:
    """On 127.0.0.1; 0 takes a free port."""

    async def listen(runner: web.AppRunner) -> str:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    return listen


class TwilioSimulator:
    """Serves one account, on 127.0.0.1 where it is not told otherwise, and finds its state again in its folder.

    :param folder: where the journals live; made when absent.
    :param clock: `now` for handsets, `wall` for Twilio's own dates.
    :param port: 0 takes a free one.
    :param listen: where to be reached instead of a port.
    :param connector: makes what opens the connections of its webhooks.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        port: int = 0,
        settings: SimulatorSettings | None = None,
        listen: Listen | None = None,
        connector: Connect = TCPConnector,
    ) -> None:
        own_folder(folder)
        self._folder, self._clock = folder, clock
        self._listen, self._connector = listen or on_port(port), connector
        self.settings = settings or SimulatorSettings()
        self._runner: web.AppRunner | None = None
        self.url = ""
        """Base address, once started."""

    async def start(self) -> Self:
        """Listens, and sets unfinished messages on their way again."""
        self.account = Account(self._folder, self._clock, self.settings, self._connector)
        app = web.Application()
        app.add_routes(MessagesApi(self.account).routes() + Control(self.account).routes())
        # Hanging answers are part of the job: stopping does not wait for them.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        self.url = await self._listen(self._runner)
        self.account.resume()
        return self

    async def stop(self) -> None:
        """Stops listening and delivering; nothing acknowledged is lost."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self.account.close()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def break_things(self, *faults: Fault) -> None:
        """Switches faults on."""
        self.account.faults.rules.extend(faults)

    def texts(self, number: str | None = None) -> list[Received]:
        """What handsets received."""
        return self.account.handsets.texts(number)
