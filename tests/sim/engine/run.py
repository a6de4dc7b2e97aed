"""Run one simulated history from its first step to its last, and leave nothing of it behind."""

import contextlib
import functools
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import structlog

from services.kernel.pauses import settle
from tests.sim.engine.lock_waits import LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.postgres import Postgres
from tests.sim.engine.randomness import determined
from tests.sim.engine.trace import Trace

T = TypeVar("T")
Scenario = Callable[[SimLoop], Coroutine[Any, Any, T]]


def run(seed: int, scenario: Scenario[T], *, locks: LockTable | None = None, trace: Trace | None = None) -> T:
    """What `scenario` comes to: it runs in the world, and makes and breaks nodes. `locks`: of the server, where one is used."""
    with simulation(seed, locks=locks, trace=trace) as loop:
        return loop.run_until_complete(scenario(loop))


@contextlib.contextmanager
def simulation(seed: int, *, locks: LockTable | None = None, trace: Trace | None = None) -> Iterator[SimLoop]:
    """A loop, with a network to the server whose `locks` are given, and nothing undetermined within the block."""
    _settle()
    logging = structlog.get_config()
    loop = SimLoop(seed, trace)
    network = Postgres(loop, locks) if locks is not None else None
    try:
        with determined(loop):
            try:
                yield loop
            finally:
                if network is not None:
                    network.close()
                loop.discard()
    finally:
        loop.close()
        # A process of the run has logged into its trace; whoever comes after it logs as before.
        structlog.configure(**logging)


@functools.cache
def _settle() -> None:
    """Once: what is there before the first run is no run's garbage, and need not be looked at after each."""
    settle()
