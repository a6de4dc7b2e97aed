"""A client that costs far less than the server: bytes written beforehand, of each answer the status and the length read.

A client of a library costs more than the server and so flatters every ratio. Lengths are read, for a new time in the foot of a page
makes another one.
"""

from __future__ import annotations

import heapq
import selectors
import socket
import time
from collections import deque
from dataclasses import dataclass, field

_LENGTH = b"\r\ncontent-length: "
"""As uvicorn writes it."""


@dataclass
class Figures:
    """What came of one round. Seconds."""

    seconds: float = 0.0
    answers: int = 0
    errors: int = 0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """So much of them took no longer."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def request(target: str, *, headers: tuple[str, ...] = (), body: bytes = b"") -> bytes:
    """The bytes of a request."""
    method = "POST" if body else "GET"
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *headers]
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def read_whole(connection: socket.socket) -> bytes:
    """One whole answer with its head."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += _more(connection)
    return head + b"\r\n\r\n" + body


def ask(port: int, what: bytes) -> bytes:
    """One answer to one request."""
    with connected(port) as connection:
        connection.sendall(what)
        return read_whole(connection)


def connected(port: int) -> socket.socket:
    """A connection that sends at once."""
    made = socket.create_connection(("127.0.0.1", port), timeout=30)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


class _Line:
    """One connection with at most one request under way."""

    __slots__ = ("begun", "left", "status", "wire")

    def __init__(self, wire: socket.socket) -> None:
        self.wire, self.left, self.begun, self.status = wire, 0, 0.0, b""


def saturate(port: int, what: bytes, connections: int, seconds: float) -> Figures:
    """As many as are answered, each connection asking again at once."""
    return _run(port, [what], connections, seconds, None)


def at_rate(port: int, asked: list[bytes], connections: int, seconds: float, rate: float) -> Figures:
    """`rate` requests a second by the clock, whether the server keeps up or not: a latency counts from when it was due.

    `asked`: by turns.
    """
    return _run(port, asked, connections, seconds, rate)


def _run(port: int, asked: list[bytes], connections: int, seconds: float, rate: float | None) -> Figures:
    figures = Figures()
    selector = selectors.DefaultSelector()
    lines = [_Line(connected(port)) for _ in range(connections)]
    idle: deque[_Line] = deque()
    for line in lines:
        line.wire.setblocking(False)
        selector.register(line.wire, selectors.EVENT_READ, line)
        idle.append(line)
    began = time.perf_counter()
    end, sent, waiting = began + seconds, 0, 0
    due: list[float] = []
    while True:
        now = time.perf_counter()
        if now < end:
            if rate is None:
                while idle:
                    _send(idle.popleft(), asked[0], now)
                    sent, waiting = sent + 1, waiting + 1
            else:
                while sent + len(due) < (now - began) * rate:
                    heapq.heappush(due, began + (sent + len(due)) / rate)
                while idle and due:
                    _send(idle.popleft(), asked[sent % len(asked)], heapq.heappop(due))
                    sent, waiting = sent + 1, waiting + 1
        elif not waiting or now > end + 10:
            break
        for key, _ in selector.select(0.001 if rate is not None else 1.0):
            line = key.data
            if not line.begun:  # it lay idle for longer than the server keeps it
                selector.unregister(line.wire)
                line.wire.close()
                line.wire = connected(port)
                line.wire.setblocking(False)
                selector.register(line.wire, selectors.EVENT_READ, line)
                continue
            if _took(line, figures):
                waiting -= 1
                figures.latencies.append(time.perf_counter() - line.begun)
                line.begun = 0.0
                idle.append(line)
    figures.seconds = time.perf_counter() - began
    figures.errors += waiting + len(due)
    for line in lines:
        line.wire.close()
    return figures


def _send(line: _Line, what: bytes, begun: float) -> None:
    line.begun, line.left, line.status = begun, 0, b""
    line.wire.sendall(what)


def _took(line: _Line, figures: Figures) -> bool:
    """Read what is there; whether the answer is whole."""
    data = line.wire.recv(1 << 20)
    if not data:
        figures.errors += 1
        raise ConnectionError("the server closed a connection")
    if not line.status:
        line.status = data[9:12]
        end = data.index(b"\r\n\r\n")
        line.left = end + 4 + _length(data[:end])
    line.left -= len(data)
    if line.left > 0:
        return False
    if line.left < 0 or line.status not in (b"200", b"304"):
        figures.errors += 1
    figures.answers += 1
    return True


def _length(head: bytes) -> int:
    at = head.find(_LENGTH)
    return int(head[at + len(_LENGTH) :].partition(b"\r")[0]) if at >= 0 else 0


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 20)
    if not data:
        raise ConnectionError("the server closed a connection")
    return data
