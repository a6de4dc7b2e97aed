"""Run everything here in virtual time: hours cost nothing."""

import asyncio
import random
from collections.abc import Callable, Mapping

import pytest

from tests.sim.broker import Broker
from tests.sim.engine.loop import SimLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The only loop."""
    return {"simulated": lambda: SimLoop(11)}


@pytest.fixture
async def broker() -> Broker:
    """A broker with one topic, `t`, of four partitions."""
    chance = random.Random(11)
    made = Broker(chance, delay=lambda: chance.uniform(0.0005, 0.002))
    made.create("t", 4)
    return made
