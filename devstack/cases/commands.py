"""Run `outagectl` as often as cases ask, in processes forked from one that has its modules already.

Most of a command's processor time would be Python and its imports. Each still has a process, a folder and an environment of
its own, and is called as `python -m outagectl` calls it.
"""

import asyncio
import os
import runpy
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FORKING = get_context("forkserver")
# By name, for commands lie on a floor above. Any other is imported by the process that runs it.
_FORKING.set_forkserver_preload(
    [
        "outagectl.commands.duty.facts",
        "outagectl.commands.duty.promises",
        "outagectl.commands.explain.command",
        "outagectl.commands.phones",
        "outagectl.commands.plan.command",
        "outagectl.commands.registry.command",
        "outagectl.commands.registry.contacts",
        "outagectl.commands.registry.customers",
        "outagectl.commands.send",
        "outagectl.commands.show.command",
        # What they, or libraries, import only when it is used.
        *("services.notifier.app", "services.planner.app", "services.restorer.app"),
        *("devstack.twilio.kept.phones", "encodings.utf_8_sig"),
        *("typer._adapters", "holidays.countries", "dateutil.tz", "dateutil.parser", "dateutil.easter"),
    ]
)


async def ctl(words: Sequence[str], folder: Path, env: Mapping[str, str], seconds: float) -> tuple[int | None, str]:
    """Exit code and everything printed; None for a command that did not end within `seconds` and was ended.

    `folder` is where it runs. Of this process's environment it sees all but the settings of a system; `env` comes on top.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    whole = {**kept, "COLUMNS": "400", "PYTHONPATH": str(ROOT), "OUTAGE_OPERATOR": "cases", **env}
    with tempfile.NamedTemporaryFile() as printed:
        process = _FORKING.Process(target=_run, args=(list(words), folder, whole, printed.name))
        process.start()
        ended = asyncio.Event()
        loop, sentinel = asyncio.get_running_loop(), process.sentinel
        loop.add_reader(sentinel, ended.set)
        try:
            in_time = await _within(ended, seconds)
            if not in_time:
                process.terminate()
                await ended.wait()
        finally:
            loop.remove_reader(sentinel)
        process.join()
        return process.exitcode if in_time else None, printed.read().decode("utf-8", "replace")


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _run(words: Sequence[str], folder: Path, env: Mapping[str, str], printed: str) -> None:
    """In the forked process: what a shell sets up for a command, then the command."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    # Below Python's streams, so that what is printed by anything lands in one file in its order.
    for stream, path, flags in ((0, os.devnull, os.O_RDONLY), (1, printed, os.O_WRONLY | os.O_APPEND)):
        opened = os.open(path, flags)
        os.dup2(opened, stream)
        os.close(opened)
    os.dup2(1, 2)
    sys.argv = ["outagectl", *words]
    runpy.run_module("outagectl", run_name="__main__", alter_sys=True)
