"""The process that starts the stack's programs and ends them all when the command that wanted them is gone.

It runs in a session of its own, so that Ctrl-C in a terminal reaches only the command, which then ends services before
servers. It holds one end of a socket whose other end only the command holds: when the command dies, however it dies,
the kernel closes that end, and the warden ends every program and itself. Should the warden be killed instead, the
kernel tells its children (PR_SET_PDEATHSIG, Linux) and the command sees the socket close.

Both ways the socket carries one JSON object per line. To the warden: ``start``, ``signal``, ``stop`` (one program) and
``end`` (all). From it: ``started``, ``failed``, ``exited``. devstack.processes.supervisor is the other end.
Only the standard library is used, so that it starts at once and cannot be broken by a half-installed virtualenv.
"""

import asyncio
import contextlib
import ctypes
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _before_exec(death_signal: int, warden: int) -> None:
    """In the child: ordinary signal handling, and a last signal from the kernel when the warden is killed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    _prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != warden:
        os._exit(1)  # the warden died between fork and prctl


@dataclass
class ManagedProgram:
    """One running program: the signal that ends it politely, and how many seconds it may take."""

    pid: int
    order: int
    stop_signal: int
    patience: float
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class Warden:
    """Children by process id; every child leads its own session and process group."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._wards: dict[int, ManagedProgram] = {}
        self._stopping: set[asyncio.Task[None]] = set()
        self.dismissed = asyncio.Event()

    async def serve(self) -> None:
        """Obey until told to end, signalled, or alone; then end every child."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.dismissed.set)
        loop.add_signal_handler(signal.SIGINT, lambda: None)  # the command decides what Ctrl-C means
        reader, self._writer = await asyncio.open_connection(sock=self._line, limit=2**20)
        obey = asyncio.create_task(self._obey(reader))
        await self.dismissed.wait()
        obey.cancel()
        await self._end_all()
        with contextlib.suppress(OSError, TimeoutError):  # a command that hangs must not keep the warden
            await asyncio.wait_for(self._writer.drain(), 1.0)

    async def _obey(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while order := await reader.readline():
                self._handle(json.loads(order))
        self.dismissed.set()

    def _handle(self, order: dict[str, Any]) -> None:
        match order["do"]:
            case "start":
                self._start(order)
            case "signal" if order["pid"] in self._wards:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(order["pid"], order["signal"])
            case "stop" if order["pid"] in self._wards:
                task = asyncio.create_task(self._stop(self._wards[order["pid"]]))
                self._stopping.add(task)
                task.add_done_callback(self._stopping.discard)
            case "end":
                self.dismissed.set()

    def _start(self, order: dict[str, Any]) -> None:
        try:
            with Path(order["log"]).open("ab") as log:
                process = subprocess.Popen(
                    order["argv"],
                    env=order["env"],
                    cwd=order["cwd"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    # One thread only, so running Python between fork and exec is safe here.
                    preexec_fn=functools.partial(_before_exec, order["death_signal"], os.getpid()),  # noqa: PLW1509
                )
        except (OSError, subprocess.SubprocessError) as problem:
            self._say(say="failed", id=order["id"], why=str(problem))
            return
        self._wards[process.pid] = ManagedProgram(process.pid, order["order"], order["stop_signal"], order["patience"])
        process.returncode = 0  # reaped in _reap, together with the orphans; Popen must not wait for it too
        self._say(say="started", id=order["id"], pid=process.pid)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if ward := self._wards.pop(pid, None):
                    ward.gone.set()
                    self._say(say="exited", pid=pid, code=os.waitstatus_to_exitcode(status))

    async def _stop(self, ward: ManagedProgram) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(ward.pid, ward.stop_signal)
        try:
            await asyncio.wait_for(ward.gone.wait(), ward.patience)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(ward.pid, signal.SIGKILL)
            await ward.gone.wait()

    async def _end_all(self) -> None:
        while self._wards:
            latest = max(ward.order for ward in self._wards.values())
            await asyncio.gather(*(self._stop(ward) for ward in self._wards.values() if ward.order == latest))
        await self._end_orphans()

    async def _end_orphans(self) -> None:
        """Kill what the children left behind; as a subreaper the warden is now their parent (Linux)."""
        for _ in range(100):
            left = self._children()
            if not left:
                return
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.02)

    @staticmethod
    def _children() -> list[int]:
        try:
            return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
        except OSError:
            return []

    def _say(self, **note: object) -> None:
        self._writer.write(json.dumps(note).encode() + b"\n")


def main(line_fd: int, throw_away: str) -> None:
    """Serve the socket `line_fd`; afterwards remove the folder `throw_away`, unless it is empty text."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    asyncio.run(Warden(socket.socket(fileno=line_fd)).serve())
    if throw_away:
        shutil.rmtree(throw_away, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
