"""Take chance and the machine's time out of a run: what asks for either, ours or a library's, is answered from the seed.

Only for the thread that runs the simulation: others, a test's servers say, go on as they were. What a module took by
`from time import monotonic` before is not reached; none that decides about an order does (README.md).
"""

import contextlib
import gc
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp.connector
import asyncpg.connection

from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import NODE

EPOCH = 1_767_225_600.0
"""What `time.time` says when a run begins (2026-01-01): no service may ask it, and a library's answer is the same each time."""


class InOrder:
    """A set that is walked in the order in which things were added; asyncpg and aiohttp would walk theirs by address."""

    def __init__(self) -> None:
        self._items: dict[Any, None] = {}

    def add(self, item: Any) -> None:
        """See set."""
        self._items[item] = None

    def discard(self, item: Any) -> None:
        """See set."""
        self._items.pop(item, None)

    def remove(self, item: Any) -> None:
        """See set."""
        del self._items[item]

    def clear(self) -> None:
        """See set."""
        self._items.clear()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


@contextlib.contextmanager
def determined(loop: SimLoop) -> Iterator[None]:
    """Within the block, this thread has no other randomness and no other time than the run's."""
    thread = threading.get_ident()

    def here(simulated: Callable[..., Any], real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given: simulated(*given) if threading.get_ident() == thread else real(*given)

    def entropy(size: int) -> bytes:
        return (NODE.get() or loop.world).random.randbytes(size)

    def wall() -> float:
        return EPOCH + loop.time()

    def nanoseconds(seconds: Callable[[], float]) -> Callable[[], int]:
        return lambda: round(seconds() * 1e9)

    state = random.getstate()
    with contextlib.ExitStack() as undo:
        undo.callback(random.setstate, state)
        random.seed(f"{loop.seed}/libraries")
        for name in ("monotonic", "perf_counter"):
            _replace(undo, time, name, here(loop.time, getattr(time, name)))
            _replace(undo, time, f"{name}_ns", here(nanoseconds(loop.time), getattr(time, f"{name}_ns")))
        _replace(undo, time, "time", here(wall, time.time))  # noqa: TID251 - it is what is replaced
        _replace(undo, time, "time_ns", here(nanoseconds(wall), time.time_ns))  # noqa: TID251 - it is what is replaced
        _replace(undo, os, "urandom", here(entropy, os.urandom))
        _replace(undo, random, "_urandom", here(entropy, os.urandom))  # secrets and SystemRandom
        # How long a connection has been idle, which it took by `from time import monotonic`.
        _replace(undo, aiohttp.connector, "monotonic", here(loop.time, aiohttp.connector.monotonic))
        _replace(undo, asyncpg.connection, "_uid", 0)  # numbers statements, in all connections of the process
        _replace(undo, asyncpg.connection, "set", InOrder)
        # A process that has started collects once and freezes what is there (services/kernel/pauses.py::settle): here it
        # would stay for ever, run after run. Garbage is collected where the loop says.
        _replace(undo, gc, "freeze", lambda: None)
        _replace(undo, gc, "collect", lambda *_: 0)
        _replace(undo, gc, "get_freeze_count", lambda: 0)
        if gc.isenabled():
            gc.disable()
            undo.callback(gc.enable)
        yield


_ABSENT = object()


def _replace(undo: contextlib.ExitStack, owner: Any, name: str, value: Any) -> None:
    before = vars(owner).get(name, _ABSENT)
    setattr(owner, name, value)
    undo.callback(delattr, owner, name) if before is _ABSENT else undo.callback(setattr, owner, name, before)
