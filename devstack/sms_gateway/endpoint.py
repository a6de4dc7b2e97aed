"""Serve the contract over HTTP (docs/sms-gateway.md), with its faults."""

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from devstack.sms_gateway.account import GatewayAccount, GatewayRefusal
from devstack.sms_gateway.kept import GatewayMessage
from devstack.sms_gateway.signing import signature_of
from devstack.sms_gateway.uplinks import shown
from devstack.twilio.api.endpoint import FOREVER
from devstack.twilio.faults import Fault
from devstack.twilio.kept.messages import Post

NONCE = re.compile(r"[0-9A-Za-z]{16,64}")
NONCE_SECONDS = 600.0
MALFORMED = 9400
INTERNAL = 9000
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Handler = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]


class _Text(msgspec.Struct, forbid_unknown_fields=True):
    cust_id: Id = msgspec.field(name="custId")
    mobile: Annotated[str, Meta(pattern=r"^\+[1-9]\d{6,14}$")]
    content: Annotated[str, Meta(min_length=1, max_length=1700)]
    valid_seconds: Annotated[int, Meta(ge=60, le=36_000)] = msgspec.field(name="validSeconds")


class _Send(msgspec.Struct, forbid_unknown_fields=True):
    messages: Annotated[list[_Text], Meta(min_length=1, max_length=100)]


class _Query(msgspec.Struct, forbid_unknown_fields=True):
    cust_ids: Annotated[list[Id], Meta(max_length=100)] = msgspec.field(name="custIds", default_factory=list)
    msg_ids: Annotated[list[Id], Meta(max_length=100)] = msgspec.field(name="msgIds", default_factory=list)
    since: Annotated[datetime, Meta(tz=True)] | None = None
    mobile: str | None = None
    after: str | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 500


class _Pull(msgspec.Struct, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=500)]
    ack: Id | None = None


class GatewayApi:
    """Handlers of the four requests for one account."""

    def __init__(self, account: GatewayAccount) -> None:
        self._account = account
        self._nonces: dict[str, float] = {}

    def routes(self) -> list[web.RouteDef]:
        """The paths of the contract."""
        return [
            web.post("/sms/v1/send", self._guarded(self._send)),
            web.post("/sms/v1/query", self._guarded(self._query)),
            web.post("/sms/v1/reports", self._guarded(self._reports)),
            web.post("/sms/v1/uplinks", self._guarded(self._uplinks)),
        ]

    def _guarded(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            try:
                self._check(request, body)
                return await handler(request, body)
            except GatewayRefusal as refusal:
                return refused(refusal)
            except msgspec.DecodeError as error:
                return web.json_response({"code": MALFORMED, "message": str(error)})

        return answer

    def _check(self, request: web.Request, body: bytes) -> None:
        settings = self._account.settings
        account, timestamp, nonce, given = (
            request.headers.get(f"X-{name}", "") for name in ("Account", "Timestamp", "Nonce", "Signature")
        )
        if account != settings.account:
            raise GatewayRefusal(1001)
        wanted = signature_of(settings.secret, request.path, timestamp, nonce, body)
        if not hmac.compare_digest(wanted, given) or NONCE.fullmatch(nonce) is None:
            raise GatewayRefusal(1002)
        loop_time = asyncio.get_running_loop().time()
        self._nonces = {one: at for one, at in self._nonces.items() if loop_time - at < NONCE_SECONDS}
        if nonce in self._nonces:
            raise GatewayRefusal(1002)
        self._nonces[nonce] = loop_time
        off = int(timestamp) / 1000 - self._account.clock.wall().timestamp() if timestamp.isdigit() else None
        if off is None or abs(off) > settings.clock_seconds:
            raise GatewayRefusal(1003)

    async def _send(self, request: web.Request, body: bytes) -> web.StreamResponse:
        texts = msgspec.json.decode(body, type=_Send).messages
        results: list[dict[str, Any]] = []
        fault: Fault | None = None
        for text in texts:
            fault = self._account.faults.draw("create", text.mobile, text.content)
            if fault is not None and not fault.kind.startswith("created-"):
                self._note(fault.kind, text.cust_id)
                return await _fail(request, fault)
            try:
                made = self._account.create(text.cust_id, text.mobile, text.content, text.valid_seconds)
            except GatewayRefusal as refusal:
                self._note("refused", text.cust_id)
                results.append({"custId": text.cust_id, "code": refusal.code})
                continue
            self._note(fault.kind if fault else "created", text.cust_id, made)
            results.append({"custId": text.cust_id, "code": 0, "msgId": made.msg_id})
        answer = {"code": 0, "message": "ok", "results": results}
        if fault is not None:
            return await _fail(request, fault, msgspec.json.encode(answer))
        return web.json_response(answer)

    def _note(self, answer: str, cust_id: str, message: GatewayMessage | None = None) -> None:
        named, _, attempt = cust_id.rpartition(".")
        sid = message.msg_id if message else None
        number = int(attempt) if attempt.isdigit() else None
        self._account.book.note(
            Post(at=self._account.clock.wall(), answer=answer, sid=sid, message_id=named or None, attempt=number)
        )

    async def _query(self, request: web.Request, body: bytes) -> web.StreamResponse:
        asked = msgspec.json.decode(body, type=_Query)
        fault = self._account.faults.draw("list", asked.mobile or "", "")
        if fault is not None:
            return await _fail(request, fault)
        found = self._account.found(ids=asked.msg_ids, names=asked.cust_ids, since=asked.since, mobile=asked.mobile)
        ids = [one.msg_id for one in found]
        start = ids.index(asked.after) + 1 if asked.after in ids else 0
        shown = found[start : start + asked.limit]
        more = len(found) > start + len(shown)
        return web.json_response(
            {"code": 0, "items": [_item(one) for one in shown], "next": shown[-1].msg_id if more else None}
        )

    async def _reports(self, request: web.Request, body: bytes) -> web.StreamResponse:
        asked = msgspec.json.decode(body, type=_Pull)
        fault = self._account.faults.draw("list", "", "reports")
        if fault is not None:
            return await _fail(request, fault)
        name, given, more = self._account.batch(asked.limit, asked.ack)
        reports = [
            {
                "msgId": one.msg_id,
                "custId": one.cust_id,
                "state": one.state,
                "errCode": one.err_code,
                "doneAt": _instant(one.done or one.created),
            }
            for one in given
        ]
        return web.json_response({"code": 0, "batchId": name, "reports": reports, "more": more})

    async def _uplinks(self, request: web.Request, body: bytes) -> web.StreamResponse:
        asked = msgspec.json.decode(body, type=_Pull)
        fault = self._account.faults.draw("list", "", "uplinks")
        if fault is not None:
            return await _fail(request, fault)
        name, given, more = self._account.uplinks.batch(asked.limit, asked.ack)
        return web.json_response({"code": 0, "batchId": name, "uplinks": [shown(one) for one in given], "more": more})


def _item(message: GatewayMessage) -> dict[str, Any]:
    return {
        "msgId": message.msg_id,
        "custId": message.cust_id,
        "mobile": message.mobile,
        "content": message.content,
        "state": message.state,
        "errCode": message.err_code,
        "createdAt": _instant(message.created),
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def refused(refusal: GatewayRefusal) -> web.Response:
    """The gateway's own answer that nothing was done."""
    if refusal.retry_after is not None:
        headers = {"Retry-After": str(refusal.retry_after)}
        return web.json_response({"code": refusal.code, "message": "refused"}, status=429, headers=headers)
    return web.json_response({"code": refusal.code, "message": "refused"})


async def _fail(request: web.Request, fault: Fault, answer: bytes = b"") -> web.StreamResponse:
    """Answers as the fault says, or does not answer at all. `answer`: for faults that break off a good one."""
    kind = fault.kind.removeprefix("created-").removeprefix("list-")
    if kind == "hang":
        await asyncio.sleep(FOREVER)
    if kind in {"hang", "drop"}:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if kind == "5xx":
        return web.Response(status=fault.status, text="<html>bad gateway</html>", content_type="text/html")
    if kind == "throttle":
        return refused(GatewayRefusal(2001, retry_after=round(fault.seconds)))
    if kind == "refuse":
        return refused(GatewayRefusal(fault.code or 3001))
    if kind == "garbage":
        return web.json_response({"code": INTERNAL, "message": "try again later"})
    if kind == "late":
        await asyncio.sleep(fault.seconds)
        return web.Response(body=answer, content_type="application/json")
    cut = web.StreamResponse(headers={"Content-Type": "application/json"})
    cut.content_length = len(answer)
    await cut.prepare(request)
    pieces = [answer[: len(answer) // 2]] if kind == "cut" else [answer[at : at + 1] for at in range(len(answer))]
    for piece in pieces:
        await cut.write(piece)
        await asyncio.sleep(fault.seconds / len(answer) if kind == "drip" else 0)
    if kind == "cut" and request.transport is not None:
        request.transport.close()
    return cut
