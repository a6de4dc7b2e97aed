"""What the tests of polling share: a web server of a utility on this machine."""

from collections.abc import AsyncIterator

import pytest

from tests.kits.lists.server import ListServer, list_server


@pytest.fixture
async def server() -> AsyncIterator[ListServer]:
    async with list_server() as made:
        yield made
