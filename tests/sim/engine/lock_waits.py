"""Know which of PostgreSQL's processes wait for a lock, and hold those still until it is their turn to have it.

A process that waits says so itself (`deadlock_timeout`, `log_lock_waits` and `client_min_messages`, databases.py): after a
millisecond it has looked whether its wait closes a circle, and if not it sends a notice that it is still waiting. So whoever
closes the circle is the one that the server refuses, always. What a later release does to the waiting is in `pg_locks`
before the releasing request is answered: locks are handed over by who gives them up. One that waits is stopped meanwhile,
for two that were handed locks by one commit would else run beside each other, in an order that nobody decides.
"""

import contextlib
from collections.abc import Collection, Mapping
from datetime import datetime

import psutil
import psycopg

_WAITING = "select pid, waitstart from pg_locks where pid = any(%s) and not granted"
_BLOCKERS = "select pg_blocking_pids(%s)"


class ServerSilent(Exception):
    """PostgreSQL neither answers nor says that it waits: the order of this run cannot be known."""


class LockTable:
    """Looks at a server's lock table over a connection of its own, outside all simulated time."""

    def __init__(self, address: str) -> None:
        self._connection = psycopg.connect(address, autocommit=True)
        self.looks = 0

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
        """End the connection."""
        self._connection.close()


class ServerProcess:
    """One process of the server, where it runs on this machine: else it cannot be held still, and nothing is done."""

    def __init__(self, pid: int, port: int) -> None:
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            # Its title names the port of its client: a server in a container has the number of some other process here.
            if f"({port})" in " ".join(process.cmdline()):
                self._process = process

    def hold_still(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.suspend()

    def go_on(self) -> None:
        """Let it run again."""
        if self._process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._process.resume()
