"""A clerk's desk, on a database and a Kafka topic of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kits.ctl import Ctl
from tests.kits.stack.importing.registry import Desk, clerk


@pytest.fixture
async def desk(
    postgres: str, kafka: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ctl: Ctl
) -> AsyncIterator[Desk]:
    async with clerk(postgres, kafka, monkeypatch, tmp_path, ctl) as made:
        yield made
