"""Start a whole system on this machine, with a dispatcher and a command line beside it, as people on duty have them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devstack.system import System
from tests.kits.ctl import Ctl
from tests.kits.system.dispatcher import Dispatch
from tests.kits.system.quick import Quick


@pytest.fixture
async def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[System]:
    """The system, in a folder of the test's own."""
    for name in ("OUTAGE_KAFKA", "OUTAGE_POSTGRES", "OUTAGE_CLOCK_FILE", "OUTAGE_VAULT_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OUTAGE_OPERATOR", "chen")
    async with Quick(tmp_path / "data") as made:
        yield made


@pytest.fixture
def ctl(system: System) -> Ctl:
    """`outagectl` against that system."""
    return Ctl().on(system.folder)


@pytest.fixture
def dispatch(ctl: Ctl, tmp_path: Path) -> Dispatch:
    """Who sends it facts."""
    return Dispatch(ctl, tmp_path)
