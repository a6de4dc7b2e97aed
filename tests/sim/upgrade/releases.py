"""Play one seed's story with an upgrade in the middle: the first half by a kept release in a process of its own."""

import asyncio
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

from services.policy.loading import policy_identity, policy_path
from tests.sim.city.databases import drop, empty
from tests.sim.city.story import Outcome
from tests.sim.upgrade.carried import read
from tests.sim.upgrade.halves import Half, play_second

KEPT: Final = {
    archive.parent.name: archive for archive in sorted((Path(__file__).parents[2] / "upgrade").glob("*/simulation.zip"))
}
"""Releases whose databases may be out there, with the simulation that plays them (tests/upgrade/README.md)."""
SECONDS: Final = 240


def unpack(release: str, folder: Path) -> Path:
    """Its packages, as a folder for the path."""
    with zipfile.ZipFile(KEPT[release]) as archive:
        archive.extractall(folder)
    return folder


def play(seed: int, release: Path, postgres: str, folder: Path) -> tuple[Half, Outcome]:
    """What the first half left, and what the story comes to. `release`: unpacked; `folder`: empty, for the provider's journals.

    Raises:
        AssertionError: the release did not play its half.

    """
    name = f"sim_upgrade_{os.getpid()}_{seed}"
    address = asyncio.run(empty(postgres, name))
    try:
        environment = os.environ | {"PYTHONPATH": str(release), "PYTHONSAFEPATH": "1"}
        command = [sys.executable, "-m", "tests.sim.upgrade.first_half", str(seed), address, str(folder)]
        ended = subprocess.run(
            command, cwd=release, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert ended.returncode == 0, ended.stderr[:4000]
        half: Half = read((folder / "half.pickle").read_bytes())
        _, policy = policy_identity(release / "policies" / policy_path("cn-service-standard").name)
        return half, play_second(address, folder, half, policy)
    finally:
        asyncio.run(drop(postgres, name))
