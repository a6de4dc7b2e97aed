"""Fetch a list over HTTP, politely: what has not changed is not sent again, and whoever says wait is heard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final, Literal, Self
from urllib.parse import urlsplit

import aiohttp

from services.kernel.clock import Clock

CONNECT_SECONDS: Final = 10.0
SECONDS: Final = 30.0
LARGEST_BYTES: Final = 32 * 1024 * 1024
CHUNK_BYTES: Final = 64 * 1024
REDIRECTS: Final = 3
LONGEST_WAIT: Final = timedelta(hours=1)
"""What a server may ask for with Retry-After; more would be an outage of ours."""
AGENT: Final = "outage-notice (polls this list for its customers' notices)"

FetchTrouble = Literal["no-answer", "refused", "wait", "server-error", "too-large", "redirected"]


class FetchFailed(Exception):
    """No list came; the message says why in words. `wait`: how long the server wants to be left alone."""

    def __init__(self, trouble: FetchTrouble, words: str, wait: timedelta | None = None) -> None:
        super().__init__(words)
        self.trouble, self.wait = trouble, wait


@dataclass(frozen=True, slots=True)
class FetchedList:
    """A list as it came. `unchanged`: the server says that it is the one it gave before."""

    at: datetime
    body: bytes
    unchanged: bool = False


class ListFetcher:
    """Async context manager. Keeps the last list with its ETag and date, so that an unchanged one costs the server nothing.

    `authorization`: the value of that header, where the list wants one. The address is shown without its query, which
    may hold a key.
    """

    def __init__(
        self,
        address: str,
        clock: Clock,
        *,
        authorization: str | None = None,
        agent: str = AGENT,
        largest: int = LARGEST_BYTES,
        seconds: float = SECONDS,
    ) -> None:
        self._url, self._clock, self._largest = address, clock, largest
        headers = {"Accept": "application/json", "User-Agent": agent}
        self._headers = headers if authorization is None else headers | {"Authorization": authorization}
        self._timeout = aiohttp.ClientTimeout(total=seconds, connect=min(CONNECT_SECONDS, seconds))
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None
        self._last: bytes | None = None
        self._conditions: dict[str, str] = {}

    @property
    def shown(self) -> str:
        """The address without user, password and query."""
        return shown(self._url)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=self._timeout, trust_env=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self) -> FetchedList:
        """The list as it is now.

        Raises:
            FetchFailed: none came.

        """
        assert self._session is not None, "it is an async context manager"  # noqa: S101
        headers = self._headers | (self._conditions if self._last is not None else {})
        try:
            async with self._session.get(self._url, headers=headers, max_redirects=REDIRECTS) as answer:
                return await self._taken(answer)
        except TimeoutError:
            raise FetchFailed("no-answer", f"{self.shown} gave no whole answer within {self._seconds:g} s") from None
        except aiohttp.TooManyRedirects:
            raise FetchFailed("redirected", f"{self.shown} leads on and on: look where the list is now") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            words = str(error) or type(error).__name__
            raise FetchFailed("no-answer", f"{self.shown} does not answer ({words})") from None

    async def _taken(self, answer: aiohttp.ClientResponse) -> FetchedList:
        if answer.status == 304 and self._last is not None:  # noqa: PLR2004 - HTTP's own numbers
            return FetchedList(self._clock.now(), self._last, unchanged=True)
        if answer.status != 200:  # noqa: PLR2004
            raise self._refusal(answer)
        body = await self._body(answer)
        self._last = body
        given = {"If-None-Match": answer.headers.get("ETag"), "If-Modified-Since": answer.headers.get("Last-Modified")}
        self._conditions = {name: value for name, value in given.items() if value}
        return FetchedList(self._clock.now(), body)

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        """All of it, uncompressed, up to the limit."""
        parts, size = [], 0
        async for part in answer.content.iter_chunked(CHUNK_BYTES):
            size += len(part)
            if size > self._largest:
                raise FetchFailed(
                    "too-large",
                    f"{self.shown} gave more than {self._largest / 1024**2:g} MiB: is that the list? (--limit)",
                )
            parts.append(part)
        return b"".join(parts)

    def _refusal(self, answer: aiohttp.ClientResponse) -> FetchFailed:
        said = f"{self.shown} answered {answer.status} {answer.reason or ''}".rstrip()
        wait = self._retry_after(answer.headers.get("Retry-After"))
        if answer.status in (408, 425, 429) or (answer.status == 503 and wait is not None):  # noqa: PLR2004
            return FetchFailed("wait", said, wait)
        if answer.status >= 500:  # noqa: PLR2004
            return FetchFailed("server-error", said, wait)
        return FetchFailed("refused", f"{said}: look whether address and rights are still right", wait)

    def _retry_after(self, text: str | None) -> timedelta | None:
        """Seconds, or a date (RFC 9110, 10.2.3); at most LONGEST_WAIT."""
        if not text:
            return None
        try:
            wanted = timedelta(seconds=int(text)) if text.strip().isdecimal() else self._until(text)
        except OverflowError:
            return LONGEST_WAIT
        except ValueError:
            return None
        return min(max(wanted, timedelta()), LONGEST_WAIT)

    def _until(self, text: str) -> timedelta:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)) - self._clock.wall()


def shown(address: str) -> str:
    """An address that may stand in a log: without user, password, query and fragment.

    Raises:
        ValueError: it is none of HTTP.

    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{address.partition('?')[0]} is no address of HTTP: give https://…")
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
