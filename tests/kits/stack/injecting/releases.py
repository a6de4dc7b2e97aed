"""Run the code of an earlier release beside this one's: its packages unpacked, a program of tests/upgrade by them."""

import asyncio
import os
import sys
import zipfile
from pathlib import Path
from typing import Final

from tests.kits.stack.sending import Office

UPGRADE: Final = Path(__file__).parents[3] / "upgrade"
WITH_KITS: Final = {archive.parent.name: archive for archive in sorted(UPGRADE.glob("*/simulation.zip"))}
"""Earlier releases with their own test kits (tests/upgrade/README.md)."""
BESIDE: Final = UPGRADE / "beside.py"
POD: Final = UPGRADE / "pod.py"
OLDER: Final = "select exists (select from pg_stat_activity where application_name = 'outage-notifier-owner')"
"""Whether one of them has the right to post."""
SECONDS: Final = 60.0


def unpack(release: str, folder: Path) -> Path:
    """Its packages, as a folder for the path."""
    with zipfile.ZipFile(WITH_KITS[release]) as archive:
        archive.extractall(folder)
    return folder


async def of_a_release_before(office: Office) -> None:
    """Have tables that this version made know no more than those that a release before has worked on."""
    await office.pool.execute("delete from gone_senders")
    await office.pool.execute("insert into passed_over (since) select coalesce(max(seq), 0) from inbox")


async def run(code: Path, program: str, *words: str, given: str = "") -> str:
    """What a program of tests/upgrade prints, run by the code that lies in a folder; `given`: its standard input.

    Raises:
        AssertionError: it failed.

    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(UPGRADE / program),
        *words,
        cwd=code,
        env={name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
        | {"PYTHONPATH": str(code)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(SECONDS):
        out, errors = await process.communicate(given.encode())
    assert process.returncode == 0, errors.decode()[-4000:]
    return out.decode()
