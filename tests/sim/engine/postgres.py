"""Connect simulated nodes to a real PostgreSQL, request by request, and break what lies between them.

A request and its answer are one step. One that waits for a lock of another simulated connection is left waiting, and looked
at again after each later request, in the order in which they began to wait.
"""

import asyncio
import errno
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.sim.engine.connection import Connection, End
from tests.sim.engine.lock_waits import LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import NODE, Node
from tests.sim.engine.sessions.processes import ServerProcess

REQUEST_SECONDS = 300e-6
"""Of virtual time, for each exchange with the server."""

KNOCKS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Seconds between two tries to reach a server from which nothing comes back, until it is given up: tcp(7), tcp_syn_retries."""


@dataclass(frozen=True)
class Wait:
    """Of a connection for a lock."""

    since: datetime
    process: ServerProcess


class Postgres:
    """The network between the nodes of one run and the server; `locks` looks at the server's lock table."""

    def __init__(self, loop: SimLoop, locks: LockTable) -> None:
        self.loop = loop
        self.requests = 0
        self.waited = 0
        """How often a connection was left waiting for a lock."""
        self.away = False
        """Nobody listens: a new connection is refused."""
        self.sessions = locks.sessions
        self._locks = locks
        self._open: list[Connection] = []
        self._numbers = 0
        self.to_do: deque[Connection] = deque()
        """Connections on which something was written that has not been worked off: `pump`."""
        self._waiting: dict[Connection, Wait] = {}
        self._unreachable: set[str] = set()
        self._commits_unheard: set[Node] = set()
        self._context = copy_context()
        loop.network = self

    # What the loop asks.

    async def connect(self, factory: Callable[[], Any], host: str, port: int) -> tuple[Connection, Any]:
        """As `create_connection`.

        Raises:
            ConnectionRefusedError: the server is away.
            TimeoutError: nothing came back for two minutes.

        """
        node = NODE.get() or self.loop.world
        await asyncio.sleep(0)
        for pause in KNOCKS:
            if node.name not in self._unreachable:
                break
            await asyncio.sleep(pause)
        else:
            raise TimeoutError(errno.ETIMEDOUT, f"Connect call failed ({host!r}, {port})")
        if self.away:
            raise ConnectionRefusedError(111, f"Connect call failed ({host!r}, {port})")
        self._numbers += 1
        connection = Connection(self, (host, port), node, copy_context(), self._numbers)
        self._open.append(connection)
        protocol = factory()
        connection.set_protocol(protocol)
        protocol.connection_made(connection)
        return connection, protocol

    def pump(self) -> None:
        """Work off what was written, connection by connection, until nobody wrote more."""
        while self.to_do:
            connection = self.to_do.popleft()
            if connection.over or connection.frozen:
                continue
            if connection in self._waiting:
                connection.send_on()
                continue
            self.requests += 1
            self.loop.spend(REQUEST_SECONDS)
            self._ended(connection, connection.exchange())
            self._look_again()

    def killed(self, node: Node) -> None:
        """Its connections end; when this returns the server has rolled back what they held, but for who waits for a lock."""
        for connection in self.connections(node):
            connection.leave(None)
        self.pump()

    def wrote(self, connection: Connection) -> None:
        """There is something to send."""
        if connection not in self.to_do:
            self.to_do.append(connection)

    # Faults.

    def connections(self, node: Node | None = None) -> list[Connection]:
        """Those that are open, of one node or of all, in the order in which they were made."""
        return [one for one in self._open if not one.gone and (node is None or one.node is node)]

    def cut(self, connections: Iterable[Connection]) -> None:
        """Break connections: neither side hears of the other again, and a transaction under way is rolled back."""
        for connection in connections:
            self.say(connection.node, f"pg{connection.number} cut")
            connection.break_off()
        self.pump()

    def freeze(self, node: Node) -> None:
        """What `node` and the server say to each other stays on its way until `thaw`; nobody is told."""
        self.say(node, "frozen")
        self._unreachable.add(node.name)
        for connection in self.connections(node):
            connection.frozen = True

    def thaw(self, node: Node) -> None:
        """What was held arrives."""
        self.say(node, "thawed")
        self._unreachable.discard(node.name)
        for connection in list(self._open):
            if connection.node.name == node.name and connection.frozen:
                connection.frozen = False
                connection.deliver()
                self.wrote(connection)
        self.pump()

    def lose_next_commit(self, node: Node) -> None:
        """The next transaction that `node` ends is committed, and `node` hears of a broken connection instead."""
        self._commits_unheard.add(node)

    # Within.

    def say(self, node: Node, what: str, detail: bytes = b"") -> None:
        """Put it into the trace."""
        self.loop.trace.say(self.loop.time(), node.name, what, detail)

    def waits(self, connection: Connection) -> bool:
        """Whether a connection whose process says that it waits for a lock must be left waiting.

        Not where it has it by now, or a stranger has it: he gives it back whatever we do.
        """
        since = self._locks.waiting([connection.pid]).get(connection.pid)
        ours = {one.pid for one in self._open}
        if since is None or ours.isdisjoint(self._locks.blockers(connection.pid)):
            return False
        assert connection.session is not None
        process = connection.session.process
        process.hold_still()
        self.waited += 1
        wait = self._waiting[connection] = Wait(since, process)
        if connection.lock_limit is not None:
            self.loop.call_later(connection.lock_limit, self._waited_too_long, connection, wait, context=self._context)
        return True

    def _ended(self, connection: Connection, end: End) -> None:
        if end is End.WAITS:
            self.say(connection.node, f"pg{connection.number} waits for a lock")
            return
        if connection.over:
            self._open.remove(connection)
            self._cancel(connection.turn.cancels)
        elif connection.node in self._commits_unheard and connection.turn.committed:
            self._commits_unheard.discard(connection.node)
            self.cut([connection])
        else:
            connection.deliver()

    def _look_again(self) -> None:
        """Let those go on, in turn, whose wait is over."""
        while self._waiting:
            now = self._locks.waiting([one.pid for one in self._waiting])
            moved = next((one for one, wait in self._waiting.items() if now.get(one.pid) != wait.since), None)
            if moved is None:
                return
            self._go_on(moved, moved=False)

    def _cancel(self, number: int) -> None:
        """The server is asked to give up what a session does, by its number: it heeds that only while it waits."""
        for connection in self._waiting:
            if connection.session is not None and connection.session.number == number:
                self._locks.cancel(connection.pid)
                self._go_on(connection, moved=True)
                return

    def _waited_too_long(self, connection: Connection, wait: Wait) -> None:
        """`lock_timeout`, by virtual time: the server's own clock would decide otherwise in each run."""
        if self._waiting.get(connection) is wait:
            self._locks.cancel(connection.pid)
            connection.limit_over = True
            self._go_on(connection, moved=True)
            connection.limit_over = False
            self._look_again()

    def _go_on(self, connection: Connection, *, moved: bool) -> None:
        self._waiting.pop(connection).process.go_on()
        self._ended(connection, connection.receive(moved=moved))

    def close(self) -> None:
        """End all connections, and wait until the server has let go of them."""
        for wait in self._waiting.values():
            wait.process.go_on()
        self._waiting.clear()
        for connection in self._open:
            connection.abandon()
        for connection in self._open:
            connection.drain()
        self._open.clear()
