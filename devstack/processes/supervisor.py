"""Start programs that never outlive the command which started them.

`Supervisor` talks to one warden process (devstack/processes/warden.py says how it keeps its word). What dies by itself is
reported, so that the caller can start it again; at the end the highest `order` is stopped first, those of one order
together: services (order 1) before the servers they use (order 0).
"""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from devstack.private import UMASK, opener
from services.kernel.running.interrupts import heed

SERVERS, SERVICES = 0, 1


class ProgramNotStartedError(Exception):
    """The program could not be started; the text says which and why."""


class Child:
    """One program under a supervisor. `pid` is also its process group and session."""

    def __init__(self, supervisor: "Supervisor", name: str, pid: int, log_file: Path) -> None:
        self.name, self.pid, self.log_file = name, pid, log_file
        self._supervisor = supervisor
        self._exit: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def __repr__(self) -> str:
        state = "running" if self.running else f"exited with {self.returncode}"
        return f"<Child {self.name} pid {self.pid} {state}>"

    @property
    def running(self) -> bool:
        """Whether it has not been seen to exit."""
        return not self._exit.done()

    @property
    def returncode(self) -> int | None:
        """Exit code, -N for signal N, None while it runs."""
        return self._exit.result() if self._exit.done() else None

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal at once, to this process only; nothing happens when it is gone."""
        self._supervisor.tell(do="signal", pid=self.pid, signal=int(number))

    async def wait(self) -> int:
        """Exit code once it has ended, -N for signal N."""
        return await asyncio.shield(self._exit)

    async def stop(self) -> int:
        """End it politely: its stop signal, then SIGKILL to its whole group when its patience is over."""
        self._supervisor.tell(do="stop", pid=self.pid)
        return await self.wait()


class Supervisor:
    """Async context manager around one warden.

    `log_file` takes the warden's own complaints. `throw_away` names a folder that the warden removes after everything
    has ended, even when the command was killed. `hold` are file descriptors (locks) that stay open until then.
    With `imports`, names of modules, every `python -m …` by this interpreter is forked off a process that has imported
    them (devstack/processes/template.py), where the system can do that; it is a process like any other.
    """

    def __init__(
        self, *, log_file: Path, throw_away: Path | None = None, hold: Sequence[int] = (), imports: Sequence[str] = ()
    ) -> None:
        self._log_file, self._throw_away, self._hold = log_file, throw_away, tuple(hold)
        self._imports = tuple(imports)
        self._children: dict[int, Child] = {}
        self._on_exit: dict[int, Callable[[Child], None]] = {}
        self._asked: dict[int, asyncio.Future[Child | str]] = {}
        self._numbers = itertools.count()

    async def __aenter__(self) -> Self:
        heed()
        ours, theirs = socket.socketpair()
        with theirs, open(self._log_file, "ab", opener=opener) as log:  # noqa: ASYNC230 - a moment, at the start
            self._warden = subprocess.Popen(  # noqa: ASYNC220  a fork and exec of milliseconds; the wait is in close()
                # -I -S: the standard library alone, whatever PYTHONPATH and the virtualenv hold.
                [
                    *(sys.executable, "-I", "-S", str(Path(__file__).parent / "warden.py")),
                    *(str(theirs.fileno()), str(self._throw_away or "")),
                ],
                pass_fds=(theirs.fileno(), *self._hold),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                umask=UMASK,
            )
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._listening = asyncio.create_task(self._listen(reader))
        if self._imports:
            template = [sys.executable, "-m", "devstack.processes.template"]
            self.tell(do="import", argv=template, modules=self._imports, env={**os.environ}, cwd=str(Path.cwd()))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def pid(self) -> int:
        """The warden's process id."""
        return self._warden.pid

    @property
    def children(self) -> tuple[Child, ...]:
        """Every program that runs now, in the order of their start."""
        return tuple(self._children.values())

    async def start(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        log_file: Path | None = None,
        *,
        order: int = SERVICES,
        stop_signal: int = signal.SIGTERM,
        patience: float = 10.0,
        death_signal: int = signal.SIGKILL,
        on_exit: Callable[[Child], None] | None = None,
    ) -> Child:
        """Start `argv` (its first item a full path, or a name on PATH); `name` is for messages only.

        `env` is laid over the command's own environment. Output is appended to `log_file`, by default `NAME.log` beside
        the supervisor's. `patience` is in seconds between `stop_signal` and SIGKILL; `death_signal` is what the kernel
        sends when the warden itself is killed. `on_exit` is called in the loop when the program has ended, whyever.
        Raises ProgramNotStartedError.
        """
        log_file = log_file or self._log_file.with_name(f"{name}.log")
        if self._writer.is_closing():
            raise ProgramNotStartedError(f"{name} could not be started: the supervisor's process {self.pid} is gone")
        number = next(self._numbers)
        answer: asyncio.Future[Child | str] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        self.tell(
            do="start",
            id=number,
            argv=[str(word) for word in argv],
            env={**os.environ, **(env or {})},
            cwd=str(cwd or Path.cwd()),
            log=str(log_file.absolute()),
            order=order,
            stop_signal=int(stop_signal),
            patience=patience,
            death_signal=int(death_signal),
        )
        child = await answer
        if isinstance(child, str):
            raise ProgramNotStartedError(f"{name} could not be started ({argv[0]}): {child}")
        child.name, child.log_file = name, log_file
        if on_exit is not None:
            if child.running:
                self._on_exit[child.pid] = on_exit
            else:
                on_exit(child)
        return child

    async def close(self) -> None:
        """End every program in order, then the warden; returns when all are gone and the throw-away folder too."""
        self.tell(do="end")
        await self._listening
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
        await asyncio.to_thread(self._warden.wait)

    def tell(self, **order: object) -> None:
        """Send one order to the warden; for this module."""
        if not self._writer.is_closing():
            self._writer.write(json.dumps(order).encode() + b"\n")

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while note := await reader.readline():
                self._hear(json.loads(note))
        self._left_alone()

    def _hear(self, note: dict[str, Any]) -> None:
        if note["say"] == "exited":
            self._gone(note["pid"], note["code"])
            return
        result: Child | str = note.get("why", "")
        if note["say"] == "started":
            # Made here and not in start(), so that an exit note right behind this one finds it.
            result = self._children[note["pid"]] = Child(self, "", note["pid"], self._log_file)
        answer = self._asked.pop(note["id"])
        if not answer.done():  # the caller may have been cancelled; close() ends the program all the same
            answer.set_result(result)

    def _gone(self, pid: int, code: int) -> None:
        child = self._children.pop(pid)
        child._exit.set_result(code)  # noqa: SLF001  Child and Supervisor are one unit
        if callback := self._on_exit.pop(pid, None):
            callback(child)

    def _left_alone(self) -> None:
        """The warden has closed its end: after close() nothing is left; if it was killed, end what it leaves behind."""
        self._writer.close()
        for answer in self._asked.values():
            if not answer.done():
                answer.set_result(f"the supervisor's process {self.pid} is gone")
        self._asked.clear()
        for pid in list(self._children):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            self._gone(pid, -signal.SIGKILL)
