"""Serve the Messages resource over HTTP, with its faults (https://www.twilio.com/docs/messaging/api/message-resource)."""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from devstack.twilio.account import Account
from devstack.twilio.api.errors import TwilioRefusal
from devstack.twilio.api.listing import page_of_messages
from devstack.twilio.api.requests import our_marks, read_create
from devstack.twilio.faults import Fault
from devstack.twilio.kept.messages import Post, TwilioMessage

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FOREVER = 3600.0
"""How long a hanging answer hangs; any client of ours gives up long before."""
BASE = "/2010-04-01/Accounts/{account}"


class MessagesApi:
    """Handlers of the Messages resource for one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[web.RouteDef]:
        """The paths of the contract that this product uses."""
        return [
            web.post(f"{BASE}/Messages.json", self._guarded(self._create)),
            web.get(f"{BASE}/Messages.json", self._guarded(self._list)),
            web.get(f"{BASE}/Messages/{{sid}}.json", self._guarded(self._fetch)),
            web.post(f"{BASE}/Messages/{{sid}}.json", self._guarded(self._update)),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                self._check_credentials(request)
                return await handler(request)
            except TwilioRefusal as refusal:
                return refused(refusal)

        return answer

    def _check_credentials(self, request: web.Request) -> None:
        settings = self._account.settings
        wanted = f"{settings.account_sid}:{settings.auth_token}".encode()
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        try:
            decoded = base64.b64decode(given, validate=True)
        except binascii.Error:
            decoded = b""
        mine = request.match_info["account"] == settings.account_sid
        if scheme.lower() != "basic" or not hmac.compare_digest(decoded, wanted) or not mine:
            raise TwilioRefusal(20003)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        fault = self._account.faults.draw("create", form.get("To", ""), form.get("Body", ""))
        if fault is not None and not fault.kind.startswith("created-"):
            self._note(fault.kind, form.get("StatusCallback"))
            return await fail(request, fault)
        try:
            draft = read_create(form, self._account.settings, self._account.clock.wall())
            message = self._account.create(draft)
        except TwilioRefusal:
            self._note("refused", form.get("StatusCallback"))
            raise
        self._note(fault.kind if fault else "created", form.get("StatusCallback"), message)
        resource = message.resource(self._account.settings.account_sid)
        if fault is not None:
            return await fail(request, fault, msgspec.json.encode(resource))
        return web.json_response(resource, status=201)

    def _note(self, answer: str, status_callback: str | None, message: TwilioMessage | None = None) -> None:
        message_id, attempt = our_marks(status_callback)
        sid = message.sid if message else None
        self._account.book.note(
            Post(at=self._account.clock.wall(), answer=answer, sid=sid, message_id=message_id, attempt=attempt)
        )

    async def _list(self, request: web.Request) -> web.StreamResponse:
        fault = self._account.faults.draw("list", request.query.get("To", ""), "")
        if fault is not None:
            return await fail(request, fault)
        loop_time = asyncio.get_running_loop().time()
        account_sid = self._account.settings.account_sid
        page = page_of_messages(self._account.book, request.query, account_sid=account_sid, loop_time=loop_time)
        return web.json_response(page)

    def _named(self, request: web.Request) -> TwilioMessage:
        message = self._account.book.get(request.match_info["sid"])
        if message is None:
            raise TwilioRefusal(20404)
        return message

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._named(request).resource(self._account.settings.account_sid))

    async def _update(self, request: web.Request) -> web.StreamResponse:
        message = self._named(request)
        status = (await request.post()).get("Status")
        if status != "canceled":  # redaction (an empty Body) is not used by this product
            raise TwilioRefusal(20001)
        fault = self._account.faults.draw("cancel", message.to, message.sid)
        if fault is None or fault.kind == "canceled-drop":
            self._account.cancel(message)
        if fault is not None:
            return await fail(request, fault)
        return web.json_response(message.resource(self._account.settings.account_sid))


def refused(refusal: TwilioRefusal) -> web.Response:
    """Twilio's JSON for a refusal."""
    headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else None
    return web.json_response(refusal.payload(), status=refusal.http_status, headers=headers)


async def fail(request: web.Request, fault: Fault, resource: bytes = b"") -> web.StreamResponse:
    """Answers as the fault says, or does not answer at all.

    :param resource: the JSON of what was created, for faults that break off a good answer.
    """
    kind = fault.kind.removeprefix("created-").removeprefix("list-").removeprefix("cancel-").removeprefix("canceled-")
    if kind == "hang":
        await asyncio.sleep(FOREVER)
    if kind in {"hang", "drop"}:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if kind == "5xx":
        code = 20503 if fault.status == 503 else 20500  # noqa: PLR2004 - HTTP's own number
        return refused(TwilioRefusal(code, status=fault.status))
    if kind == "throttle":
        return refused(TwilioRefusal(fault.code or 20429, status=429, retry_after=round(fault.seconds)))
    if kind == "refuse":
        refusal = TwilioRefusal(fault.code or 21211, status=fault.status if fault.status < 500 else 0)  # noqa: PLR2004 - HTTP's own number
        return _problem_json(refusal) if fault.problem_json else refused(refusal)
    if kind == "late":
        await asyncio.sleep(fault.seconds)
        return web.Response(body=resource, status=201, content_type="application/json")
    if kind == "garbage":
        return web.Response(text="<html>created, says the proxy</html>", status=201, content_type="text/html")
    return await _broken_body(request, resource, fault)


async def _broken_body(request: web.Request, resource: bytes, fault: Fault) -> web.StreamResponse:
    answer = web.StreamResponse(status=201, headers={"Content-Type": "application/json"})
    answer.content_length = len(resource)
    await answer.prepare(request)
    if fault.kind == "created-drip":
        for position in range(len(resource)):
            await answer.write(resource[position : position + 1])
            await asyncio.sleep(fault.seconds / len(resource))
        await answer.write_eof()
        return answer
    await answer.write(resource[: len(resource) // 2])
    if request.transport is not None:
        request.transport.close()
    return answer


def _problem_json(refusal: TwilioRefusal) -> web.Response:
    """The RFC 9457 form that newer Twilio services use."""
    old: dict[str, Any] = refusal.payload()
    body = {"type": old["more_info"], "title": old["message"], "status": old["status"], "code": old["code"]}
    return web.json_response(body, status=refusal.http_status, content_type="application/problem+json")
