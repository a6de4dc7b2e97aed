"""What all tests share: one throw-away PostgreSQL and Kafka for the session, or yours (OUTAGE_POSTGRES, OUTAGE_KAFKA)."""

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from hypothesis import settings

from devstack.stack import Stack

# A run that decides whether something lands draws the same examples each time; everybody else's explores.
# No example has a deadline: how long one takes says how busy the machine is.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "explore")


class _Background:
    """A loop of its own for the stack, which outlives the loops of single tests."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine, seconds: float = 180.0):  # type: ignore[no-untyped-def]
        future: Future[object] = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        return future.result(seconds)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A real PostgreSQL and a real Kafka."""
    background = _Background()
    made = Stack(None, on_progress=print)
    background.run(made.__aenter__())
    try:
        yield made
    finally:
        background.run(made.close())
        background.close()


@pytest.fixture(scope="session")
def postgres(stack: Stack) -> str:
    """The administrator's address of a real PostgreSQL."""
    return stack.postgres


@pytest.fixture(scope="session")
def kafka(stack: Stack) -> str:
    """The bootstrap address of a real Kafka."""
    return stack.kafka
