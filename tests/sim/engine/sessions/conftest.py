"""A look at a server's lock table of which no run has kept sessions."""

from collections.abc import Iterator

import pytest

from tests.sim.engine.lock_waits import LockTable


@pytest.fixture
def fresh(address: str) -> Iterator[LockTable]:
    """With no session kept yet."""
    table = LockTable(address)
    yield table
    table.close()
