"""A simulated connection to a real PostgreSQL: what asyncio calls a transport, over a blocking socket.

What the client writes waits until its step is over. Then request and answer are one: it is sent, and nothing else runs until
the server has said all that it owes, or that it waits for a lock.
"""

import asyncio
import contextlib
import enum
import select
import socket
import struct
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from tests.sim.engine.lock_waits import ServerProcess, ServerSilent
from tests.sim.engine.messages import SSL_REQUEST, Said, Turn, as_lock_timeout, without_lock_timeout
from tests.sim.engine.nodes import Node

if TYPE_CHECKING:
    from tests.sim.engine.postgres import Postgres

ANSWER_SECONDS = 60.0
"""Real ones: a server that is silent for so long, and does not say that it waits for a lock, has a fault."""
_PIECE = 1 << 18
_LIMIT = struct.pack("ll", int(ANSWER_SECONDS), 0)  # the system's own limit: one of Python's costs a call before each
_SSL = (8).to_bytes(4, "big") + SSL_REQUEST.to_bytes(4, "big")


class End(enum.Enum):
    """How an exchange ended."""

    ANSWERED = "answered"
    WAITS = "waits for a lock"
    GONE = "gone"


class Connection(asyncio.Transport):
    """One of them. `context` is that of the code that opened it: its callbacks belong to the same node."""

    def __init__(self, postgres: "Postgres", sock: socket.socket, node: Node, context: Context, number: int) -> None:
        super().__init__({"socket": sock})
        self.postgres, self.node, self.number = postgres, node, number
        self.turn = Turn()
        self.frozen = False
        """Bytes pass neither way; what either side does meanwhile, the other learns of afterwards."""
        self.gone = False
        """The client's side has ended."""
        self.lock_limit: float | None = None
        """Virtual seconds that it waits for a lock, while the transaction lasts that said so."""
        self.limit_over = False
        """It has waited for a lock for so long, and is refused it."""
        self.over = False
        """The server's side has ended."""
        sock.settimeout(None)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _LIMIT)
        self._sock, self._context = sock, context
        self._protocol: Any = None
        self._written, self._unsent, self._arrived = bytearray(), bytearray(), bytearray()
        self._answer = bytearray()
        self._reading = True
        self._process: ServerProcess | None = None

    def __repr__(self) -> str:
        return f"<connection pg{self.number} of {self.node.name}, server process {self.turn.pid}>"

    # What asyncio asks of a transport.

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """See asyncio."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """See asyncio."""
        assert isinstance(self._protocol, asyncio.BaseProtocol)
        return self._protocol

    def write(self, data: Any) -> None:
        """See asyncio. A request for TLS is refused here: it would only be in the way."""
        if self.gone:
            return
        if bytes(data) == _SSL:
            self._soon(self._protocol.data_received, b"N")
            return
        self._written += data
        self.postgres.wrote(self)

    def writelines(self, list_of_data: Any) -> None:
        """See asyncio."""
        self.write(b"".join(list_of_data))

    def pause_reading(self) -> None:
        """See asyncio."""
        self._reading = False

    def resume_reading(self) -> None:
        """See asyncio."""
        self._reading = True
        if self._arrived:
            self._soon(self.deliver)

    def is_closing(self) -> bool:
        """See asyncio."""
        return self.gone

    def close(self) -> None:
        """See asyncio."""
        self.leave(None)

    def abort(self) -> None:
        """See asyncio."""
        self.leave(None)

    # Its life.

    def leave(self, error: Exception | None) -> None:
        """The client's side ends: it is told in its next step, the server once what was written has reached it."""
        if not self.gone:
            self.gone = True
            self._arrived.clear()
            self._soon(self._protocol.connection_lost, error)
            self.postgres.wrote(self)

    def break_off(self) -> None:
        """Both sides end now, and what was written and not yet sent is lost."""
        self._written.clear()
        self._unsent.clear()
        self.frozen = False
        self.leave(ConnectionResetError("the network was cut"))

    def exchange(self) -> End:
        """Send what was written, and wait for the answer, where one is owed."""
        self._take_over()
        self.turn.ended = self.turn.ended or self.gone
        if not self.turn.owed:
            return End.ANSWERED  # half of a request: the rest is on its way
        self.send_on()
        return self.receive()

    def send_on(self) -> None:
        """Send what was written without waiting for anything; once the client has left, its end of the stream too."""
        self._take_over()
        self._send()
        if self.gone:
            with contextlib.suppress(OSError):  # the server went first
                self._sock.shutdown(socket.SHUT_WR)

    def receive(self, *, moved: bool = True) -> End:
        """Wait until the server has said all. `moved` False: what it says of its last wait, which is over, still comes."""
        try:
            return self._receive(moved=moved)
        finally:
            # However it was cut into pieces on the way, an answer is one.
            if self._answer and not self.gone:
                self._say("<", bytes(self._answer))
            self._answer.clear()

    def _receive(self, *, moved: bool) -> End:
        while self.turn.owed:
            try:
                data = self._sock.recv(_PIECE)
            except BlockingIOError:
                raise ServerSilent(f"{self!r} has no answer for {ANSWER_SECONDS:.0f} s") from None
            except ConnectionError:
                data = b""
            if not data:
                return self._server_left()
            said = self._heard(data)
            moved = moved or said.moved
            if said.waits and moved and self.postgres.waits(self):
                return End.WAITS
        return End.ANSWERED

    def deliver(self) -> None:
        """Hand on what arrived, as the client's code."""
        if self._arrived and self._reading and not self.frozen and not self.gone:
            data = bytes(self._arrived)
            self._arrived.clear()
            self._context.run(self._protocol.data_received, data)

    def abandon(self) -> None:
        """The run is over: nobody is told any more."""
        self.gone = self.turn.ended = True
        self.send_on()

    def drain(self) -> None:
        """Read until the server has left."""
        if not self.over:
            self.receive(moved=False)
            self._sock.close()

    def server_process(self) -> ServerProcess:
        """The server's process at the other end, once it has said its number."""
        if self._process is None:
            self._process = ServerProcess(self.turn.pid, int(self._sock.getsockname()[1]))
        return self._process

    def _soon(self, call: Callable[..., Any], *args: Any) -> None:
        self.postgres.loop.call_soon(call, *args, context=self._context)

    def _send(self) -> None:
        """Send all; read nothing but where the server, full of answers, would take no more."""
        data = memoryview(bytes(self._unsent))
        self._unsent.clear()
        try:
            while data:
                try:
                    data = data[self._sock.send(data, socket.MSG_DONTWAIT) :]
                except BlockingIOError:
                    readable, _, _ = select.select([self._sock], [self._sock], [], ANSWER_SECONDS)
                    if readable:
                        self._heard(self._sock.recv(_PIECE))
        except ConnectionError:
            pass  # what it said before it went is read next

    def _take_over(self) -> None:
        if not self._written:
            return
        data, limit = without_lock_timeout(bytes(self._written))
        self._written.clear()
        self._unsent += data
        self.lock_limit = limit or self.lock_limit
        if traced := self.turn.sent(data):
            self._say(">", traced)

    def _heard(self, data: bytes) -> Said:
        said = self.turn.received(data)
        if self.limit_over:
            said.clean, said.traced = as_lock_timeout(said.clean), bytearray(as_lock_timeout(bytes(said.traced)))
        if self.turn.idle_status == b"I":
            self.lock_limit = None
        self._answer += said.traced
        if not self.gone:
            self._arrived += said.clean
        return said

    def _server_left(self) -> End:
        """The end of the stream: by then its process has let go of all locks and left pg_stat_activity."""
        self.over = True
        self._sock.close()
        if not self.gone:
            self.deliver()
            self.leave(None)
        return End.GONE

    def _say(self, way: str, traced: bytes) -> None:
        self.postgres.say(self.node, f"pg{self.number} {way} {len(traced)}", traced)
