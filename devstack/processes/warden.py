"""The process that starts the stack's programs and ends them all when the command that wanted them is gone.

It runs in a session of its own, so that Ctrl-C in a terminal reaches only the command, which then ends services before
servers. It holds one end of a socket whose other end only the command holds: when the command dies, however it dies,
the kernel closes that end, and the warden ends every program and itself. Should the warden be killed instead, the
kernel tells its children (PR_SET_PDEATHSIG, Linux) and the command sees the socket close.

Both ways the socket carries one JSON object per line. To the warden: ``import``, ``start``, ``signal``, ``stop`` (one
program) and ``end`` (all). From it: ``started``, ``failed``, ``exited``. devstack.processes.supervisor is the other end.
After ``import`` every `python -m …` is forked off a process that has imported those modules (devstack/processes/template.py).
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
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
_IMPORT_SECONDS, _FORK_SECONDS = 60.0, 20.0  # on a machine with much else to do
# Variables that no interpreter, C library or imported module reads: the services' own, which they read when they boot.
_READ_LATER = ("OUTAGE_", "PYTEST_")


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


class Template:
    """The warden's end of devstack/processes/template.py: one process, started once. Of no use any more, it `fits` nothing."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._python, self._cwd, self._env = order["argv"][0], order["cwd"], order["env"]
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.setblocking(False)
        self._one_by_one = asyncio.Lock()
        self._ready = self._gone = False
        with theirs:
            process = subprocess.Popen(
                [*order["argv"], str(theirs.fileno()), *order["modules"]],
                env=self._env,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=[theirs.fileno()],
                preexec_fn=functools.partial(_before_exec, signal.SIGKILL, os.getpid()),  # noqa: PLW1509  as in _start
            )
        process.returncode = 0  # reaped in _reap

    def fits(self, order: dict[str, Any]) -> bool:
        """Whether a program may be forked: it is `python -m …` by the same interpreter under the same circumstances."""
        return (
            not self._gone
            and order["argv"][:2] == [self._python, "-m"]
            and order["cwd"] == self._cwd
            and _read_by_imports(order["env"]) == _read_by_imports(self._env)
        )

    async def fork(self, order: dict[str, Any], log: int, known: int) -> int:
        """A child of the warden that writes to `log` and waits at the pipe `known` for a byte; its process id.

        Raises OSError or ValueError: the template is of no use any more, and neither it nor the child will run on.
        """
        asked = {"words": order["argv"][2:], "env": order["env"], "death_signal": order["death_signal"]}
        async with self._one_by_one:
            try:
                if not self._ready:
                    self._ready = await self._heard(_IMPORT_SECONDS) == b"ready"
                socket.send_fds(self._line, [json.dumps(asked).encode()], [log, known])
                return int(await self._heard(_FORK_SECONDS))
            except BaseException:
                self.close()
                raise

    async def _heard(self, seconds: float) -> bytes:
        word = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self._line, 32), seconds)
        if not word:
            raise ConnectionError("the process with the modules has ended")
        return word

    def close(self) -> None:
        """Let it end; what it has forked runs on."""
        self._gone = True
        self._line.close()


def _read_by_imports(env: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if not name.startswith(_READ_LATER)}


class Warden:
    """Children by process id; every child leads its own session and process group."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._wards: dict[int, ManagedProgram] = {}
        self._template: Template | None = None
        self._starting: set[asyncio.Task[None]] = set()
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
        for task in (obey, *self._starting):
            task.cancel()
        if self._template is not None:
            self._template.close()
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
            case "import" if sys.platform == "linux":  # elsewhere there are no subreapers
                with contextlib.suppress(OSError, subprocess.SubprocessError):  # then the programs say what is wrong
                    self._template = Template(order)
            case "start" if self._template is not None and self._template.fits(order):
                self._later(self._fork(order, self._template), self._starting)
            case "start":
                self._start(order)
            case "signal" if order["pid"] in self._wards:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(order["pid"], order["signal"])
            case "stop" if order["pid"] in self._wards:
                self._later(self._stop(self._wards[order["pid"]]), self._stopping)
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
        process.returncode = 0  # reaped in _reap, together with the orphans; Popen must not wait for it too
        self._began(order, process.pid)

    async def _fork(self, order: dict[str, Any], template: Template) -> None:
        known, tell = os.pipe()
        try:
            with Path(order["log"]).open("ab") as log:  # noqa: ASYNC230  a moment
                pid = await template.fork(order, log.fileno(), known)
            # Only now may it run: had it ended before, nobody would have known whose end that was.
            self._began(order, pid)
            os.write(tell, b"k")
        except (OSError, ValueError) as problem:
            print(f"{order['argv'][2]} is started by exec, not forked: {problem!r}", file=sys.stderr, flush=True)  # noqa: T201  the warden's log
            self._start(order)
        finally:
            os.close(known)
            os.close(tell)

    def _began(self, order: dict[str, Any], pid: int) -> None:
        self._wards[pid] = ManagedProgram(pid, order["order"], order["stop_signal"], order["patience"])
        self._say(say="started", id=order["id"], pid=pid)

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
    def _later(work: Coroutine[Any, Any, None], among: set[asyncio.Task[None]]) -> None:
        task = asyncio.create_task(work)
        among.add(task)
        task.add_done_callback(among.discard)

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
