"""Send texts through an HTTP gateway of the domestic kind: signed JSON, look-up by our own id, reports in batches.

Its contract: docs/sms-gateway.md.
"""

import json
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
import structlog
from aiohttp import ClientSession, ClientTimeout

from services.notifier.domain.provider.gateway_codes import (
    HTTP_OK,
    OK,
    PROVIDER,
    SID_PREFIX,
    STATES,
    json_object,
    our_id,
    read_answer,
    read_our_id,
)
from services.notifier.domain.provider.listing import ListedMessage
from services.notifier.domain.provider.port import (
    FindRequest,
    LookupFailed,
    ProviderMessage,
    ReportBatch,
    SendOutcome,
    SendRequest,
    StatusReport,
    classify,
)
from services.notifier.domain.wording.signing import marked, signed
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
from services.sms_gateway.signing import signed_headers
from services.sms_gateway.uplinks import UplinkBatch, read_uplinks

log = structlog.get_logger()

SEND, QUERY, REPORTS, UPLINKS = "/sms/v1/send", "/sms/v1/query", "/sms/v1/reports", "/sms/v1/uplinks"
PAGE, MOST_PAGES, BATCH = 500, 20, 200
KEPT: Final = timedelta(hours=71)
"""It keeps messages for 72 hours; an hour for the clocks, and for the time that a walk takes."""
CLOCK_SLACK: Final = timedelta(seconds=60)
"""Our clock and the gateway's may differ by this much."""


Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class _Report(msgspec.Struct, frozen=True):
    msg_id: Id = msgspec.field(name="msgId")
    cust_id: str = msgspec.field(name="custId")
    state: str
    code: int = msgspec.field(name="errCode", default=0)


class _Item(_Report, frozen=True, kw_only=True):
    mobile: str
    content: str
    created_at: Annotated[datetime, msgspec.Meta(tz=True)] = msgspec.field(name="createdAt")

    @property
    def sid(self) -> str:
        return f"{SID_PREFIX}{self.msg_id}"

    @property
    def created(self) -> datetime:
        return self.created_at.astimezone(UTC)


class _Page(msgspec.Struct, frozen=True):
    items: list[_Item]
    next: str | None = None


class SmsGatewayProvider:
    """`ReportingProvider` over the HTTP gateway."""

    name = PROVIDER
    keeps: timedelta | None = KEPT

    def __init__(
        self,
        *,
        url: str,
        account: str,
        secret: str,
        signature: str,
        wall: Callable[[], datetime],
        total_seconds: float = TOTAL_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
        connector: Connect = CheckedConnector,
    ) -> None:
        """`url`: its base address; `signature`: as registered, without brackets; `wall`: real time, which signs requests."""
        self._url, self._path = url.rstrip("/"), urlsplit(url).path.rstrip("/")
        self._account, self._secret = account, secret
        self.sender = self.signature = signature
        self._wall = wall
        self._limits = ClientTimeout(total=total_seconds, connect=connect_seconds)
        self._connector = connector
        self._session: ClientSession | None = None

    async def send(self, request: SendRequest) -> SendOutcome:
        """See SmsProvider.send."""
        call, cust_id = Call(before_write=request.before_write), our_id(request.message_id, request.attempt)
        message = {
            "custId": cust_id,
            "mobile": request.to,
            "content": self.worded(request.body),
            "validSeconds": request.validity,
        }
        await asked(call, lambda: self._post(SEND, {"messages": [message]}))
        return classify(call.reply(), partial(read_answer, cust_id))

    def worded(self, body: str) -> str:
        """The text as it goes out: with the registered signature before it, unless it begins with that."""
        return signed(body, self.signature)

    async def find(self, request: FindRequest) -> ProviderMessage | LookupFailed | None:
        """See SmsProvider.find. By our own id, which the gateway gives back; of unknown attempts, by the text's."""
        since = _instant(request.started_at - CLOCK_SLACK)
        if request.attempt is not None:
            name = our_id(request.message_id, request.attempt)
            page = await self._page({"custIds": [name], "since": since})
            return (
                page
                if isinstance(page, LookupFailed)
                else _earliest(page.items, request, lambda it: it.cust_id == name)
            )
        return await self._find_any(request, since)

    async def _find_any(self, request: FindRequest, since: str) -> ProviderMessage | LookupFailed | None:
        """Whatever attempt of the text, or of one that says as much, made it: all that went there since is gone through."""
        asked_for: dict[str, Any] = {"since": since, "limit": PAGE}
        if request.to is not None:
            asked_for["mobile"] = request.to
        for _ in range(MOST_PAGES):
            page = await self._page(asked_for)
            if isinstance(page, LookupFailed):
                return page
            found = _earliest(page.items, request, partial(self._may_be, request))
            if found is not None or page.next is None:
                return found
            asked_for["after"] = page.next
        return LookupFailed(f"more than {MOST_PAGES} pages of messages since the attempt began")

    def _may_be(self, request: FindRequest, item: _Item) -> bool:
        named = read_our_id(item.cust_id)
        if named is not None and named[0] == request.message_id:
            return True
        said = item.content.removeprefix(marked(self.signature))
        return request.goes_to(item.mobile) and (request.fits(item.content) or request.fits(said))

    async def fetch(self, sid: str) -> ProviderMessage | LookupFailed | None:
        """See SmsProvider.fetch."""
        page = await self._page({"msgIds": [sid.removeprefix(SID_PREFIX)]})
        if isinstance(page, LookupFailed):
            return page
        return next((_message(item) for item in page.items if item.sid == sid), None)

    async def listed(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[ListedMessage] | LookupFailed]:
        """See MessageLister.listed. The gateway answers oldest first, so all of it is read before the newest is given.

        What it keeps no more is passed over, and said: it would refuse the whole question.
        """
        oldest = self._wall() - KEPT
        if since < oldest:
            log.warning(
                "the gateway keeps no messages of so long ago", since=since.isoformat(), kept=oldest.isoformat()
            )
            since = oldest
        pages: list[list[_Item]] = []
        asked_for: dict[str, Any] = {"since": _instant(since), "limit": PAGE}
        while True:
            page = await self._page(asked_for)
            if isinstance(page, LookupFailed):
                yield page
                return
            pages.append([item for item in page.items if item.created <= until])
            if page.next is None:
                break
            asked_for["after"] = page.next
        for items in reversed(pages):
            yield [_listed(item) for item in reversed(items)]

    async def pull(self, ack: str | None) -> ReportBatch | LookupFailed:
        """See ReportingProvider.pull."""
        call = Call()
        batch = await self._asked(call, REPORTS, {"limit": BATCH} | ({"ack": ack} if ack else {}))
        if batch is None:
            return LookupFailed(call.why())
        reports = batch.get("reports")
        read = [_report(one) for one in reports] if isinstance(reports, list) else []
        name = batch.get("batchId")
        return ReportBatch(
            name if isinstance(name, str) else "", tuple(filter(None, read)), more=batch.get("more") is True
        )

    async def pull_uplinks(self, ack: str | None) -> UplinkBatch | LookupFailed:
        """Acknowledges the batch before (`ack`, once all of it is on our topic) and fetches the next one.

        Unacknowledged texts come again, to whoever asks next: a text may be heard twice, never lost.
        """
        call = Call()
        batch = await self._asked(call, UPLINKS, {"limit": BATCH} | ({"ack": ack} if ack else {}))
        if batch is None:
            return LookupFailed(call.why())
        given, name = batch.get("uplinks"), batch.get("batchId")
        if not isinstance(given, list) or not isinstance(name, str):
            return LookupFailed("an answer that does not keep the contract")
        found, unreadable = read_uplinks(given)
        return UplinkBatch(name, tuple(found), unreadable)

    async def close(self) -> None:
        """See SmsProvider.close."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _page(self, query: Mapping[str, Any]) -> "_Page | LookupFailed":
        call = Call()
        answer = await self._asked(call, QUERY, query)
        if answer is None:
            return LookupFailed(call.why())
        try:
            return msgspec.convert(answer, _Page)
        except msgspec.ValidationError:
            # What cannot be read may be the message that is looked for: then nothing was answered.
            return LookupFailed("an answer that does not keep the contract")

    async def _asked(self, call: Call, path: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer to a question, None where there is none that says so itself."""
        await asked(call, lambda: self._post(path, body))
        data = json_object(call.body) if call.status == HTTP_OK else {}
        if data.get("code") == OK:
            return data
        if call.status == HTTP_OK and call.body is not None:
            call.trouble, call.body = f"answered code {data.get('code')}", None
        return None

    async def _post(self, path: str, message: Mapping[str, Any]) -> None:
        if self._session is None:  # made here, because it belongs to the running loop
            self._session = ClientSession(
                connector=self._connector(), request_class=CheckedRequest, timeout=self._limits
            )
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        known = signed_headers(
            self._account, self._secret, self._path + path, body, wall=self._wall(), nonce=secrets.token_hex(16)
        )
        headers = {"Content-Type": "application/json", **known}
        call = CALL.get() or Call()
        async with self._session.post(self._url + path, data=body, headers=headers, allow_redirects=False) as answer:
            call.status = answer.status
            call.retry_after = seconds(answer.headers.get("Retry-After"))
            call.body = await answer.text()


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _earliest(items: list[_Item], request: FindRequest, fits: Callable[[_Item], bool]) -> ProviderMessage | None:
    """The first that went; further ones are doubles of it."""
    mine = [item for item in items if fits(item) and item.sid not in request.owned]
    if not mine:
        return None
    first, *others = sorted(mine, key=lambda item: (item.created, item.msg_id))
    return replace(_message(first), doubles=tuple(other.sid for other in others))


def _listed(item: _Item) -> ListedMessage:
    message, named = _message(item), read_our_id(item.cust_id)
    return ListedMessage(
        sid=message.sid,
        status=message.status,
        error_code=message.error_code,
        created_at=message.created_at,
        to=item.mobile,
        body=item.content,
        message_id=named[0] if named else None,
        senders=frozenset({item.content[1:].partition("】")[0]} if item.content.startswith("【") else ()),
    )


def _message(item: _Item) -> ProviderMessage:
    return ProviderMessage(
        sid=item.sid,
        status=STATES.get(item.state, "queued"),
        error_code=item.code or None,
        created_at=item.created,
        provider=PROVIDER,
    )


def _report(report: object) -> StatusReport | None:
    """None where it does not say whose state it is."""
    try:
        said = msgspec.convert(report, _Report)
    except msgspec.ValidationError:
        return None
    message_id, attempt = read_our_id(said.cust_id) or (None, None)
    return StatusReport(
        sid=f"{SID_PREFIX}{said.msg_id}",
        status=STATES.get(said.state, "queued"),
        code=said.code or None,
        message_id=message_id,
        attempt=attempt,
    )
