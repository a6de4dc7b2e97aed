"""Simulated processes: who runs, who stands still, who is dead."""

import asyncio
import contextlib
import enum
import sys
import warnings
from collections import deque
from collections.abc import Coroutine, Iterator
from contextvars import ContextVar
from random import Random
from typing import Any


class NodeKilled(BaseException):
    """Ends the step in which a node dies by its own hand; whatever catches it can reach nothing outside any more."""


class State(enum.Enum):
    """What a node does."""

    RUNNING = "running"
    PAUSED = "paused"
    KILLED = "killed"


class Node:
    """One simulated process. Everything that is scheduled from within it belongs to it, by its context."""

    def __init__(self, name: str, seed: int | str) -> None:
        self.name = name
        self.state = State.RUNNING
        self.ready: deque[asyncio.Handle] = deque()
        self.steps = 0
        """How many steps it has begun: the n-th may be its last (`SimLoop.before_step`)."""
        self.random = Random(f"{seed}/{name}")
        """What its own code is given where it asks for randomness: other nodes draw from others."""
        self.ahead = 0.0
        """Seconds by which its clock is wrong."""
        self.exit_code: int | None = None
        """How it ended, where it ended itself."""
        self._tasks: list[SimTask] = []
        self._look_at = 64

    def __repr__(self) -> str:
        return f"<Node {self.name} {self.state.value}, {self.steps} steps>"

    @property
    def alive(self) -> bool:
        """Whether it was not killed. What a dead node asks of others must be refused: its last step may still unwind."""
        return self.state is not State.KILLED

    @property
    def tasks(self) -> int:
        """How many it has under way."""
        return sum(not one.done() for one in self._tasks)

    def keep(self, task: "SimTask") -> None:
        """Hold on to a task until it is done: nothing of a killed node may be collected, for that would run `finally`."""
        self._tasks.append(task)
        if len(self._tasks) >= self._look_at:
            self._tasks = [one for one in self._tasks if not one.done()]
            self._look_at = 2 * len(self._tasks) + 64

    def forget(self) -> None:
        """Let go of everything; only once nothing of it can have an effect."""
        self._tasks.clear()
        self.ready.clear()


NODE: ContextVar[Node | None] = ContextVar("node", default=None)
"""The node whose code runs now; None is the world around all nodes."""


class Numbered:
    """Hashed by a number, so that a set of them is walked in the same order in every run, and not by address."""

    number: int

    def __hash__(self) -> int:
        return self.number


class SimFuture(Numbered, asyncio.Future[Any]):
    """A future of the simulation. Who makes one gives it its number."""


class SimTask(Numbered, asyncio.Task[Any]):
    """A task of the simulation; `label` is the same in every run."""

    def __init__(
        self, coro: Coroutine[Any, Any, Any], *, loop: asyncio.AbstractEventLoop, number: int, **named: Any
    ) -> None:
        # Before all else: a task is put into a set while it is made.
        self.number = number
        self.label = f"{getattr(coro, '__qualname__', type(coro).__name__)}#{number}"
        super().__init__(coro, loop=loop, **named)


@contextlib.contextmanager
def within(node: Node | None) -> Iterator[None]:
    """Run the block as code of `node`."""
    token = NODE.set(node)
    try:
        yield
    finally:
        NODE.reset(token)


@contextlib.contextmanager
def unheard() -> Iterator[None]:
    """Coroutines that are thrown away complain where nobody can hear it."""
    before, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # coroutines that never began
            yield
    finally:
        sys.unraisablehook = before
