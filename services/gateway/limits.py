"""Limit what one caller may cost: events a second, bytes in memory, time to send them."""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request

from services.kernel.clock import Clock

MOST_BODY_BYTES = 1_000_000
MOST_EVENTS = 500
BODY_SECONDS = 10.0
ROOM_BYTES = 32_000_000
BURST_SECONDS = 2.0


class BodyTooLarge(Exception):
    """The body has more than MOST_BODY_BYTES."""


class TooSlow(Exception):
    """The body was not whole within BODY_SECONDS."""


class NoPlace(Exception):
    """The bodies of other requests fill the memory set aside for them."""


class Bucket:
    """A token bucket that may go into debt, so that a batch is taken whole and paid for afterwards."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate = rate
        self._burst = max(rate * BURST_SECONDS, 1.0)
        self._clock = clock
        self._level = self._burst
        self._at = clock.monotonic()

    def wait(self) -> float:
        """Seconds until the next request may come; 0: now."""
        at = self._clock.monotonic()
        self._level = min(self._burst, self._level + (at - self._at) * self._rate)
        self._at = at
        # One whole event must be there, or a burst of callers at the same instant would all pass.
        return 0.0 if self._level >= 1 else (1 - self._level) / self._rate

    def take(self, events: int) -> None:
        """Pay for events."""
        self._level -= events


class Buckets:
    """One bucket for each system."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._default = rate
        self._clock = clock
        self._buckets: dict[str, tuple[float, Bucket]] = {}

    def of(self, name: str, rate: float | None) -> Bucket:
        """The bucket of a system; a new one when its rate has changed."""
        wanted = rate or self._default
        known = self._buckets.get(name)
        if known is None or known[0] != wanted:
            known = self._buckets[name] = (wanted, Bucket(wanted, self._clock))
        return known[1]

    def keep(self, names: set[str]) -> None:
        """Forget systems that are gone."""
        self._buckets = {name: known for name, known in self._buckets.items() if name in names}


class Room:
    """Bytes set aside for bodies, of all requests together."""

    def __init__(self, most: int = ROOM_BYTES) -> None:
        self.left = most

    @contextmanager
    def share(self) -> Iterator["MemoryShare"]:
        """A request's share, given back at the end."""
        share = MemoryShare(self)
        try:
            yield share
        finally:
            self.left += share.held


class MemoryShare:
    """What one request holds of the room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.held = 0

    def hold(self, total: int) -> None:
        """Hold `total` bytes from now on.

        Raises:
            NoPlace: they are not there.

        """
        more = total - self.held
        if more <= 0:
            return
        if more > self._room.left:
            raise NoPlace
        self._room.left -= more
        self.held = total

    async def body(self, request: Request) -> bytes:
        """The whole body.

        Raises:
            BodyTooLarge, TooSlow, NoPlace: see there.
            starlette.requests.ClientDisconnect: the caller has gone.

        """
        declared = request.headers.get("content-length", "0")
        if len(declared) > len(str(MOST_BODY_BYTES)) or int(declared) > MOST_BODY_BYTES:
            raise BodyTooLarge
        # Only what has come is held: who announces much and sends slowly holds nothing.
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in request.stream():
                    if len(body) + len(chunk) > MOST_BODY_BYTES:
                        raise BodyTooLarge
                    self.hold(len(body) + len(chunk))
                    body += chunk
        except TimeoutError:
            raise TooSlow from None
        return bytes(body)


def whole_seconds(seconds: float) -> str:
    """A Retry-After header: whole seconds, at least one."""
    return str(max(1, math.ceil(seconds)))
