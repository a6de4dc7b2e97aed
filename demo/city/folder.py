"""Make the demo's data folder, new each time, and never at the cost of anything but an earlier demo."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from operations.errors import Away, Misused, Refused

MARKER = "this-is-a-demo"
WORDS = "Made by `outagectl demo`, which removes this folder and makes it anew each time it runs.\n"
PATIENCE = 20.0
OUTSIDE = ("OUTAGE_KAFKA", "OUTAGE_POSTGRES", "OUTAGE_CLOCK_FILE", "OUTAGE_PUBLIC_URL")


def refuse_outside(environment: Mapping[str, str] = os.environ) -> None:
    """Make sure that the demo's invented outages go to nobody's real system.

    Raises:
        Misused: a variable names another database, broker, clock or provider.

    """
    named = [name for name in OUTSIDE if environment.get(name)]
    named += sorted(name for name in environment if name.startswith("OUTAGE_TWILIO_") and environment[name])
    if named:
        raise Misused(
            f"the demo invents outages, so it plays only on servers of its own: unset {', '.join(named)} for it "
            f"(env {' '.join(f'-u {name}' for name in named)} outagectl demo)"
        )


async def fresh(folder: Path) -> Path:
    """An empty data folder at `folder`, absolute, marked as a demo's. An earlier demo in it is removed.

    Raises:
        Refused: it holds something else, or is no folder.
        Away: a stack still runs in it.

    """
    if _holds_a_demo(folder):
        await _wait_until_left(folder / "stack.lock")
        shutil.rmtree(folder)
    return _make(folder)


def _holds_a_demo(folder: Path) -> bool:
    if folder.is_symlink():
        # Nobody expects what lies behind a link to be removed.
        raise Refused(f"{folder} is a link: name the folder itself with --data DIR")
    if not folder.exists():
        return False
    if not folder.is_dir():
        raise Refused(f"{folder} is no folder: name another one with --data DIR")
    if not any(folder.iterdir()):
        return False
    if not (folder / MARKER).is_file():
        raise Refused(
            f"{folder} holds something that is no demo's, and the demo begins with an empty folder: "
            "name another one with --data DIR, or remove it yourself"
        )
    return True


def _make(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text(WORDS, encoding="utf-8")
    return folder.absolute()


async def _wait_until_left(lock: Path) -> None:
    """Wait for an earlier run, whose supervisor may still be ending its servers (devstack.servers.stack takes this lock)."""
    try:
        held = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return
    deadline = asyncio.get_running_loop().time() + PATIENCE
    try:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if asyncio.get_running_loop().time() > deadline:
                    owner = os.pread(held, 20, 0).decode() or "?"
                    raise Away(
                        f"{lock.parent} is in use by process {owner} (an `outagectl up` or another demo): stop it, "
                        "or name another folder with --data DIR"
                    ) from None
                await asyncio.sleep(0.1)
            else:
                return
    finally:
        os.close(held)
