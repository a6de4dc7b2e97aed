"""Take texts of customers that the HTTP gateway pushes to us, where it does not wait until they are fetched.

`POST /sms-gateway/uplinks`, signed as our own requests to it are (docs/sms-gateway.md). Code 0 is answered only once Kafka has the
whole batch; whatever else is answered, it pushes the same again, and each text is taken once by its id.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
import structlog
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.gateway.limits import MOST_BODY_BYTES, BodyTooLarge, NoPlace, Room, TooSlow
from services.sms_gateway.signing import refusal_of
from services.sms_gateway.uplinks import Uplink, read_uplinks

PATH: Final = "/sms-gateway/uplinks"
MOST: Final = 100
OK, TROUBLE, UNREADABLE = 0, 9000, 9400
WHY: Final = {1001: "account unknown", 1002: "wrong signature", 1003: "the clocks differ"}

log = structlog.get_logger(__name__)
PublishUplinks = Callable[[Sequence[Uplink]], Awaitable[None]]


class _Push(msgspec.Struct, frozen=True):
    uplinks: Annotated[list[Any], Meta(min_length=1, max_length=MOST)]


@dataclass(frozen=True, slots=True)
class UplinkDoor:
    """`account`, `secret`: those of our requests to the gateway. `publish`: returns when all is safe; else it raises."""

    account: str
    secret: str = field(repr=False)
    public_url: str
    publish: PublishUplinks
    wall: Callable[[], datetime]
    room: Room = field(default_factory=Room)

    def routes(self) -> list[Route]:
        """Where it is."""
        return [Route(PATH, self.take, methods=["POST"])]

    async def take(self, request: Request) -> JSONResponse:
        """200 with code 0: safe; 400 unreadable, 403 not genuine, 408 and 413 as HTTP has them, 503 not published."""
        try:
            with self.room.share() as share:
                body = await share.body(request)
                return await self._judge(request, body)
        except NoPlace:
            return _said(503, TROUBLE, "other requests fill the memory, push again")
        except TooSlow:
            return _said(408, UNREADABLE, "the body was not whole in time")
        except BodyTooLarge:
            return _said(413, UNREADABLE, f"more than {MOST_BODY_BYTES} bytes")

    async def _judge(self, request: Request, body: bytes) -> JSONResponse:
        path = urlsplit(self.public_url).path.rstrip("/") + PATH
        code = refusal_of(request.headers, self.account, self.secret, path, body, wall=self.wall())
        if code is not None:
            log.warning("push-not-genuine", path=PATH, reason=WHY[code])
            return _said(403, code, WHY[code])
        try:
            push = msgspec.json.decode(body, type=_Push)
        except msgspec.DecodeError as error:
            # Its own words may quote a number.
            log.warning("push-unreadable", path=PATH, error=type(error).__name__)
            return _said(400, UNREADABLE, f"give uplinks, 1 to {MOST} of them")
        found, unreadable = read_uplinks(push.uplinks)
        if unreadable:
            log.error("uplinks-unreadable", path=PATH, texts=unreadable, taken=len(found))
        try:
            await self.publish(found)
        except Exception as error:  # noqa: BLE001 - whatever hinders publishing, the gateway must push again
            log.error("push-not-published", path=PATH, texts=len(found), error=type(error).__name__)
            return _said(503, TROUBLE, "not published, push again")
        return _said(200, OK, "ok" if not unreadable else f"{unreadable} passed over: they do not keep the contract")


def _said(status: int, code: int, message: str) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status, {"Retry-After": "1"} if status == 503 else None)  # noqa: PLR2004 - HTTP's word
