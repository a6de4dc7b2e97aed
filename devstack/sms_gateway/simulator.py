"""The simulated gateway as one object: `async with SmsGatewaySimulator(folder, clock) as sim: sim.url`."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from aiohttp import web

from devstack.private import own_folder
from devstack.sms_gateway.account import GatewayAccount
from devstack.sms_gateway.config import GatewaySimulatorSettings
from devstack.sms_gateway.endpoint import GatewayApi
from devstack.twilio.control import HandsetText
from devstack.twilio.faults import Fault
from devstack.twilio.kept.phones import Received
from devstack.twilio.simulator import Listen, on_port
from services.kernel.clock import Clock


class SmsGatewaySimulator:
    """Serves one account, on 127.0.0.1 where it is not told otherwise, and finds its state again in its folder.

    :param folder: where the journals live; made when absent.
    :param clock: `now` for handsets, `wall` for the gateway's own dates.
    :param port: 0 takes a free one.
    :param listen: where to be reached instead of a port.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        port: int = 0,
        settings: GatewaySimulatorSettings | None = None,
        listen: Listen | None = None,
    ) -> None:
        own_folder(folder)
        self._folder, self._clock, self._listen = folder, clock, listen or on_port(port)
        self.settings = settings or GatewaySimulatorSettings()
        self._runner: web.AppRunner | None = None
        self.url = ""
        """Base address, once started."""

    async def start(self) -> Self:
        """Listens, and sets unfinished messages on their way again."""
        self.account = GatewayAccount(self._folder, self._clock, self.settings)
        app = web.Application()
        app.add_routes(GatewayApi(self.account).routes() + self._control())
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

    def receive(self, number: str, body: str) -> str:
        """A handset sends us a text; its id."""
        return self.account.uplinks.receive(number, body).mo_id

    def _control(self) -> list[web.RouteDef]:
        """What the stack and the tests ask of it; without a password, because it listens on 127.0.0.1 only."""
        return [
            web.get("/_sim/health", self._health),
            web.get("/_sim/messages", self._messages),
            web.get("/_sim/posts", self._posts),
            web.get("/_sim/phones", self._phones),
            web.post("/_sim/inbound", self._inbound),
            web.patch("/_sim/config", self._configure),
            web.post("/_sim/faults", self._add_faults),
            web.delete("/_sim/faults", self._clear_faults),
            web.post("/_sim/reset", self._reset),
        ]

    async def _health(self, _: web.Request) -> web.Response:
        book = self.account.book
        counts = {"messages": len(book.all()), "unfinished": len(book.unfinished()), "reports": len(book.waiting())}
        return _json({"ok": True, "uplinks": len(self.account.uplinks.waiting())} | counts)

    async def _messages(self, _: web.Request) -> web.Response:
        return _json(self.account.book.all())

    async def _posts(self, _: web.Request) -> web.Response:
        return _json(self.account.book.posts)

    async def _phones(self, request: web.Request) -> web.Response:
        return _json(self.texts(request.query.get("number")))

    async def _inbound(self, request: web.Request) -> web.Response:
        text = _read(await request.read(), HandsetText)
        return _json({"sid": self.account.uplinks.receive(text.sender, text.body).mo_id})

    async def _configure(self, request: web.Request) -> web.Response:
        wanted = _read(await request.read(), dict[str, Any])
        try:
            changed = msgspec.convert(msgspec.to_builtins(self.settings) | wanted, GatewaySimulatorSettings)
        except msgspec.ValidationError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        for name in wanted:
            setattr(self.settings, name, getattr(changed, name))
        self.account.faults.seed = changed.seed
        return _json(msgspec.to_builtins(self.settings) | {"secret": "•••"})

    async def _add_faults(self, request: web.Request) -> web.Response:
        added = _read(await request.read(), Fault | list[Fault])
        self.break_things(*(added if isinstance(added, list) else [added]))
        return _json(self.account.faults.rules)

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self.account.faults.rules.clear()
        return _json([])

    async def _reset(self, _: web.Request) -> web.Response:
        await self.account.reset()
        return _json({"ok": True})


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


def _read(body: bytes, type_: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.DecodeError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
