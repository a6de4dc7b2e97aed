"""Send webhooks to us: signed, retried by the rules in the address's fragment, lost, doubled or reordered on request.

Connection overrides (`#rc=5&rp=all`): https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides. The
fragment steers the caller and is neither sent nor signed.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urldefrag

from aiohttp import (
    BaseConnector,
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    TCPConnector,
)
from yarl import URL

from devstack.twilio.carrier.signing import sign
from devstack.twilio.config import SimulatorSettings
from devstack.twilio.faults import Faults

MOST_RETRIES = 5
CONNECT_SECONDS, READ_SECONDS = 5.0, 15.0
REORDER_SECONDS = 0.4

Connect = Callable[[], BaseConnector]
"""Makes what opens connections to us, within the running loop."""


class Webhooks:
    """Calls addresses of ours as Twilio would; callbacks of one message keep their order unless a fault breaks it."""

    def __init__(self, settings: SimulatorSettings, faults: Faults, connector: Connect = TCPConnector) -> None:
        self._settings = settings
        self._faults = faults
        self._connector = connector
        self._session: ClientSession | None = None
        self._last: dict[str, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self.delivered = 0
        """Calls that got a 2xx answer."""
        self.given_up = 0
        """Calls that never did: lost for good, as Twilio loses them."""

    @property
    def under_way(self) -> int:
        """How many calls are not over yet, those that wait for their turn included."""
        return len(self._running)

    def status(self, *, sid: str, number: str, url: str, fields: Mapping[str, str]) -> None:
        """Starts a status callback and returns at once."""
        fault = self._faults.draw("callback", number, f"{sid}|{fields['MessageStatus']}")
        kind = fault.kind if fault else None
        if kind == "callback-lost":
            return
        token = uuid.uuid4().hex
        if kind == "callback-reordered":
            # Outside the queue of its message, and late: the next state overtakes it.
            self._start(self._after(REORDER_SECONDS, url, fields, token))
            return
        for _ in range(2 if kind == "callback-doubled" else 1):
            self._last[sid] = self._start(self._in_turn(self._last.get(sid), url, fields, token))

    def _start(self, work: "asyncio._CoroutineLike[None]") -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _after(self, seconds: float, url: str, fields: Mapping[str, str], token: str) -> None:
        await asyncio.sleep(seconds)
        await self.call(url, fields, token=token)

    async def _in_turn(
        self, before: asyncio.Task[None] | None, url: str, fields: Mapping[str, str], token: str
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        await self.call(url, fields, token=token)

    async def call(self, url: str, fields: Mapping[str, str], *, token: str | None = None) -> int | None:
        """One webhook with its retries.

        :returns: the last HTTP status, None when nobody answered.
        """
        public, fragment = urldefrag(url)
        wishes = parse_qs(fragment)
        retries = min(int(wishes.get("rc", ["1"])[0]), MOST_RETRIES)
        policy = set(wishes.get("rp", ["ct"])[0].split(","))
        headers = {
            "X-Twilio-Signature": sign(self._settings.auth_token, public, fields),
            "I-Twilio-Idempotency-Token": token or uuid.uuid4().hex,
            "User-Agent": "TwilioProxy/1.1",
        }
        status: int | None = None
        for attempt in range(retries + 1):
            if attempt:
                await asyncio.sleep(self._settings.callback_retry_seconds * attempt)
            status, trouble = await self._post(public, fields, headers)
            if trouble is None:
                self.delivered += 1
                return status
            if not policy & {trouble, "all"}:
                break
        self.given_up += 1
        return status

    async def _post(
        self, public: str, fields: Mapping[str, str], headers: dict[str, str]
    ) -> tuple[int | None, str | None]:
        if self._session is None:
            timeout = ClientTimeout(total=READ_SECONDS, connect=CONNECT_SECONDS)
            self._session = ClientSession(connector=self._connector(), timeout=timeout)
        try:
            # `encoded`: the bytes that were signed are the bytes that travel.
            target = URL(self._reached(public), encoded=True)
            async with self._session.post(target, data=dict(fields), headers=headers, allow_redirects=False) as answer:
                await answer.read()
                if answer.ok:
                    return answer.status, None
                return answer.status, "5xx" if answer.status >= 500 else "4xx"  # noqa: PLR2004 - HTTP's classes
        except (ClientConnectorError, ConnectionTimeoutError):
            return None, "ct"
        except (ClientError, TimeoutError):
            return None, "rt"

    def _reached(self, public: str) -> str:
        for base, served in self._settings.reach.items():
            if public.startswith(base):
                return served + public[len(base) :]
        return public

    async def close(self) -> None:
        """Stops every call under way; callbacks not made yet are lost, as when Twilio loses them."""
        for task in list(self._running):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._running, return_exceptions=True)
        self._last.clear()
        if self._session is not None:
            await self._session.close()
