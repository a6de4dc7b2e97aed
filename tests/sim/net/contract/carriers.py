"""Give a statement about a connection either carrier: a TCP socket, or the simulated network."""

import asyncio
import random
import socket
import struct
from collections.abc import Callable
from typing import Any, Protocol

from services.notifier.sending.providers.twilio import TwilioProvider, status_callback
from tests.sim.net.connector import ProviderConnector
from tests.sim.net.network import Network
from tests.sim.net.stream import End

LIMIT = 0.5
"""Seconds for a whole request."""
SID = "SM" + "1" * 32
BODY = f'{{"sid": "{SID}", "status": "queued"}}'.encode()
ANSWER = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Peer(asyncio.Protocol):
    """Whom the sender talks to: it hears a whole request, then does as it was told."""

    def __init__(self, carrier: "Carrier", greet: "Deed", then: "Deed") -> None:
        self.carrier, self._greet, self._then = carrier, greet, then
        self.heard = b""
        self.lost = False
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self.transport = transport
        self.carrier.peers.append(self)
        self._greet(self)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        self.heard += data
        head, _, body = self.heard.rpartition(b"\r\n\r\n")
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":-1")
        if len(body) == int(length.partition(b":")[2]):
            self._then(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self.lost = True


Deed = Callable[[Peer], None]


def nothing(_: Peer) -> None:
    """Keep silent."""


class Carrier(Protocol):
    """What a statement may use; what is made of it, it closes itself."""

    peers: list[Peer]
    """Everybody who was connected to, oldest first."""

    async def serve(self, then: Deed, greet: Deed = nothing) -> TwilioProvider:
        """Have a peer that does `greet` on a connection and `then` on each request; what sends to it."""

    async def nobody(self) -> TwilioProvider:
        """What sends to an address at which nobody listens."""

    def unknown(self) -> TwilioProvider:
        """What sends to a name that there is not."""

    def break_off(self, transport: Any) -> None:
        """Reset a connection, from the peer's end."""

    async def close(self) -> None:
        """End everything."""


class Sockets:
    """TCP on 127.0.0.1."""

    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self._servers: list[asyncio.Server] = []

    async def serve(self, then: Deed, greet: Deed = nothing) -> TwilioProvider:
        server = await asyncio.get_running_loop().create_server(lambda: Peer(self, greet, then), "127.0.0.1", 0)
        self._servers.append(server)
        return _provider(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    async def nobody(self) -> TwilioProvider:
        provider = await self.serve(nothing)
        await self.close()
        return provider

    def unknown(self) -> TwilioProvider:
        return _provider("http://no-such-host.invalid")

    def break_off(self, transport: Any) -> None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for peer in self.peers:
            peer.transport.abort()


class InMemory:
    """The simulated network."""

    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self.network = Network(random.Random(5))

    async def serve(self, then: Deed, greet: Deed = nothing) -> TwilioProvider:
        self.network.host("peer").listen("peer", 80, lambda: Peer(self, greet, then))
        return self._at("peer")

    async def nobody(self) -> TwilioProvider:
        provider = await self.serve(nothing)
        self.network.host("peer").stop_listening()
        return provider

    def unknown(self) -> TwilioProvider:
        return self._at("no-such-host.invalid")

    def break_off(self, transport: Any) -> None:
        assert isinstance(transport, End)
        transport.connection.break_off("reset")

    async def close(self) -> None:
        self.network.killed("peer")

    def _at(self, name: str) -> TwilioProvider:
        host = self.network.host("sender")
        return _provider(f"http://{name}", connector=lambda: ProviderConnector(host))


def _provider(url: str, **more: Any) -> TwilioProvider:
    return TwilioProvider(
        account_sid="AC" + "1" * 32,
        auth_token="a-token",
        callback=status_callback("http://gateway"),
        sender="+15005550006",
        base_url=url,
        total_seconds=LIMIT,
        connect_seconds=LIMIT,
        **more,
    )
