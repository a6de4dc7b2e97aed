"""Send texts through Twilio; the only module that imports its library.

The library is used for its knowledge of the Messages resource, not for its HTTP: `OneShotHttp` writes every request
once and within a time limit, knows whether the first byte left, and logs no phone number.
"""

import base64
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientSession, ClientTimeout
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]  # the library ships no types
from twilio.http.response import Response  # type: ignore[import-untyped]  # as above
from twilio.rest import Client  # type: ignore[import-untyped]  # as above

from services.notifier.domain.provider.listing import ListedMessage
from services.notifier.domain.provider.port import (
    FindRequest,
    LookupFailed,
    ProviderMessage,
    SendOutcome,
    SendRequest,
    classify,
)
from services.notifier.domain.provider.scheduling import CANCELED, Gone, TakeBack, TakenBack
from services.notifier.domain.provider.twilio_codes import PROVIDER, read_answer, read_error
from services.notifier.sending.providers.one_shot import (
    CALL,
    CONNECT_SECONDS,
    TOTAL_SECONDS,
    Call,
    CheckedConnector,
    CheckedRequest,
    Connect,
    asked,
    seconds,
)

PAGE, WIDE_PAGE, MOST_PAGES = 50, 1000, 20
CLOCK_SLACK, WIDE_SLACK = timedelta(hours=1, minutes=5), timedelta(seconds=60)
"""Our clock and Twilio's may differ by this much, and its dates have whole seconds; among everybody's messages by less.

So much costs nothing where the number is known, for its messages are few and a text's body is its own. What a clock that is
ahead hid from us would be sent twice.
"""
NOT_FOUND = 404
REFUSED = range(400, 500)
NOT_CANCELABLE = 30409
"""Message cannot be canceled in its current state (https://www.twilio.com/docs/api/errors/30409)."""


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
                connector=self._connector(), request_class=CheckedRequest, timeout=self._limits
            )
        if self._base is not None:
            url = urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc).geturl()
        sent = dict(headers or {})
        if auth is not None:
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        call = CALL.get() or Call()
        async with self._session.request(
            method.upper(), url, params=params, data=data, headers=sent, allow_redirects=False
        ) as answer:
            call.status = answer.status
            call.retry_after = seconds(answer.headers.get("Retry-After"))
            call.body = await answer.text()
            return Response(answer.status, call.body, answer.headers)

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


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
    signature = None
    keeps: timedelta | None = None

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
        # Without a messaging service Twilio does not hold a message: it goes out at once.
        self.schedules = messaging_service_sid is not None
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
        call = Call(before_write=request.before_write)
        await asked(
            call,
            lambda: self._messages.create_async(
                to=request.to,
                body=request.body,
                validity_period=request.validity,
                status_callback=self._callback(request.message_id, request.attempt),
                risk_check="disable",  # an outage alert must not be held for 30 minutes as suspected fraud
                smart_encoded=False,  # the text is frozen: a look-up compares it letter by letter
                **({} if request.send_at is None else {"schedule_type": "fixed", "send_at": request.send_at}),
                **self._from,
            ),
        )
        return classify(call.reply(), read_answer)

    async def find(self, request: FindRequest) -> ProviderMessage | LookupFailed | None:
        """See SmsProvider.find.

        Asks without a date: a queued message has no DateSent and the filter would hide it. Newest first, further pages
        only while they may still hold messages of the time in question. Without a number, among everybody's messages.
        """
        since = request.started_at - (WIDE_SLACK if request.to is None else CLOCK_SLACK)
        fitting: list[Any] = []
        page: Any = None
        for _ in range(MOST_PAGES):
            call = Call()
            turned = await asked(call, self._turn_page(request.to, page))
            if turned is None:
                return LookupFailed(call.why())
            page, messages = turned
            fitting += [message for message in messages if _fits(message, request, since)]
            if not page.next_page_url or (messages and messages[-1].date_created < since):
                return _earliest(fitting, request.body)
        return LookupFailed(f"more than {MOST_PAGES} pages of messages since the attempt began")

    async def listed(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[ListedMessage] | LookupFailed]:
        """See MessageLister.listed. Without a date too, for the same reason."""
        page: Any = None
        while True:
            call = Call()
            turned = await asked(call, self._turn_page(None, page))
            if turned is None:
                yield LookupFailed(call.why())
                return
            page, messages = turned
            yield [
                _listed(one) for one in messages if one.direction != "inbound" and since <= one.date_created <= until
            ]
            if not page.next_page_url or (messages and messages[-1].date_created < since):
                return

    def _turn_page(self, to: str | None, page: Any) -> Callable[[], Awaitable[tuple[Any, list[Any]]]]:
        async def turn() -> tuple[Any, list[Any]]:
            if page is not None:
                turned = await page.next_page_async()
            elif to is not None:
                turned = await self._messages.page_async(to=to, page_size=PAGE)
            else:
                turned = await self._messages.page_async(page_size=WIDE_PAGE)
            return turned, list(turned)

        return turn

    async def take_back(self, sid: str) -> TakeBack:
        """See SchedulingProvider.take_back."""
        call = Call()
        message = await asked(call, lambda: self._client.messages(sid).update_async(status=CANCELED))
        if message is not None:
            return TakenBack()
        if call.status in REFUSED and read_error(call.body) == NOT_CANCELABLE:
            # Asked before, and the answer was lost: or it has left.
            found = await self.fetch(sid)
            if isinstance(found, ProviderMessage):
                return TakenBack() if found.status == CANCELED else Gone()
            return found or TakenBack()
        return LookupFailed(call.why())

    async def fetch(self, sid: str) -> ProviderMessage | LookupFailed | None:
        """See SmsProvider.fetch."""
        call = Call()
        message = await asked(call, lambda: self._client.messages(sid).fetch_async())
        if message is not None:
            return _found(message)
        if call.status == NOT_FOUND and read_error(call.body) is not None:
            return None
        return LookupFailed(call.why())

    async def close(self) -> None:
        """See SmsProvider.close."""
        await self._http.close()


def _fits(message: Any, request: FindRequest, since: datetime) -> bool:
    return (
        message.direction != "inbound"
        and message.status != CANCELED  # it never went
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
        provider=PROVIDER,
    )


def _listed(message: Any) -> ListedMessage:
    return ListedMessage(
        sid=message.sid,
        status=message.status,
        error_code=message.error_code,
        created_at=message.date_created.astimezone(UTC),
        to=message.to,
        body=message.body,
        senders=frozenset(one for one in (message.from_, message.messaging_service_sid) if one),
    )


def _earliest(fitting: list[Any], body: str) -> ProviderMessage | None:
    """The first that went, of those that say `body` if there are any. Doubles of it say the same to the letter.

    Another that says as much with other times in it is the next text of the same outage.
    """
    if not fitting:
        return None
    first, *others = sorted(fitting, key=lambda message: (message.body != body, message.date_created))
    return replace(_found(first), doubles=tuple(other.sid for other in others if other.body == first.body))
