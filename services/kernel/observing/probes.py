"""Ask a dependency again and again whether it answers, on a connection of its own and each time with a limit.

The work itself cannot tell: what waits for a frozen server says nothing. So it is asked beside the work, and a silence is
an answer too: within EVERY_SECONDS + LIMIT_SECONDS of the last good one the process is no longer ready and says why.
"""

import asyncio
import contextlib
import socket
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import asyncpg
import structlog

from services.kernel.adapters.connection import KnownTypes
from services.kernel.adapters.ports import RecordReader
from services.kernel.model import TopicPartition
from services.kernel.observing.complaint import ANSWER_SECONDS, why
from services.kernel.observing.every import every
from services.kernel.observing.health import Health
from services.kernel.observing.telemetry import Telemetry

log = structlog.get_logger()

EVERY_SECONDS = 2.0
LIMIT_SECONDS = ANSWER_SECONDS
# A peer whose machine is gone, not only its process: given up by the kernel after this long without an acknowledgement.
PEER_MILLISECONDS = 10_000
KEEP_ALIVE = (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", PEER_MILLISECONDS))

Seen = Callable[[Any], Awaitable[None]]


async def notice_a_dead_peer(connection: Any) -> None:
    """Have the kernel end a database connection whose other machine is gone: TCP alone would wait for 15 minutes."""
    transport = connection._transport  # noqa: SLF001 - asyncpg has no setting for it
    made = transport.get_extra_info("socket")
    if made is None or made.family not in (socket.AF_INET, socket.AF_INET6):
        return
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEP_ALIVE:
        if hasattr(socket, name):  # not every system has all of them
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class Probe(ABC):
    """Asks one dependency until cancelled, and tells health and the gauge what it heard."""

    def __init__(self, name: str, health: Health, telemetry: Telemetry, *, optional: bool = False) -> None:
        self.name = name
        self._health, self._telemetry, self._optional = health, telemetry, optional
        self._away = False

    async def run(self) -> None:
        """Ask, tell, wait."""
        try:
            await every(EVERY_SECONDS, self.once)
        finally:
            await self.let_go()

    async def once(self) -> bool:
        """Ask once; whether it answered in time."""
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                await self.ask()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no answer, and the next look is in a moment
            self._tell(why(error))
            await self.let_go()
            return False
        self._tell(None)
        return True

    def _tell(self, reason: str | None) -> None:
        self._telemetry.dependency(self.name, up=reason is None)
        if reason is None:
            self._health.dependency(self.name, ok=True)
        else:
            self._health.dependency(self.name, ok=False, detail=reason, optional=self._optional)
        if self._away != (reason is not None):
            self._away = reason is not None
            if reason is None:
                log.info("a dependency answers again", dependency=self.name)
            else:
                log.warning("a dependency is away", dependency=self.name, reason=reason)

    @abstractmethod
    async def ask(self) -> None:
        """Ask; whatever is raised is the reason why it counts as away."""

    @abstractmethod
    async def let_go(self) -> None:
        """Drop the connection, without waiting for it: the next question opens a new one."""


class PostgresProbe(Probe):
    """Asks the database whether it takes writes, then lets `seen` look further on the same connection."""

    def __init__(
        self, dsn: str, words: Mapping[str, str], health: Health, telemetry: Telemetry, *, optional: bool = False
    ) -> None:
        super().__init__("postgres", health, telemetry, optional=optional)
        self._dsn, self._words = dsn, dict(words)
        self._connection: asyncpg.Connection | None = None
        self.seen: Seen | None = None

    async def ask(self) -> None:
        """See Probe."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._dsn, timeout=LIMIT_SECONDS, connection_class=KnownTypes, server_settings=self._words
            )
        if await self._connection.fetchval("select pg_is_in_recovery()"):
            raise ConnectionRefusedError("it is a standby and takes no writes")
        if self.seen is not None:
            await self.seen(self._connection)

    async def let_go(self) -> None:
        """See Probe."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


class KafkaProbe(Probe):
    """Asks the broker where partitions end, and lets `seen` have the answer."""

    def __init__(
        self,
        reader: RecordReader,
        places: Callable[[], Collection[TopicPartition]],
        health: Health,
        telemetry: Telemetry,
        seen: Seen | None = None,
    ) -> None:
        super().__init__("kafka", health, telemetry)
        self._reader, self._places, self._seen = reader, places, seen

    async def ask(self) -> None:
        """See Probe."""
        ends = await self._reader.ends(sorted(self._places()))
        if self._seen is not None:
            await self._seen(ends)

    async def let_go(self) -> None:
        """See Probe."""
        # A consumer whose broker is away may not end by itself; the process must.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(LIMIT_SECONDS):
                await self._reader.close()
