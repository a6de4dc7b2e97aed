"""A simulated connection to a real PostgreSQL: what asyncio calls a transport, over a blocking socket.

What the client writes waits until its step is over. Then request and answer are one: it is sent, and nothing else runs until
the server has said all that it owes, or that it waits for a lock.
"""

import asyncio
import contextlib
import enum
import select
import socket
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from tests.sim.engine.lock_waits import ServerSilent
from tests.sim.engine.nodes import Node
from tests.sim.engine.sessions.kept import ANSWER_SECONDS, Session
from tests.sim.engine.sessions.login import Refused
from tests.sim.engine.sessions.messages import SSL_REQUEST, TERMINATE, Said, Turn, as_lock_timeout, without_lock_timeout

if TYPE_CHECKING:
    from tests.sim.engine.postgres import Postgres

_PIECE = 1 << 18
_SSL = (8).to_bytes(4, "big") + SSL_REQUEST.to_bytes(4, "big")


class _NoSocket:
    """What a client is shown of a socket: none whose options it could set."""

    family = socket.AF_UNIX


_NO_SOCKET = _NoSocket()


class End(enum.Enum):
    """How an exchange ended."""

    ANSWERED = "answered"
    WAITS = "waits for a lock"
    GONE = "gone"


class Connection(asyncio.Transport):
    """One of them. `context` is that of the code that opened it: its callbacks belong to the same node.

    `place`: host and port. It has a session of the server once its client has said who it is, and until its client has left.
    """

    def __init__(self, postgres: "Postgres", place: tuple[str, int], node: Node, context: Context, number: int) -> None:
        super().__init__({"socket": _NO_SOCKET})
        self.postgres, self.node, self.number = postgres, node, number
        self.turn = Turn()
        self.session: Session | None = None
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
        self._place, self._context = place, context
        self._protocol: Any = None
        self._written, self._unsent, self._arrived, self._answer = b"", b"", b"", b""
        self._reading = True

    def __repr__(self) -> str:
        return f"<connection pg{self.number} of {self.node.name}, server process {self.pid}>"

    @property
    def pid(self) -> int:
        """Of the server's process; 0 where it has none."""
        return self.session.pid if self.session is not None else 0

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
        said = bytes(data)
        if said == _SSL:
            self._soon(self._protocol.data_received, b"N")
            return
        self._written += said
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
            self._arrived = b""
            self._soon(self._protocol.connection_lost, error)
            self.postgres.wrote(self)

    def break_off(self) -> None:
        """Both sides end now, and what was written and not yet sent is lost."""
        self._written = self._unsent = b""
        self.frozen = False
        self.leave(ConnectionResetError("the network was cut"))

    def exchange(self) -> End:
        """Send what was written, and wait for the answer, where one is owed."""
        if self.session is None:
            return self._begin()
        self._take_over()
        if self.gone or self.turn.left:
            return self._finish()
        if not self.turn.owed:
            return End.ANSWERED  # half of a request: the rest is on its way
        if known := self._known(self.session):
            self._unsent = b""
            self._heard(known)
            self._have_heard()
            return End.ANSWERED
        self._send()
        return self.receive()

    def _known(self, session: Session) -> bytes:
        """What the server would say of what is to be sent; empty where it has to be asked."""
        status = self.turn.idle_status
        if known := session.statements.answer(self._unsent, status):
            return known
        known = session.foreseen.answer(self._unsent, status, session.statements.text(self._unsent))
        if known and not session.quiet:  # it has said something by itself: that it ends
            session.foreseen.begin()
            return b""
        return known

    def send_on(self) -> None:
        """Send what was written without waiting for anything; once the client has left, its end of the stream too."""
        self._take_over()
        self._send()
        if self.gone:
            self._hang_up()

    def _begin(self) -> End:
        """What a client says first: who it is, or whom to cancel."""
        self._take_over()
        if self.gone or self.turn.cancels:
            return self._over()
        if self.turn.starting:
            return End.ANSWERED
        first, self._unsent = self._unsent, b""
        try:
            self.session = self.postgres.sessions.take(*self._place, first)
        except Refused as refused:
            self._heard(refused.said)
            return self._over()
        self._arrived += self.session.greet()
        return End.ANSWERED

    def _finish(self) -> End:
        """The client has left: what it asked is done first, then its session ends."""
        assert self.session is not None
        self._send()
        end = self.receive()
        if end is not End.ANSWERED:
            self._hang_up()
            return end
        if self.turn.at_rest and self.postgres.sessions.keep(self.session, within=self.turn.idle_status != b"I"):
            return self._over()
        self._hang_up()
        return self.receive()

    def _hang_up(self) -> None:
        """The end of the stream: once the server has read it, it ends the session."""
        self.turn.ended = True
        if self.session is not None:
            with contextlib.suppress(OSError):  # the server went first
                self._sock.shutdown(socket.SHUT_WR)

    def _over(self) -> End:
        self.session, self.over = None, True
        if not self.gone:
            self.deliver()
            self.leave(None)
        return End.GONE

    def receive(self, *, moved: bool = True) -> End:
        """Wait until the server has said all. `moved` False: what it says of its last wait, which is over, still comes."""
        try:
            return self._receive(moved=moved)
        finally:
            self._have_heard()

    def _have_heard(self) -> None:
        """However it was cut into pieces on the way, an answer is one."""
        if self._answer and not self.gone:
            self._say("<", self._answer)
        self._answer = b""

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
            said = self._hear(self.session, data)
            moved = moved or said.moved
            if said.waits and moved and self.postgres.waits(self):
                return End.WAITS
        return End.ANSWERED

    def deliver(self) -> None:
        """Hand on what arrived, as the client's code."""
        if self._arrived and self._reading and not self.frozen and not self.gone:
            data, self._arrived = self._arrived, b""
            self._context.run(self._protocol.data_received, data)

    def abandon(self) -> None:
        """The run is over: nobody is told any more."""
        self.gone = True
        self._written = self._unsent = b""
        if self.session is None:
            self.over = True
        elif self.turn.at_rest and self.postgres.sessions.keep(self.session, within=self.turn.idle_status != b"I"):
            self._over()
        else:
            self._hang_up()

    def drain(self) -> None:
        """Read until the server has left."""
        if not self.over:
            self.receive(moved=False)
        if self.session is not None:
            self._sock.close()

    @property
    def _sock(self) -> socket.socket:
        assert self.session is not None
        return self.session.sock

    def _soon(self, call: Callable[..., Any], *args: Any) -> None:
        self.postgres.loop.call_soon(call, *args, context=self._context)

    def _send(self) -> None:
        """Send all; read nothing but where the server, full of answers, would take no more."""
        if self.session is None:
            return
        data, self._unsent = self.session.statements.renamed(self._unsent)
        data = self.session.foreseen.sent(data)
        try:
            while data:
                try:
                    data = data[self._sock.send(data, socket.MSG_DONTWAIT) :]
                except BlockingIOError:
                    readable, _, _ = select.select([self._sock], [self._sock], [], ANSWER_SECONDS)
                    if readable:
                        self._hear(self.session, self._sock.recv(_PIECE))
        except ConnectionError:
            pass  # what it said before it went is read next

    def _take_over(self) -> None:
        if not self._written:
            return
        data, limit = without_lock_timeout(self._written)
        self._written = b""
        self._unsent += data
        self.lock_limit = limit or self.lock_limit
        if traced := self.turn.sent(data):
            self._say(">", traced)
        if self.turn.left:
            self._unsent = self._unsent.removesuffix(TERMINATE)  # it is not the client who ends the server's part

    def _hear(self, session: Session, data: bytes) -> Said:
        data = session.foreseen.heard(data)
        session.statements.heard(data)
        return self._heard(data)

    def _heard(self, data: bytes) -> Said:
        said = self.turn.received(data)
        if self.limit_over:
            said.clean, said.traced = as_lock_timeout(said.clean), as_lock_timeout(said.traced)
        if self.turn.idle_status == b"I":
            self.lock_limit = None
        self._answer += said.traced
        if not self.gone:
            self._arrived += said.clean
        return said

    def _server_left(self) -> End:
        """The end of the stream: by then its process has let go of all locks and left pg_stat_activity."""
        self._sock.close()
        return self._over()

    def _say(self, way: str, traced: bytes) -> None:
        if self.postgres.loop.trace.written:
            self.postgres.say(self.node, f"pg{self.number} {way} {len(traced)}", traced)
