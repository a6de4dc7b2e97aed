"""What the tests of forgetting stand on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kits.ctl import Ctl
from tests.kits.forgetting.archive import Archive, archive_in


@pytest.fixture
async def archive(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ctl: Ctl) -> AsyncIterator[Archive]:
    async with archive_in(postgres, tmp_path, ctl) as made:
        monkeypatch.setenv("OUTAGE_POSTGRES", made.office.dsn)
        monkeypatch.setenv("OUTAGE_OPERATOR", "chen")
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        yield made
