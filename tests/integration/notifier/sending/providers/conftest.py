"""Two providers, whose circuits are probed soon."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.notifier.domain.provider import circuit
from services.notifier.sending.routing import router as routes
from tests.kits.stack.two_providers import Pair
from tests.kits.stack.two_providers import pair as two_providers

SOON = (timedelta(seconds=0.3), timedelta(seconds=0.6))


@pytest.fixture
async def pair(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pair]:
    for scope in circuit.PAUSES:
        monkeypatch.setitem(circuit.PAUSES, scope, SOON)  # type: ignore[arg-type]
    monkeypatch.setattr(routes, "STAYS", timedelta(seconds=1))
    monkeypatch.setattr(routes, "LOOK_SECONDS", 0.1)
    async with two_providers(postgres, tmp_path) as made:
        yield made
