"""Know which of PostgreSQL's processes wait for a lock, and hold those still until it is their turn to have it.

A process that waits says so itself (`deadlock_timeout`, `log_lock_waits` and `client_min_messages`, databases.py): after a
millisecond it has looked whether its wait closes a circle, and if not it sends a notice that it is still waiting. So whoever
closes the circle is the one that the server refuses, always. What a later release does to the waiting is in `pg_locks`
before the releasing request is answered: locks are handed over by who gives them up. One that waits is stopped meanwhile,
for two that were handed locks by one commit would else run beside each other, in an order that nobody decides.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

import psycopg

from tests.sim.engine.sessions.kept import Sessions

KEPT = 60
"""So many sessions may rest at a time, between two clients: a tenth of a server's, for each process that plays."""
_WAITING = "select pid, waitstart from pg_locks where pid = any(%s) and not granted"
_FOLDERS = "select current_setting('data_directory'), current_setting('unix_socket_directories')"
_BLOCKERS = "select pg_blocking_pids(%s)"


class ServerSilent(Exception):
    """PostgreSQL neither answers nor says that it waits: the order of this run cannot be known."""


class LockTable:
    """Looks at a server's lock table over a connection of its own, outside all simulated time.

    `sessions`: those that runs keep from one client to the next, `kept` at most.
    """

    def __init__(self, address: str, *, kept: int = KEPT) -> None:
        self._connection = psycopg.connect(address, autocommit=True)
        self.sessions = Sessions(self._connection.info.password, kept, self._socket_folder())
        self.looks = 0

    def _socket_folder(self) -> Path | None:
        data, folders = self._connection.execute(_FOLDERS).fetchall()[0]
        return Path(data, folders.split(",")[0].strip()) if folders else None

    def waiting(self, pids: Collection[int]) -> Mapping[int, datetime]:
        """Which of these processes wait for a lock, and since when: another instant is another wait."""
        self.looks += 1
        return dict(self._connection.execute(_WAITING, [list(pids)]).fetchall())

    def blockers(self, pid: int) -> Collection[int]:
        """The processes for which this one waits: it is behind them in a queue, or they have what it wants."""
        return list(self._connection.execute(_BLOCKERS, [pid]).fetchall()[0][0])

    def cancel(self, pid: int) -> None:
        """Have a process give up the statement that it is at."""
        self._connection.execute("select pg_cancel_backend(%s)", [pid])

    def close(self) -> None:
        """End the connection, and the sessions that rest."""
        self.sessions.close()
        self._connection.close()
