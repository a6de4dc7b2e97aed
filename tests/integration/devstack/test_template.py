"""A program that is forked off a process with its modules is in every respect the one that exec would have started."""

import asyncio
import json
import os
import shutil
import signal
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from devstack.processes.supervisor import Child, ProgramNotStartedError, Supervisor
from tests.kits.waiting import until

FORKED, EXECUTED = "forked", "by exec"
START_SECONDS = 20.0
BOTH = pytest.mark.parametrize("way", [FORKED, EXECUTED])
# What takes long to import, and knows who has done it.
HEAVY = "import os\nIMPORTED_BY = os.getpid()\n"
# All that a program can know of its start.
ALL_IT_SEES = textwrap.dedent("""
    import ctypes, gc, json, os, signal, sys, threading
    from pathlib import Path
    import heavy

    death = ctypes.c_int()
    ctypes.CDLL(None).prctl(2, ctypes.byref(death), 0, 0, 0)
    os.umask(mask := os.umask(0))
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    # The folder's own handle is closed by the time the link is read.
    handles = {n: os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{n}")}
    print(json.dumps({
        "leads session and group": os.getpid() == os.getsid(0) == os.getpgid(0),
        "parent": os.getppid(),
        "death signal": death.value,
        "signals": {int(n): str(signal.getsignal(n)).split(" at ")[0] for n in signal.valid_signals()},
        "masks": [status[name].strip() for name in ("SigBlk", "SigIgn", "SigCgt")],
        "umask": mask,
        "handles": handles,
        "environment": dict(os.environ),
        "environment of C": {n: ctypes.CDLL(None).getenv(n.encode()) != 0 for n in ("OUTAGE_OWN", "OUTAGE_OF_THE_COMMAND")},
        "folder": os.getcwd(),
        "argv": sys.argv,
        "path": sys.path,
        "names": [__name__, __package__, __file__, __spec__.name],
        "main": sys.modules["__main__"].__dict__ is globals(),
        "threads": [threading.active_count(), threading.current_thread() is threading.main_thread(), status["Threads"]],
        "collector": gc.isenabled(),
        "streams": [[s.encoding, s.errors, s.line_buffering, s.isatty()] for s in (sys.stdin, sys.stdout, sys.stderr)],
    }), flush=True)
    print(json.dumps(heavy.IMPORTED_BY == os.getpid()))
""")
ENDS = {
    "in order": ("print('done')", 0, ["done"]),
    "with a code": ("raise SystemExit(75)", 75, []),
    "with words": ("raise SystemExit('no settings')", 1, ["no settings"]),
    "by a fault": (
        "print('before'); [][1]",
        1,
        ["before", "Traceback (most recent call last):", "IndexError: list index"],
    ),
    "at once": ("import os; os._exit(70)", 70, []),
    "by Ctrl-C": ("raise KeyboardInterrupt", -signal.SIGINT, ["KeyboardInterrupt"]),
    "after what was to be done last": (
        "import atexit; atexit.register(print, 'last'); print('first')",
        0,
        ["first", "last"],
    ),
    "killed from within": ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL, []),
    "after its threads": (
        "import threading, time; threading.Thread(target=lambda: (time.sleep(0.2), print('late'))).start()",
        0,
        ["late"],
    ),
}
WAITS = "import signal; print('ready', flush=True); signal.pause()"

Make = Callable[..., Supervisor]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Supervisors whose programs are the modules in the folder of the test."""
    monkeypatch.chdir(tmp_path)
    write("heavy", HEAVY)

    def made(way: str, *imports: str) -> Supervisor:
        return Supervisor(log_file=tmp_path / "s.log", imports=(imports or ("heavy",)) if way == FORKED else ())

    return made


async def start(supervisor: Supervisor, code: str, *words: str, **more: Any) -> Child:
    """Run a module of this text as `python -m program`."""
    write("program", code)
    return await supervisor.start("program", [sys.executable, "-m", "program", *words], **more)


def write(module: str, text: str) -> None:
    """Make a module in the folder where programs are started."""
    Path(f"{module}.py").write_text(text)


def said() -> list[str]:
    """What the programs wrote to their log."""
    return Path("program.log").read_text().splitlines()


def wardens_log() -> str:
    return Path("s.log").read_text()


async def ready(child: Child) -> None:
    await until(lambda: "ready" in child.log_file.read_text(), START_SECONDS, "the program to be ready")


def stands_still(child: Child) -> bool:
    return bool(psutil.Process(child.pid).status() == psutil.STATUS_STOPPED)


def forked() -> bool:
    """Whether the last program of ALL_IT_SEES found its module imported."""
    return not json.loads(said()[-1])


async def template(supervisor: Supervisor) -> psutil.Process:
    def found() -> list[psutil.Process]:
        children = psutil.Process(supervisor.pid).children()
        return [one for one in children if "devstack.processes.template" in one.cmdline()]

    await until(found, START_SECONDS, "the template to be there")
    return found()[0]


async def test_it_sees_the_same_whichever_way_it_was_started(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTAGE_OF_THE_COMMAND", "early")
    seen = {}
    for way in (FORKED, EXECUTED):
        async with make(way) as supervisor:
            with monkeypatch.context() as later:
                later.delenv("OUTAGE_OF_THE_COMMAND")
                child = await start(
                    supervisor, ALL_IT_SEES, "--port", "0", env={"OUTAGE_OWN": "é\udc80"}, death_signal=signal.SIGQUIT
                )
                assert await child.wait() == 0, said()
            seen[way] = json.loads(said()[-2])
            assert forked() == (way == FORKED)
            assert seen[way].pop("parent") == supervisor.pid
    assert seen[FORKED] == seen[EXECUTED]
    assert seen[FORKED]["death signal"] == signal.SIGQUIT
    assert seen[FORKED]["environment of C"] == {"OUTAGE_OWN": True, "OUTAGE_OF_THE_COMMAND": False}
    assert seen[FORKED]["argv"][1:] == ["--port", "0"]


@BOTH
@pytest.mark.parametrize("end", ENDS)
async def test_it_ends(end: str, way: str, make: Make) -> None:
    code, returncode, words = ENDS[end]
    async with make(way) as supervisor:
        child = await start(supervisor, code)
        assert await child.wait() == returncode
    lines = said()
    assert [word for word in words if any(line.startswith(word) for line in lines)] == words
    assert bool(lines) == bool(words)


@BOTH
async def test_a_module_that_is_not_there_is_named_in_its_log(way: str, make: Make) -> None:
    async with make(way) as supervisor:
        child = await supervisor.start("program", [sys.executable, "-m", "no_such_program"])
        assert await child.wait() == 1
    assert "No module named no_such_program" in said()[-1]


@BOTH
async def test_signals_do_what_they_do(way: str, make: Make) -> None:
    async with make(way) as supervisor:
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGQUIT):
            child = await start(supervisor, WAITS)
            await ready(child)
            child.kill(signal.SIGSTOP)
            await until(partial(stands_still, child), START_SECONDS, "it to stand still")
            child.kill(signal.SIGCONT)
            await until(lambda: not stands_still(child), START_SECONDS, "it to go on")  # noqa: B023 - asked within the loop
            child.kill(number)
            assert await child.wait() == -number
            child.log_file.unlink()
        child = await start(supervisor, "import signal\nsignal.signal(15, signal.SIG_IGN)\n" + WAITS, patience=0.2)
        await ready(child)
        assert await child.stop() == -signal.SIGKILL


@BOTH
async def test_it_dies_with_the_warden(way: str, make: Make) -> None:
    async with make(way) as supervisor:
        child = await start(supervisor, WAITS)
        await ready(child)
        family = psutil.Process(supervisor.pid).children()
        assert len(family) == (2 if way == FORKED else 1), family
        os.kill(supervisor.pid, signal.SIGKILL)
        await until(
            lambda: not any(one.is_running() and one.status() != "zombie" for one in family),
            START_SECONDS,
            "all to be gone",
        )
        assert await child.wait() == -signal.SIGKILL


async def test_many_at_once_are_all_reported_and_nothing_is_left(make: Make) -> None:
    async with make(FORKED) as supervisor:
        write("program", "import sys; sys.exit(int(sys.argv[1]))")
        order = [[sys.executable, "-m", "program", str(code)] for code in range(20)]
        children = await asyncio.gather(*(supervisor.start("program", argv) for argv in order))
        assert [await child.wait() for child in children] == list(range(20))
        assert len({child.pid for child in children}) == 20
        left = await template(supervisor)
        assert not left.children()
    assert not left.is_running()
    assert wardens_log() == ""


@pytest.fixture
async def waiting(make: Make) -> AsyncIterator[Supervisor]:
    """A supervisor that has forked one program, so that its template is there."""
    async with make(FORKED) as supervisor:
        assert await (await start(supervisor, ALL_IT_SEES)).wait() == 0
        assert forked()
        yield supervisor


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_without_its_template_the_next_is_started_by_exec_and_the_log_says_so(
    number: int, waiting: Supervisor
) -> None:
    (await template(waiting)).send_signal(number)
    child = await start(waiting, ALL_IT_SEES)
    assert await child.wait() == 0
    assert not forked()
    assert "program is started by exec, not forked" in wardens_log()


@pytest.mark.parametrize(
    "fault", ["import no_such_module", "import threading, time; threading.Thread(target=time.sleep, args=(9,)).start()"]
)
async def test_where_the_modules_cannot_be_imported_or_forked_all_is_started_by_exec(fault: str, make: Make) -> None:
    write("faulty", fault)
    async with make(FORKED, "heavy", "faulty") as supervisor:
        for _ in range(2):
            assert await (await start(supervisor, ALL_IT_SEES)).wait() == 0
            assert not forked()
    log = wardens_log()
    assert ("No module named 'no_such_module'" in log) == ("no_such" in fault)
    assert ("1 threads were started by importing" in log) == ("threading" in fault)
    assert log.count("program is started by exec, not forked") == 1


async def test_what_imports_would_have_read_is_a_reason_for_exec(waiting: Supervisor, tmp_path: Path) -> None:
    for name, value in (("PYTHONHASHSEED", "7"), ("TZ", "Asia/Shanghai")):
        assert await (await start(waiting, ALL_IT_SEES, env={name: value})).wait() == 0
        assert not forked()
    shutil.copytree(tmp_path, tmp_path / "elsewhere")
    assert await (await start(waiting, ALL_IT_SEES, cwd=tmp_path / "elsewhere")).wait() == 0
    assert not forked()
    assert await (await start(waiting, ALL_IT_SEES, env={"OUTAGE_OWN": "7"})).wait() == 0
    assert forked()
    assert wardens_log() == ""


async def test_the_end_does_not_wait_for_what_is_being_imported(make: Make) -> None:
    write("slow", "import time; time.sleep(60)")
    async with make(FORKED, "slow") as supervisor:
        asked = asyncio.create_task(start(supervisor, WAITS))
        left = await template(supervisor)
        async with asyncio.timeout(10):
            await supervisor.close()
        with pytest.raises(ProgramNotStartedError, match="is gone"):
            await asked
    assert not left.is_running()
