"""A history of whole processes under faults is the same, step by step and byte by byte, wherever and whenever it is played."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kits.stack.databases import database
from tests.sim.engine.trace import first_difference

ROOT = Path(__file__).parents[2]
BURN = "while True: pass"


@contextmanager
def busy() -> Iterator[None]:
    """With one more process that does nothing but take the machine's time."""
    burning = subprocess.Popen([sys.executable, "-c", BURN])
    try:
        yield
    finally:
        burning.kill()
        burning.wait()


def begun(postgres: str, seed: int, hashes: str, file: Path) -> subprocess.Popen[str]:
    """A process of its own that plays a history, and prints the digest and what came of it."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.sim.kettles", postgres, str(seed), str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hashes},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> str:
    """The last line that it prints."""
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out.splitlines()[-1]


@pytest.fixture(scope="module")
def server(postgres: str) -> str:
    """A server that has the toy's role: two processes must not both make it."""

    async def make() -> None:
        async with database(postgres, "toy"):
            pass

    asyncio.run(make())
    return postgres


@pytest.mark.parametrize("seed", [1, 2])
def test_two_processes_play_one_history_alike_with_other_hashes_and_on_a_busy_machine(
    seed: int, server: str, tmp_path: Path
) -> None:
    files = [tmp_path / "one", tmp_path / "other"]
    with busy():
        # Beside each other, on one server: each is in the other's way, now here, now there.
        both = [begun(server, seed, str(hashes), file) for hashes, file in enumerate(files, start=1)]
        one, other = [told(process) for process in both]
    traces = [file.read_text(encoding="utf-8").split("\n\n")[0].splitlines() for file in files]
    assert first_difference(*traces) == ""
    assert one == other
    assert "audit_faults=[]" in one
    assert "outcomes={'recorded': 40}" in one, "every fact is judged, and none twice"
    assert "published=40" in one
    assert "exit_codes=()" in one
