"""Serve Twilio's webhooks: status callbacks and texts from customers. Thin: check, read, hand on, answer.

An answer other than 2xx makes Twilio call again (our callback addresses ask for five retries), so 204 is said only once
the fact is safe, and 503 when it could not be made safe.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import parse_qsl

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.gateway.limits import BODY_SECONDS
from services.gateway.twilio.signature import SETTINGS_HEADER, SIGNATURE_HEADER, is_genuine, public_address

MOST_BYTES = 64 * 1024
MOST_FIELDS = 200
IDEMPOTENCY_HEADER = "I-Twilio-Idempotency-Token"
OPT_OUT: Final[Mapping[str, Literal["stop", "start", "help"]]] = {"STOP": "stop", "START": "start", "HELP": "help"}
"""Twilio's OptOutType, sent where a messaging service has Advanced Opt-Out; whatever else it may say is read as any text."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What Twilio says about one message."""

    sid: str
    status: str
    """Twilio's word: queued, sending, sent, delivered, undelivered, failed …"""
    error_code: int | None
    notification_id: str | None
    """Our own id, out of the callback's address (`n`)."""
    attempt: int | None
    """Our own attempt number (`a`)."""
    token: str | None
    """The same for all retries of one callback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A text somebody sent us. Its numbers stay in this process: put `blind_index(from_number, key)` on a topic."""

    sid: str
    from_number: str = field(repr=False)
    to_number: str = field(repr=False)
    body: str = field(repr=False)
    opt_out: Literal["stop", "start", "help"] | None = None
    """As what Twilio has understood it and heeds by itself, in whatever language its words are set to (OptOutType)."""


Publish = Callable[[Receipt | Inbound], Awaitable[None]]


class _UnreadableError(Exception):
    """The webhook lacks something; the message says what."""


def routes(*, tokens: Sequence[str], public_url: str | None, publish: Publish) -> list[Route]:
    """`POST /twilio/status` and `POST /twilio/inbound`.

    :param tokens: auth tokens to accept: the primary one and, while it is being changed, the secondary one.
    :param public_url: base address as Twilio calls it; None: what the server itself sees (no proxy before it).
    :param publish: returns when the fact is safe; whatever it raises becomes a 503.
    :raises ValueError: no token, which would let anybody in or nobody.

    Answers: 204 published; 400 with the reason, a field is missing or wrong; 403 not signed by Twilio; 408 too slow;
    413 too large; 503 not published.
    """
    if not tokens or not all(tokens):
        raise ValueError("give at least one auth token, and no empty one: without it no webhook can be checked")
    door = _Door(tuple(tokens), public_url, publish)
    return [
        Route("/twilio/status", door.status, methods=["POST"]),
        Route("/twilio/inbound", door.inbound, methods=["POST"]),
    ]


@dataclass(frozen=True, slots=True)
class _Door:
    tokens: tuple[str, ...]
    public_url: str | None
    publish: Publish

    async def status(self, request: Request) -> Response:
        return await self._take(request, read_receipt)

    async def inbound(self, request: Request) -> Response:
        return await self._take(request, read_inbound)

    async def _take(self, request: Request, read: "Reader") -> Response:
        try:
            body = await _limited_body(request)
        except TimeoutError:
            return PlainTextResponse(f"the body was not whole within {BODY_SECONDS:.0f} s\n", status_code=408)
        if body is None:
            return PlainTextResponse(f"more than {MOST_BYTES} bytes\n", status_code=413)
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            return PlainTextResponse("the body is not a form in UTF-8\n", status_code=400)
        if not self._genuine(request, pairs):
            log.warning("webhook-not-signed", path=request.url.path)
            return PlainTextResponse("not signed by the provider\n", status_code=403)
        try:
            fact = read(dict(pairs), request)
        except _UnreadableError as error:
            log.warning("webhook-unreadable", path=request.url.path, reason=str(error))
            return PlainTextResponse(f"{error}\n", status_code=400)
        try:
            await self.publish(fact)
        except Exception as error:  # noqa: BLE001 - whatever hinders publishing, the provider must call again
            # No traceback: it may quote the numbers.
            log.error("webhook-not-published", path=request.url.path, sid=fact.sid, error=type(error).__name__)
            return PlainTextResponse("not published, call again\n", status_code=503, headers={"Retry-After": "1"})
        return Response(status_code=204)

    def _genuine(self, request: Request, pairs: list[tuple[str, str]]) -> bool:
        address = str(request.url)
        if self.public_url is not None:
            path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
            query: bytes = request.scope["query_string"]
            address = public_address(self.public_url, path.decode("latin-1"), query.decode("latin-1"))
        return is_genuine(
            address=address,
            fields=pairs,
            signature=request.headers.get(SIGNATURE_HEADER),
            tokens=self.tokens,
            settings=request.headers.get(SETTINGS_HEADER),
        )


Reader = Callable[[dict[str, str], Request], Receipt | Inbound]


def read_receipt(form: dict[str, str], request: Request) -> Receipt:
    """The receipt in a status callback.

    :raises _UnreadableError: MessageSid or MessageStatus is missing, ErrorCode or `a` is no number.
    """
    return Receipt(
        sid=_needed(form, "MessageSid"),
        status=_needed(form, "MessageStatus"),
        error_code=_number("ErrorCode", form.get("ErrorCode")),
        notification_id=request.query_params.get("n") or None,
        attempt=_number("a", request.query_params.get("a")),
        token=request.headers.get(IDEMPOTENCY_HEADER),
    )


def read_inbound(form: dict[str, str], _: Request) -> Inbound:
    """The text in an inbound webhook; an empty one counts (a picture without words).

    :raises _UnreadableError: MessageSid, From or To is missing.
    """
    return Inbound(
        sid=_needed(form, "MessageSid"),
        from_number=_needed(form, "From"),
        to_number=_needed(form, "To"),
        body=form.get("Body", ""),
        opt_out=OPT_OUT.get(form.get("OptOutType", "").strip().upper()),
    )


def _needed(form: dict[str, str], name: str) -> str:
    value = form.get(name, "").strip()
    if not value:
        raise _UnreadableError(f"the field {name} is missing")
    return value


def _number(name: str, text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise _UnreadableError(f"{name} must be a whole number")
    return int(text)


async def _limited_body(request: Request) -> bytes | None:
    body = b""
    async with asyncio.timeout(BODY_SECONDS):
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return None
    return body
