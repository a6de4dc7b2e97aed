"""A sender in a process of its own that stands still where a test says so."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.kits.stack.sending import Office, Stopped

ROOT = Path(__file__).parents[4]


@pytest.fixture
def stopped(office: Office) -> Iterator[Stopped]:
    """Starts a sender in a process of its own that stops itself at a step; returns it when it stands there."""
    started: list[psutil.Popen] = []

    async def start(step: str) -> psutil.Popen:
        command = [sys.executable, "-m", "tests.kits.stack.sending", office.dsn, office.sim.url, step]
        process = psutil.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(process)
        if step == "never":
            return process
        for _ in range(1500):
            if process.status() == psutil.STATUS_STOPPED:
                return process
            assert process.is_running(), "the sender ended"
            await asyncio.sleep(0.02)
        raise AssertionError("the sender never came to its step")

    yield start
    for process in started:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
        process.wait(10)
