"""Run every statement twice: over a socket in real time, and over the simulated network in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from tests.sim.engine.loop import SimLoop
from tests.sim.net.contract.carriers import Carrier, InMemory, Sockets


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loops, by the carrier they are for."""
    return {"socket": asyncio.new_event_loop, "memory": lambda: SimLoop(7)}


@pytest.fixture
async def carrier() -> AsyncIterator[Carrier]:
    """The carrier that this loop is for."""
    made = InMemory() if isinstance(asyncio.get_running_loop(), SimLoop) else Sockets()
    yield made
    await made.close()
