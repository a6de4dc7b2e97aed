"""Run every statement twice: on a real Kafka in real time, and on the one in memory in virtual time."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

from tests.sim.contract.brokers import AnyBroker, MemoryBroker, RealBroker
from tests.sim.engine.loop import SimLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loops, by the broker they are for."""
    return {"kafka": asyncio.new_event_loop, "memory": lambda: SimLoop(7)}


@pytest.fixture
async def broker(request: pytest.FixtureRequest) -> AnyBroker:
    """The broker that this loop is for."""
    if isinstance(asyncio.get_running_loop(), SimLoop):
        return MemoryBroker()
    return RealBroker(request.getfixturevalue("kafka"))
