"""Write a request to a provider once, within a time limit, and know whether its first byte may have left."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import ClientConnectorError, ClientRequest, ClientTimeout, TCPConnector
from aiohttp.abc import AbstractStreamWriter
from aiohttp.connector import Connection

from services.notifier.domain.provider.port import Reply, TooLate

TOTAL_SECONDS, CONNECT_SECONDS = 10.0, 3.0
T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """What happened to one request; shared by the layers below through a context variable."""

    before_write: Callable[[], None] | None = None
    written: bool = False
    too_late: bool = False
    status: int | None = None
    body: str | None = None
    retry_after: float | None = None
    trouble: str | None = None

    def reply(self) -> Reply:
        """All that is known of it."""
        return Reply(
            written=self.written,
            http_status=self.status,
            body=self.body,
            retry_after=self.retry_after,
            trouble=self.trouble,
            too_late=self.too_late,
        )

    def why(self) -> str:
        """Why it gave no result, without personal data."""
        return f"answered {self.status}" if self.status and self.body is not None else self.trouble or "no answer"


CALL: ContextVar[Call | None] = ContextVar("provider_call", default=None)


class CheckedConnector(TCPConnector):
    """Asks once more whether the request may still go out, when nothing but the write is left to do."""

    async def connect(self, req: ClientRequest, traces: list[Any], timeout: ClientTimeout) -> Connection:  # noqa: ASYNC109 - aiohttp's signature
        """See aiohttp; raises what `before_write` raises."""
        connection = await super().connect(req, traces, timeout)
        call = CALL.get()
        if call is not None:
            try:
                if call.before_write is not None:
                    call.before_write()
            except BaseException:
                connection.release()
                raise
            call.written = True
        return connection


class CheckedRequest(ClientRequest):
    """Asks a last time in the very step that hands the bytes over.

    Between the connection and the body lie turns of the loop in which the process may be stopped for as long as somebody
    likes (headers wait in a buffer for the body). Whoever wakes there must not write what others have sent meanwhile.
    """

    async def write_bytes(
        self, writer: AbstractStreamWriter, conn: Connection, content_length: int | None = None
    ) -> None:
        """See aiohttp; raises what `before_write` raises."""
        call = CALL.get()
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


async def asked(call: Call, ask: Callable[[], Awaitable[T]]) -> T | None:
    """Runs one request and writes down what became of it; None when it gave no result."""
    token = CALL.set(call)
    try:
        return await ask()
    except TooLate:
        call.too_late = True
    except ClientConnectorError as error:
        call.trouble = f"no connection: {error}"
    except Exception as error:  # noqa: BLE001 - whatever broke, the question is only what was written and answered
        # Only the kind of error: messages of libraries quote phone numbers.
        call.trouble = type(error).__name__
    finally:
        CALL.reset(token)
    return None


def seconds(retry_after: str | None) -> float | None:
    """A Retry-After header; the date form of HTTP would be an unknown wish and is passed over."""
    return float(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else None
