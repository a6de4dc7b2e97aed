"""Serve `/_sim/`: what the stack, the tests and `outagectl phones` ask of the simulator.

Without a password, because it listens on 127.0.0.1 only.
"""

from typing import Any

import msgspec
from aiohttp import web

from devstack.twilio.account import Account, OneWayCountryError
from devstack.twilio.config import SimulatorSettings
from devstack.twilio.faults import Fault


class HandsetText(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A text to send from a handset."""

    sender: str = msgspec.field(name="from")
    body: str
    to: str | None = None


class Control:
    """Handlers under `/_sim/`; every answer is JSON, a wrong body gets 400 with what is wrong."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[web.RouteDef]:
        """The control paths."""
        return [
            web.get("/_sim/health", self._health),
            web.get("/_sim/config", self._config),
            web.patch("/_sim/config", self._configure),
            web.get("/_sim/faults", self._faults),
            web.post("/_sim/faults", self._add_faults),
            web.delete("/_sim/faults", self._clear_faults),
            web.get("/_sim/phones", self._phones),
            web.get("/_sim/messages", self._messages),
            web.get("/_sim/posts", self._posts),
            web.post("/_sim/inbound", self._inbound),
            web.post("/_sim/reset", self._reset),
        ]

    async def _health(self, _: web.Request) -> web.Response:
        hooks = self._account.webhooks
        return _json(
            {
                "ok": True,
                "messages": len(self._account.book.all()),
                "unfinished": len(self._account.book.unfinished()),
                "callbacks_delivered": hooks.delivered,
                "callbacks_given_up": hooks.given_up,
            }
        )

    async def _config(self, _: web.Request) -> web.Response:
        shown = msgspec.to_builtins(self._account.settings)
        return _json(shown | {"auth_token": "•••"})

    async def _configure(self, request: web.Request) -> web.Response:
        now = msgspec.to_builtins(self._account.settings)
        wanted = _read(await request.read(), dict[str, Any])
        changed = _convert(now | wanted, SimulatorSettings)
        for name in wanted:
            setattr(self._account.settings, name, getattr(changed, name))
        self._account.faults.seed = changed.seed
        return await self._config(request)

    async def _faults(self, _: web.Request) -> web.Response:
        return _json(self._account.faults.rules)

    async def _add_faults(self, request: web.Request) -> web.Response:
        added = _read(await request.read(), Fault | list[Fault])
        self._account.faults.rules.extend(added if isinstance(added, list) else [added])
        return await self._faults(request)

    async def _clear_faults(self, request: web.Request) -> web.Response:
        self._account.faults.rules.clear()
        return await self._faults(request)

    async def _phones(self, request: web.Request) -> web.Response:
        return _json(self._account.handsets.texts(request.query.get("number")))

    async def _messages(self, _: web.Request) -> web.Response:
        return _json(self._account.book.all())

    async def _posts(self, _: web.Request) -> web.Response:
        return _json(self._account.book.posts)

    async def _inbound(self, request: web.Request) -> web.Response:
        text = _read(await request.read(), HandsetText)
        try:
            sid, status = await self._account.receive(text.sender, text.body, text.to)
        except OneWayCountryError as error:
            raise web.HTTPConflict(text=str(error)) from error
        return _json({"sid": sid, "webhook_status": status})

    async def _reset(self, _: web.Request) -> web.Response:
        await self._account.reset()
        return _json({"ok": True})


def _json(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


def _read(body: bytes, shape: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.DecodeError as error:
        raise web.HTTPBadRequest(text=f"cannot read this: {error}") from error


def _convert(value: Any, shape: Any) -> Any:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise web.HTTPBadRequest(text=f"cannot read this: {error}") from error
