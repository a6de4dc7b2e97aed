"""A connection without a socket: two ends, each what asyncio calls a transport, and a lane of bytes in either direction."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from tests.sim.net.way import How, Loss, Way, What

if TYPE_CHECKING:
    from tests.sim.net.network import Host, Network

Piece = bytes | OSError | None
"""What arrives: bytes, the connection's breaking, or the other side's end of the stream."""


class Connection:
    """Of a caller and the one it called."""

    def __init__(self, network: "Network", way: Way, number: int, caller: "End", called: "End") -> None:
        self.network, self.way, self.number = network, way, number
        self._ends = caller, called
        self._lanes = Lane(self, "request", called), Lane(self, "answer", caller)
        for end, lane in zip(self._ends, self._lanes, strict=True):
            end.connected(self, lane)
        way.open.append(self)

    def break_off(self, how: How, *, in_flight: bool = True) -> None:
        """End what it can carry; `in_flight`: what was written still arrives."""
        for lane in self._lanes:
            lane.stop(in_flight=in_flight)
        if how == "reset":
            for lane in self._lanes:
                lane.put(ConnectionResetError(104, "Connection reset by peer"))

    def go_on(self) -> None:
        """What was held arrives."""
        for lane in self._lanes:
            lane.go_on()

    def left(self) -> None:
        """One end has gone."""
        if all(end.is_closing() for end in self._ends):
            self.way.open.remove(self)


class Lane:
    """One direction: what is written arrives in that order, each piece after a time of its own."""

    def __init__(self, connection: Connection, what: What, to: "End") -> None:
        self.connection, self._what, self._to = connection, what, to
        self._under_way: deque[Piece] = deque()
        self._here = 0
        self._last = 0.0
        self._stopped = False
        self._loss: Loss | None = None

    def write(self, data: bytes) -> None:
        """Send bytes, or what a loss leaves of them."""
        if self._stopped:
            return
        if self._loss is None:
            self._loss = self.connection.way.loss(self._what)
        if self._loss is None:
            self.put(data)
            return
        passes = data[: self._loss.after]
        self._loss.after -= len(passes)
        if passes:
            self.put(passes)
        if len(passes) < len(data):
            self.connection.break_off(self._loss.how)

    def end(self) -> None:
        """Send the end of the stream."""
        if not self._stopped:
            self.put(None)

    def put(self, piece: Piece) -> None:
        """Have it under way."""
        network = self.connection.network
        self._last = max(self._last, network.loop.time() + self.connection.way.delay())
        self._under_way.append(piece)
        network.say(f"#{self.connection.number} {self._what} {_told(piece)}")
        network.loop.call_at(self._last, self._arrive, context=network.context)

    def stop(self, *, in_flight: bool) -> None:
        """Take nothing more; without `in_flight`, lose what is under way."""
        self._stopped = True
        if not in_flight:
            self._under_way.clear()

    def go_on(self) -> None:
        """Hand over what has arrived."""
        while self._here and self._under_way and not self.connection.way.frozen:
            self._here -= 1
            self._to.receive(self._under_way.popleft())

    def _arrive(self) -> None:
        # Whichever timer it is, the first piece is the one that is due.
        self._here += 1
        self.go_on()


class End(asyncio.Transport):
    """One of the two. `context` is that of the code whose end it is: its callbacks belong to the same node."""

    def __init__(self, host: "Host", context: Context, own: tuple[str, int], other: tuple[str, int]) -> None:
        super().__init__({"sockname": own, "peername": other})
        self.host = host
        self.protocol: Any = None
        self._context = context
        self._arrived: deque[Piece] = deque()
        self._reading = True
        self._gone = self._ended = False

    def connected(self, connection: Connection, out: Lane) -> None:
        """It is the end of a connection now."""
        self.connection, self._out = connection, out

    # What asyncio asks of a transport.

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """See asyncio."""
        self.protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """See asyncio."""
        assert isinstance(self.protocol, asyncio.BaseProtocol)
        return self.protocol

    def write(self, data: Any) -> None:
        """See asyncio."""
        if data and not (self._gone or self._ended):
            self._out.write(bytes(data))

    def writelines(self, list_of_data: Any) -> None:
        """See asyncio."""
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        """See asyncio."""
        return True

    def write_eof(self) -> None:
        """See asyncio."""
        if not (self._gone or self._ended):
            self._ended = True
            self._out.end()

    def pause_reading(self) -> None:
        """See asyncio."""
        self._reading = False

    def resume_reading(self) -> None:
        """See asyncio."""
        self._reading = True
        self._soon(self._read)

    def is_reading(self) -> bool:
        """See asyncio."""
        return self._reading

    def get_write_buffer_size(self) -> int:
        """See asyncio: whatever is written leaves at once."""
        return 0

    def is_closing(self) -> bool:
        """See asyncio."""
        return self._gone

    def close(self) -> None:
        """See asyncio."""
        self._lose(None)

    def abort(self) -> None:
        """See asyncio: nothing waits to be written, so it is the same."""
        self._lose(None)

    # What the network asks, outside any node.

    def begin(self, factory: Callable[[], Any]) -> None:
        """Make its protocol, as its own code, before anything can have arrived."""
        self._soon(self._begin, factory)

    def receive(self, piece: Piece) -> None:
        """Something has arrived; whoever has gone answers bytes as an operating system does."""
        if not self._gone:
            self._arrived.append(piece)
            self._soon(self._read)
        elif isinstance(piece, bytes):
            self._out.put(ConnectionResetError(104, "Connection reset by peer"))

    def die(self) -> None:
        """Its process was killed: what it wrote is on its way, then comes the end."""
        if not self._gone:
            self._leave()

    # Within.

    def _begin(self, factory: Callable[[], Any]) -> None:
        self.protocol = factory()
        self.protocol.connection_made(self)

    def _read(self) -> None:
        while self._arrived and self._reading and not self._gone:
            piece = self._arrived.popleft()
            if isinstance(piece, bytes):
                self.protocol.data_received(piece)
            elif piece is not None:
                self._lose(piece)
            elif not self.protocol.eof_received():
                self.close()

    def _lose(self, error: OSError | None) -> None:
        if not self._gone:
            self._leave()
            self._soon(self.protocol.connection_lost, error)

    def _leave(self) -> None:
        self.write_eof()
        self._gone = True
        self._arrived.clear()
        self.host.ends.pop(self, None)
        self.connection.left()

    def _soon(self, call: Any, *args: Any) -> None:
        self.host.network.loop.call_soon(call, *args, context=self._context)


def _told(piece: Piece) -> str:
    if isinstance(piece, bytes):
        return f"{len(piece)} {hashlib.blake2b(piece, digest_size=6).hexdigest()}"
    return "ends" if piece is None else "breaks"
