"""Send texts through Twilio; the only module that imports its library.

The library is used for its knowledge of the Messages resource, not for its HTTP: `OneShotHttp` writes every request
once and within a time limit, knows whether the first byte left, and logs no phone number.
"""

import base64
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientConnectorError, ClientRequest, ClientSession, ClientTimeout, TCPConnector
from aiohttp.abc import AbstractStreamWriter
from aiohttp.connector import Connection
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]  # the library ships no types
from twilio.http.response import Response  # type: ignore[import-untyped]  # as above
from twilio.rest import Client  # type: ignore[import-untyped]  # as above

from services.notifier.domain.provider.port import (
    FindRequest,
    LookupFailed,
    ProviderMessage,
    Reply,
    SendOutcome,
    SendRequest,
    TooLate,
    classify,
)
from services.notifier.domain.provider.twilio_codes import PROVIDER, read_error

TOTAL_SECONDS, CONNECT_SECONDS = 10.0, 3.0
PAGE, WIDE_PAGE, MOST_PAGES = 50, 1000, 20
CLOCK_SLACK = timedelta(seconds=60)
"""Our clock and Twilio's may differ by this much, and its dates have whole seconds."""
NOT_FOUND = 404
T = TypeVar("T")


@dataclass(slots=True)
class _Call:
    """What happened to one request; shared by the layers below through a context variable."""

    before_write: Callable[[], None] | None = None
    written: bool = False
    too_late: bool = False
    status: int | None = None
    body: str | None = None
    retry_after: float | None = None
    trouble: str | None = None

    def reply(self) -> Reply:
        return Reply(
            written=self.written,
            http_status=self.status,
            body=self.body,
            retry_after=self.retry_after,
            trouble=self.trouble,
            too_late=self.too_late,
        )


_CALL: ContextVar[_Call | None] = ContextVar("twilio_call", default=None)


class CheckedConnector(TCPConnector):
    """Asks once more whether the request may still go out, when nothing but the write is left to do."""

    async def connect(self, req: ClientRequest, traces: list[Any], timeout: ClientTimeout) -> Connection:  # noqa: ASYNC109 - aiohttp's signature
        """See aiohttp; raises what `before_write` raises."""
        connection = await super().connect(req, traces, timeout)
        call = _CALL.get()
        if call is not None:
            try:
                if call.before_write is not None:
                    call.before_write()
            except BaseException:
                connection.release()
                raise
            call.written = True
        return connection


class _CheckedRequest(ClientRequest):
    """Asks a last time in the very step that hands the bytes over.

    Between the connection and the body lie turns of the loop in which the process may be stopped for as long as somebody
    likes (headers wait in a buffer for the body). Whoever wakes there must not write what others have sent meanwhile.
    """

    async def write_bytes(
        self, writer: AbstractStreamWriter, conn: Connection, content_length: int | None = None
    ) -> None:
        call = _CALL.get()
        if call is not None and call.before_write is not None:
            try:
                call.before_write()
            except BaseException as error:
                if conn.protocol is not None:
                    conn.protocol.set_exception(error)
                conn.close()
                raise
        await super().write_bytes(writer, conn, content_length)


Connect = Callable[[], CheckedConnector]
"""Makes what opens the connections, within the running loop. A simulation's opens them without a socket."""


class OneShotHttp(AsyncHttpClient):  # type: ignore[misc]  # the library ships no types
    """Sends every request once, with a limit for the whole of it.

    The library's own client ignores its time limit (https://github.com/twilio/twilio-python/issues/925), writes phone
    numbers to its log and can be told to repeat a POST.
    """

    def __init__(
        self,
        *,
        total_seconds: float,
        connect_seconds: float,
        base_url: str | None = None,
        connector: Connect = CheckedConnector,
    ) -> None:
        super().__init__(logging.getLogger("twilio.async_http_client"), is_async=True, timeout=total_seconds)
        self._limits = ClientTimeout(total=total_seconds, connect=connect_seconds)
        self._base = urlsplit(base_url) if base_url else None
        self._connector = connector
        self._session: ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002 - the library's signature; our own limit holds
        allow_redirects: bool = False,  # noqa: FBT001, FBT002, ARG002 - as above; a redirect is never followed
    ) -> Response:
        """One request, one answer.

        :raises TimeoutError: over the limit, however much of the answer had come.
        :raises aiohttp.ClientError: no whole answer.
        """
        if self._session is None:  # made here, because it belongs to the running loop
            self._session = ClientSession(
                connector=self._connector(), request_class=_CheckedRequest, timeout=self._limits
            )
        if self._base is not None:
            url = urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc).geturl()
        sent = dict(headers or {})
        if auth is not None:
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        call = _CALL.get() or _Call()
        async with self._session.request(
            method.upper(), url, params=params, data=data, headers=sent, allow_redirects=False
        ) as answer:
            call.status = answer.status
            call.retry_after = _seconds(answer.headers.get("Retry-After"))
            call.body = await answer.text()
            return Response(answer.status, call.body, answer.headers)

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _seconds(retry_after: str | None) -> float | None:
    # Twilio sends whole seconds; the date form of HTTP would be an unknown wish and is passed over.
    return float(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else None


def status_callback(public_url: str) -> Callable[[str, int], str]:
    """Builds callback addresses that carry our own ids, so that a signed receipt names the attempt it belongs to.

    :param public_url: the gateway's base address as the provider reaches it.
    """
    base = public_url.rstrip("/")

    def build(message_id: str, attempt: int) -> str:
        # rc, rp: five retries on any failure; the default is one, and only when no connection came about.
        return f"{base}/twilio/status?{urlencode({'n': message_id, 'a': attempt})}#rc=5&rp=all"

    return build


class TwilioProvider:
    """`SmsProvider` over Twilio's Messages resource (https://www.twilio.com/docs/messaging/api/message-resource)."""

    name = PROVIDER

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        callback: Callable[[str, int], str],
        sender: str | None = None,
        messaging_service_sid: str | None = None,
        base_url: str | None = None,
        total_seconds: float = TOTAL_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
        connector: Connect = CheckedConnector,
    ) -> None:
        """:raises ValueError: not exactly one of sender and messaging service is given."""
        if (sender is None) == (messaging_service_sid is None):
            raise ValueError("give either sender or messaging_service_sid: they say who the text comes from")
        self._from = {"from_": sender} if sender else {"messaging_service_sid": messaging_service_sid}
        self.sender = sender or messaging_service_sid or ""
        self._callback = callback
        self._http = OneShotHttp(
            total_seconds=total_seconds, connect_seconds=connect_seconds, base_url=base_url, connector=connector
        )
        self._client = Client(account_sid, auth_token, http_client=self._http)
        # The library imports its resources at first use, which takes a second or more: now, and not in the first post, whose
        # connection would time out meanwhile.
        self._messages = self._client.messages

    async def send(self, request: SendRequest) -> SendOutcome:
        """See SmsProvider.send."""
        call = _Call(before_write=request.before_write)
        await self._asked(
            call,
            lambda: self._messages.create_async(
                to=request.to,
                body=request.body,
                validity_period=request.validity,
                status_callback=self._callback(request.message_id, request.attempt),
                risk_check="disable",  # an outage alert must not be held for 30 minutes as suspected fraud
                smart_encoded=False,  # the text is frozen: a look-up compares it letter by letter
                **self._from,
            ),
        )
        return classify(call.reply())

    async def find(self, request: FindRequest) -> ProviderMessage | LookupFailed | None:
        """See SmsProvider.find.

        Asks without a date: a queued message has no DateSent and the filter would hide it. Newest first, further pages
        only while they may still hold messages of the time in question. Without a number, among everybody's messages.
        """
        since = request.started_at - CLOCK_SLACK
        fitting: list[Any] = []
        page: Any = None
        for _ in range(MOST_PAGES):
            call = _Call()
            turned = await self._asked(call, self._turn_page(request, page))
            if turned is None:
                return LookupFailed(_why(call))
            page, messages = turned
            fitting += [message for message in messages if _fits(message, request, since)]
            if not page.next_page_url or (messages and messages[-1].date_created < since):
                return _earliest(fitting, request.body)
        return LookupFailed(f"more than {MOST_PAGES} pages of messages since the attempt began")

    def _turn_page(self, request: FindRequest, page: Any) -> Callable[[], Awaitable[tuple[Any, list[Any]]]]:
        async def turn() -> tuple[Any, list[Any]]:
            if page is not None:
                turned = await page.next_page_async()
            elif request.to is not None:
                turned = await self._messages.page_async(to=request.to, page_size=PAGE)
            else:
                turned = await self._messages.page_async(page_size=WIDE_PAGE)
            return turned, list(turned)

        return turn

    async def fetch(self, sid: str) -> ProviderMessage | LookupFailed | None:
        """See SmsProvider.fetch."""
        call = _Call()
        message = await self._asked(call, lambda: self._client.messages(sid).fetch_async())
        if message is not None:
            return _found(message)
        if call.status == NOT_FOUND and read_error(call.body) is not None:
            return None
        return LookupFailed(_why(call))

    async def close(self) -> None:
        """See SmsProvider.close."""
        await self._http.close()

    @staticmethod
    async def _asked(call: _Call, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Runs one request and writes down what became of it; None when it gave no result."""
        token = _CALL.set(call)
        try:
            return await ask()
        except TooLate:
            call.too_late = True
        except ClientConnectorError as error:
            call.trouble = f"no connection: {error}"
        except Exception as error:  # noqa: BLE001 - whatever broke, the question is only what was written and answered
            # Only the kind of error: messages of the library quote phone numbers.
            call.trouble = type(error).__name__
        finally:
            _CALL.reset(token)
        return None


def _why(call: _Call) -> str:
    return f"answered {call.status}" if call.status and call.body is not None else call.trouble or "no answer"


def _fits(message: Any, request: FindRequest, since: datetime) -> bool:
    return (
        message.direction != "inbound"
        and request.fits(message.body)
        and request.goes_to(message.to)
        and message.date_created >= since
        and message.sid not in request.owned
    )


def _found(message: Any) -> ProviderMessage:
    return ProviderMessage(
        sid=message.sid,
        status=message.status,
        error_code=message.error_code,
        created_at=message.date_created.astimezone(UTC),
    )


def _earliest(fitting: list[Any], body: str) -> ProviderMessage | None:
    """The first that went, of those that say `body` if there are any. Doubles of it say the same to the letter.

    Another that says as much with other times in it is the next text of the same outage.
    """
    if not fitting:
        return None
    first, *others = sorted(fitting, key=lambda message: (message.body != body, message.date_created))
    return replace(_found(first), doubles=tuple(other.sid for other in others if other.body == first.body))
