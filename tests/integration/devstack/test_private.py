"""What a local stack writes is its owner's alone, and its database can do no more than its account."""

import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from devstack.private import own_folder, private_folder, put
from devstack.servers.stack import Stack
from devstack.twilio.config import SimulatorSettings
from devstack.twilio.simulator import TwilioSimulator
from services.kernel.clock import SystemClock


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_to_others(folder: Path) -> list[str]:
    """Everything below a folder that somebody else may read, write or enter."""
    return sorted(
        f"{path.relative_to(folder)} {mode(path):o}"
        for path in (folder, *folder.rglob("*"))
        if not path.is_symlink() and mode(path) & 0o077
    )


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def capabilities(pid: int) -> dict[str, int]:
    lines = [line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return {line[0]: int(line[1], 16) for line in lines if line[0].startswith("Cap")}


@pytest.fixture
def loose_umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
async def simulated(tmp_path: Path, loose_umask: object) -> AsyncIterator[Path]:
    folder = tmp_path / "twilio"
    folder.mkdir(mode=0o755)  # as an older version left it
    async with TwilioSimulator(folder, SystemClock(), settings=SimulatorSettings()):
        yield folder


async def test_the_simulators_journals_are_read_by_nobody_else(simulated: Path) -> None:
    assert names(simulated)
    assert open_to_others(simulated) == []


def test_a_file_with_a_secret_is_at_no_moment_open(tmp_path: Path, loose_umask: object) -> None:
    file = tmp_path / "stack.json"
    file.write_text("old")
    file.chmod(0o644)
    put(file, "new")
    assert (file.read_text(), mode(file)) == ("new", 0o600)


def test_a_folder_that_somebody_had_before_keeps_its_rights_and_one_of_ours_is_put_right(
    tmp_path: Path, loose_umask: object
) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir(mode=0o755)
    ours.mkdir(mode=0o755)
    assert not private_folder(theirs)
    own_folder(ours)
    assert private_folder(tmp_path / "new" / "one")
    assert [mode(path) for path in (theirs, ours, tmp_path / "new" / "one")] == [0o755, 0o700, 0o700]


@pytest.mark.stack
async def test_a_local_stack_is_closed_to_others_and_its_database_has_no_capability(loose_umask: object) -> None:
    async with Stack(None, environment={}) as stack:
        assert mode(stack.folder) == 0o700
        readable = [one for one in open_to_others(stack.folder) if not one.startswith("kafka/")]
        assert readable == []
        assert mode(stack.folder / "kafka") == 0o700
        node = stack.postgres_node
        assert node is not None
        assert node.child is not None
        for process in (psutil.Process(node.child.pid), *psutil.Process(node.child.pid).children()):
            kept = capabilities(process.pid)
            if os.geteuid() == 0:
                assert process.uids().effective != 0
                assert (kept["CapEff:"], kept["CapPrm:"], kept["CapAmb:"]) == (0, 0, 0), process.cmdline()
