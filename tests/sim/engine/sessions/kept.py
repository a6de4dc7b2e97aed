"""Keep sessions of PostgreSQL from one client to the next, also of another run: a new one costs the server milliseconds.

A process of the server has to be forked and to look up anew what it knows of tables and types. So a session whose client has
left is brought to what a new one is, and waits for the next client with the same start-up message. For everybody else that is
the end of the session: an open transaction is rolled back and all locks are let go of, in that order, as in a real end.
"""

import contextlib
import itertools
import socket
import struct
from pathlib import Path

from tests.sim.engine.sessions.foreseen import Foreseen
from tests.sim.engine.sessions.login import greeting, log_in
from tests.sim.engine.sessions.messages import Turn, query
from tests.sim.engine.sessions.processes import ServerProcess
from tests.sim.engine.sessions.statements import Statements

ANSWER_SECONDS = 60.0
"""Real ones: a server that is silent for so long, and does not say that it waits for a lock, has a fault."""

_ROLLBACK, _DISCARD = query("rollback"), query("discard all")
_DISCARD_ALL_ELSE = query(
    "close all; set session authorization default; reset all; unlisten *; select pg_advisory_unlock_all();"
    "discard temp; discard sequences"
)
"""`discard all` but for prepared statements: https://www.postgresql.org/docs/18/sql-discard.html."""
_PIECE = 1 << 18
_LIMIT = struct.pack("ll", int(ANSWER_SECONDS), 0)  # the system's own limit: one of Python's costs a call before each
_numbers = itertools.count(1 << 22)
"""Of sessions as clients know them: in this process no two have the same, and no process of the server is called so."""

Place = tuple[str, int, bytes]
"""Host, port, and start-up message."""


class Session:
    """One of them, of one client after the other. Made by `Sessions`."""

    def __init__(self, place: Place, sock: socket.socket, pid: int, reported: bytes) -> None:
        self.place, self.sock, self.pid = place, sock, pid
        self.number = 0
        """What the present client takes for the number of the server's process: a former client's cancels nothing of his."""
        local = sock.family == socket.AF_UNIX
        self.process = ServerProcess(pid, "[local]" if local else f"({sock.getsockname()[1]})")
        self.process.stay_beside()
        self.statements, self.foreseen = Statements(), Foreseen()
        self._reported = reported

    def greet(self) -> bytes:
        """Begin with a new client: what the server says to him first."""
        self.number = next(_numbers)
        self.statements.begin()
        self.foreseen.begin()
        return greeting(self.number, self._reported)

    def rest(self, *, within: bool) -> bool:
        """End whatever the client left; whether that went well. `within`: he left in the middle of a transaction."""
        within = within and not self.foreseen.begins
        turn = Turn(started=True)
        words = _DISCARD if self.statements.spoilt else _DISCARD_ALL_ELSE
        if self.statements.spoilt:
            self.statements.forget()
        if within:
            words = _ROLLBACK + words
        turn.sent(words)
        try:
            self.sock.sendall(words)
            while turn.owed:
                data = self.sock.recv(_PIECE)
                if not data:
                    return False
                turn.received(data)
        except OSError:
            return False
        return not turn.ended and turn.idle_status == b"I"

    @property
    def quiet(self) -> bool:
        """Whether the server has said nothing since, not even that it ends."""
        with contextlib.suppress(BlockingIOError):
            self.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            return False
        return True


class Sessions:
    """Those of one server. `password`: for users of whom it wants one. `most`: so many rest at a time.

    `folder`: of the server's socket in the file system, which takes the place of a port; None where it has none.
    """

    def __init__(self, password: str, most: int, folder: Path | None) -> None:
        self._password, self._most, self._folder = password, most, folder
        self._resting: dict[Place, list[Session]] = {}

    def take(self, host: str, port: int, startup: bytes) -> Session:
        """One that begins as `startup` says.

        Raises:
            login.Refused: the server lets nobody in so.
            OSError: nobody listens there.

        """
        place = (host, port, startup)
        resting = self._resting.get(place, [])
        while resting:
            session = resting.pop()
            if session.quiet:
                return session
            session.sock.close()
        sock = self._connect(host, port)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _LIMIT)
        try:
            return Session(place, sock, *log_in(sock, startup, self._password))
        except BaseException:
            sock.close()
            raise

    def _connect(self, host: str, port: int) -> socket.socket:
        if self._folder is not None:
            local = socket.socket(socket.AF_UNIX)
            with contextlib.suppress(OSError):  # of another server's port, or too long for a path
                local.connect(str(self._folder / f".s.PGSQL.{port}"))
                return local
            local.close()
        sock = socket.create_connection((host, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def keep(self, session: Session, *, within: bool) -> bool:
        """Bring to rest one that waits for a request, and keep it for the next client; False where it must end truly."""
        if sum(map(len, self._resting.values())) >= self._most or not session.rest(within=within):
            return False
        self._resting.setdefault(session.place, []).append(session)
        return True

    def close(self) -> None:
        """End those that rest."""
        for resting in self._resting.values():
            for session in resting:
                session.sock.close()
        self._resting.clear()
