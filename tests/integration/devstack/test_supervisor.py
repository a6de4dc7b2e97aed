"""No program outlives the command that started it, however the command ends."""

import asyncio
import json
import os
import signal
import sys
import textwrap
from functools import partial
from pathlib import Path

import psutil
import pytest

from devstack.processes.supervisor import Child, ProgramNotStartedError, Supervisor

ROOT = Path(__file__).parents[3]
SLEEPER = [sys.executable, "-S", "-c", "import signal; signal.pause()"]
# Tells when its handlers are set by writing a line, and what reaches it.
STUBBORN = textwrap.dedent("""
    import signal, sys
    signal.signal(signal.SIGTERM, lambda *_: print("asked to end", flush=True))
    print("ready", flush=True)
    while True: signal.pause()
""")
PARENT = textwrap.dedent("""
    import signal, subprocess, sys
    subprocess.Popen([sys.executable, "-S", "-c", "import signal; signal.pause()"])
    signal.pause()
""")
COMMAND = textwrap.dedent("""
    import asyncio, json, sys
    from pathlib import Path
    from devstack.processes.supervisor import Supervisor

    async def main():
        folder = Path(sys.argv[1])
        async with Supervisor(log_file=folder / "supervisor.log", throw_away=folder) as supervisor:
            programs = [await supervisor.start(f"sleeper{n}", json.loads(sys.argv[2])) for n in range(2)]
            print(supervisor.pid, *(child.pid for child in programs), flush=True)
            await asyncio.sleep(60)

    asyncio.run(main())
""")


async def until_gone(*pids: int, seconds: float = 8.0) -> None:
    """Wait until none of the processes exists; zombies count as gone."""
    async with asyncio.timeout(seconds):
        while any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids):
            await asyncio.sleep(0.02)


async def until_says(child: Child, word: str) -> None:
    async with asyncio.timeout(5):
        while word not in child.log_file.read_text():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("started", ["in the foreground", "in the background"])
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_nothing_is_left_when_the_command_ends_by(ending: signal.Signals, started: str, tmp_path: Path) -> None:
    # A shell starts what runs in the background with SIGINT ignored, whatever this suite was started with.
    inherited = signal.SIG_IGN if started == "in the background" else signal.SIG_DFL
    folder = tmp_path / "throw-away"
    folder.mkdir()
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", COMMAND, str(folder), json.dumps(SLEEPER)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        preexec_fn=partial(signal.signal, signal.SIGINT, inherited),
    )
    assert command.stdout is not None
    pids = [int(word) for word in (await command.stdout.readline()).split()]
    assert len(pids) == 3
    assert all(psutil.pid_exists(pid) for pid in pids)
    command.send_signal(ending)
    await until_gone(*pids)
    await command.communicate()
    assert not folder.exists()


async def test_ctrl_c_in_the_terminal_reaches_the_command_alone(tmp_path: Path) -> None:
    async with Supervisor(log_file=tmp_path / "s.log") as supervisor:
        child = await supervisor.start("sleeper", SLEEPER)
        assert len({os.getsid(pid) for pid in (os.getpid(), supervisor.pid, child.pid)}) == 3


async def test_when_the_warden_is_killed_its_programs_end_and_the_command_learns_of_it(tmp_path: Path) -> None:
    async with Supervisor(log_file=tmp_path / "s.log") as supervisor:
        child = await supervisor.start("sleeper", SLEEPER)
        os.kill(supervisor.pid, signal.SIGKILL)
        assert await asyncio.wait_for(child.wait(), 5) == -signal.SIGKILL
        await until_gone(child.pid)
        with pytest.raises(ProgramNotStartedError, match="is gone"):
            await supervisor.start("another", SLEEPER)


async def test_a_program_that_will_not_stop_is_asked_first_and_then_killed(tmp_path: Path) -> None:
    async with Supervisor(log_file=tmp_path / "s.log") as supervisor:
        child = await supervisor.start("stubborn", [sys.executable, "-S", "-c", STUBBORN], patience=0.3)
        await until_says(child, "ready")
        assert await child.stop() == -signal.SIGKILL
        assert "asked to end" in child.log_file.read_text()


async def test_what_a_program_started_itself_ends_too(tmp_path: Path) -> None:
    async with Supervisor(log_file=tmp_path / "s.log") as supervisor:
        child = await supervisor.start("parent", [sys.executable, "-c", PARENT])
        async with asyncio.timeout(5):
            while not (grandchildren := psutil.Process(child.pid).children()):
                await asyncio.sleep(0.02)
    await until_gone(child.pid, *(process.pid for process in grandchildren))


async def test_services_are_ended_before_the_servers_they_use(tmp_path: Path) -> None:
    ended: list[str] = []
    async with Supervisor(log_file=tmp_path / "s.log") as supervisor:
        for name, order in (("server", 0), ("service", 1), ("driver", 2)):
            await supervisor.start(name, SLEEPER, order=order, on_exit=lambda child: ended.append(child.name))
    assert ended == ["driver", "service", "server"]


async def test_a_program_that_dies_is_reported_so_that_it_can_be_started_again(tmp_path: Path) -> None:
    async with Supervisor(log_file=tmp_path / "s.log") as supervisor:
        child = await supervisor.start("service", SLEEPER)
        child.kill(signal.SIGKILL)
        assert await child.wait() == -signal.SIGKILL
        assert not child.running
        again = await supervisor.start("service", [sys.executable, "-c", "raise SystemExit(75)"])
        assert await again.wait() == 75
        assert supervisor.children == ()


async def test_environment_folder_and_log_are_the_callers(tmp_path: Path) -> None:
    code = "import os; print(os.environ['OUTAGE_TEST'], os.getcwd(), 'PATH' in os.environ)"
    async with Supervisor(log_file=tmp_path / "s.log") as supervisor:
        child = await supervisor.start("p", [sys.executable, "-c", code], {"OUTAGE_TEST": "yes"}, tmp_path)
        assert await child.wait() == 0
    assert (tmp_path / "p.log").read_text() == f"yes {tmp_path} True\n"


async def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    async with Supervisor(log_file=tmp_path / "s.log") as supervisor:
        with pytest.raises(ProgramNotStartedError, match=r"planner could not be started .*no-such-program"):
            await supervisor.start("planner", ["/no-such-program"])
