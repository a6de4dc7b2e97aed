"""A notifier's tables, sender and provider, as the tests of sending and settling need them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kits.stack import sending
from tests.kits.stack.sending import Office


@pytest.fixture
async def office(postgres: str, tmp_path: Path) -> AsyncIterator[Office]:
    async with sending.office(postgres, tmp_path) as made:
        yield made
