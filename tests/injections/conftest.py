"""A notifier's tables, its senders and a provider; the five invariants hold after each injection (kits/stack/injecting)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kits.stack import sending
from tests.kits.stack.injecting import invariants
from tests.kits.stack.sending import Office


@pytest.fixture
async def office(postgres: str, tmp_path: Path) -> AsyncIterator[Office]:
    """What sends, and who looks at what it did when the test is over."""
    async with sending.office(postgres, tmp_path) as made:
        await invariants.watch(made.pool)
        yield made
        await invariants.hold(made.pool, made.sim.account.book, made.clock.now())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Full sizes are played where injections or full sizes are asked for by marker; not by `make test`."""
    if not {"injection", "full"} & set(config.getoption("markexpr").split()):
        left = [item for item in items if item.get_closest_marker("full") is not None]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item.get_closest_marker("full") is None]
