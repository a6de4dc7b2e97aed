"""Stand between a client and PostgreSQL, and cut the connection once a COMMIT was handed on: it is done, and nobody hears so."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65_536
COMMIT = b"COMMIT;"
DONE_SECONDS = 0.05
"""By then the server has done what it was told."""


@dataclass
class Wire:
    """The way to a server. `cut` holds the numbers of COMMITs, counted from 1, whose answers are lost."""

    host: str
    port: int
    cut: set[int] = field(default_factory=set)
    commits: int = 0
    lost: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def carry(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        """One connection, both ways, until either side ends it or a COMMIT's answer is to be lost."""
        server, asks = await asyncio.open_connection(self.host, self.port)
        self._open |= {answers, asks}
        back = asyncio.create_task(_hand_on(server, answers))
        try:
            while data := await client.read(CHUNK):
                asks.write(data)
                if COMMIT in data:
                    self.commits += 1
                    if self.commits in self.cut:
                        back.cancel()
                        self.lost += 1
                        await asyncio.sleep(DONE_SECONDS)
                        return
                await asks.drain()
        except ConnectionError:
            pass
        finally:
            back.cancel()
            for writer in (asks, answers):
                writer.transport.abort()
            self._open -= {answers, asks}

    def end(self) -> None:
        """End every connection."""
        for writer in list(self._open):
            writer.transport.abort()


async def _hand_on(server: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await server.read(CHUNK):
            answers.write(data)
            await answers.drain()
        answers.close()


@asynccontextmanager
async def wire_to(dsn: str) -> AsyncIterator[tuple[Wire, str]]:
    """A way to the server of `dsn`, and the address that goes it."""
    parts = urlsplit(dsn)
    wire = Wire(parts.hostname or "127.0.0.1", parts.port or 5432)
    server = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    login = parts.netloc.rpartition("@")[0]
    try:
        yield wire, urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{port}"))
    finally:
        server.close()
        wire.end()
