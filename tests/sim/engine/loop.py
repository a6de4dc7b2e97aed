"""Run simulated processes on one thread: a seed decides whose turn it is, and time passes only as it is counted.

Nothing here sleeps, starts a thread or asks the machine for the time. Within a node callbacks run in asyncio's own order,
first in, first out; between nodes the seed chooses. Time moves a little with every step, so that a timer may fall due while
others are busy, and jumps to the next timer once nobody has anything to do.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from gc import collect
from random import Random
from typing import TYPE_CHECKING, Any

from tests.sim.engine.nodes import NODE, Node, NodeKilled, SimFuture, SimTask, State, unheard
from tests.sim.engine.trace import Trace

if TYPE_CHECKING:
    from tests.sim.engine.postgres import Postgres

STEP_SECONDS = 10e-6
"""Of virtual time, for each step."""
COLLECT_STEPS = 10_000
"""Garbage is collected after so many steps, and not when memory says so: what is collected may have a `finally`."""
FEWEST_CANCELLED = 256
"""So many cancelled timers may lie about before they are thrown away."""


class Stuck(Exception):
    """Nobody has anything to do and no timer is set: in reality this would wait for ever."""


class SimHandle(asyncio.Handle):
    """A step that is to be made. Made a hundred thousand times in a run, it asks nobody whether anything is debugged."""

    __slots__ = ()

    def __init__(self, callback: Any, args: Any, loop: asyncio.AbstractEventLoop, context: Context | None) -> None:
        self._context = copy_context() if context is None else context
        self._loop, self._callback, self._args = loop, callback, args
        self._cancelled, self._repr, self._source_traceback = False, None, None


class SimLoop(asyncio.BaseEventLoop):
    """An event loop for one run. `world` is the node of whatever is not a simulated process: scenario, broker, provider."""

    def __init__(self, seed: int, trace: Trace | None = None) -> None:
        super().__init__()
        self.seed = seed
        self.trace = trace or Trace()
        self.world = Node("world", seed)
        self.nodes = [self.world]
        self._alive = [self.world]
        self.steps = 0
        self.before_step: Callable[[asyncio.Handle, Node], None] | None = None
        """Called before each step, outside any node: it may kill or pause, and then the step does not come."""
        self.at_kill: list[Callable[[Node], None]] = []
        """Told of each node that was killed, once its connections have ended."""
        self.network: Postgres | None = None
        """What lies behind `create_connection`: worked off after each step."""
        self._random = Random(f"{seed}/turns")
        self._seconds = 0.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._sequence = itertools.count(1)
        self._cancelled = 0
        self.over = False
        """Whether what is left is being thrown away: nothing of it has an effect any more."""
        self.set_exception_handler(_not_of_the_dead)
        vars(self)["get_debug"] = bool  # False, sooner than a method says it: each future asks

    # Nodes.

    def node(self, name: str) -> Node:
        """A new simulated process; one that takes the place of a killed one is another node, and may have its name."""
        made = Node(name, f"{self.seed}/{sum(one.name == name for one in self.nodes)}")
        self.nodes.append(made)
        self._alive.append(made)
        return made

    def spawn(self, node: Node, work: Coroutine[Any, Any, Any], name: str | None = None) -> asyncio.Task[Any]:
        """Run `work` in `node`. Who is outside must not wait for the task: a killed node never finishes it."""
        context = copy_context()
        context.run(NODE.set, node)
        return self.create_task(work, name=name, context=context)

    def kill(self, node: Node) -> None:
        """As SIGKILL: no step of it runs again, and no `finally`; its connections end at once.

        Raises:
            NodeKilled: it is the node that calls: what is left of its step unwinds and reaches nobody.

        """
        if node.alive:
            node.state = State.KILLED
            self._alive.remove(node)
            self.trace.say(self._seconds, node.name, "killed")
            if self.network is not None:
                self.network.killed(node)
            for told in self.at_kill:
                told(node)
        if NODE.get() is node:
            raise NodeKilled(node.name)

    def pause(self, node: Node) -> None:
        """As SIGSTOP, from the next step on: its timers fall due, its connections stay, and nothing of it runs."""
        if node.state is State.RUNNING:
            node.state = State.PAUSED
            self.trace.say(self._seconds, node.name, "paused")

    def resume(self, node: Node) -> None:
        """As SIGCONT: it finds all that fell due meanwhile."""
        if node.state is State.PAUSED:
            node.state = State.RUNNING
            self.trace.say(self._seconds, node.name, "resumed")

    # Scheduling.

    def time(self) -> float:
        """Virtual seconds since the run began."""
        return self._seconds

    def spend(self, seconds: float) -> None:
        """Let virtual time pass while nothing else runs: what an outside request takes."""
        self._seconds += seconds

    def create_future(self) -> SimFuture:
        """See asyncio."""
        future = SimFuture(loop=self)
        future.number = next(self._sequence)
        return future

    def create_task(
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Context | None = None
    ) -> SimTask:
        """See asyncio."""
        self._check_closed()
        task = SimTask(coro, loop=self, number=next(self._sequence), name=name, context=context)
        if not self.over:
            ((context.get(NODE) if context is not None else NODE.get()) or self.world).keep(task)
        return task

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:
        """See asyncio."""
        return self._call_soon(callback, args, context)

    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """See asyncio. Timers of one instant fall due in the order in which they were set."""
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        if not self.over:
            heapq.heappush(self._timers, (when, next(self._sequence), timer))
        return timer

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> SimFuture:
        """Run `func` here and now: a thread would have an order of its own."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits for it is told
            future.set_exception(error)
        return future

    async def shutdown_default_executor(self) -> None:
        """There is none."""

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **_: Any) -> Any:
        """To Postgres, the only server that is outside the simulation.

        Raises:
            OSError: no network was given, or it refuses.

        """
        if self.network is None:
            raise ConnectionRefusedError(f"nobody listens on {host}:{port} in this simulation")
        return await self.network.connect(protocol_factory, host, port)

    # One step.

    def _call_soon(self, callback: Any, args: Any, context: Context | None) -> asyncio.Handle:
        handle = SimHandle(callback, args, self, context)
        if not self.over:
            (handle._context.get(NODE) or self.world).ready.append(handle)
        return handle

    def _write_to_self(self) -> None:
        """Nobody waits in a selector."""

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        self._cancelled += 1
        if self._cancelled > FEWEST_CANCELLED and 2 * self._cancelled > len(self._timers):
            self._timers = [one for one in self._timers if not one[2].cancelled()]
            heapq.heapify(self._timers)
            self._cancelled = 0

    def _run_once(self) -> None:
        """Step by step, until the loop is told to stop."""
        while not self._stopping:
            node = self._whose_turn()
            handle = node.ready[0]
            if handle._cancelled:
                node.ready.popleft()
                continue
            if self.before_step is not None:
                self.before_step(handle, node)
                if node.state is not State.RUNNING or handle._cancelled:
                    continue
            node.ready.popleft()
            self.steps += 1
            node.steps += 1
            self._seconds += STEP_SECONDS
            if self.trace.written:
                self.trace.step(self._seconds, node, handle)
            handle._run()
            if self.network is not None and self.network.to_do:
                self.network.pump()
            if self.steps % COLLECT_STEPS == 0:
                collect(1)

    def _whose_turn(self) -> Node:
        """A node that can run, once there is one.

        Raises:
            Stuck: there never will be.

        """
        while True:
            if self._timers and self._timers[0][0] <= self._seconds:
                self._fall_due()
            able = [node for node in self._alive if node.ready and node.state is State.RUNNING]
            if able:
                return able[0] if len(able) == 1 else able[int(self._random.random() * len(able))]
            while self._timers and self._timers[0][2]._cancelled:
                heapq.heappop(self._timers)
            if not self._timers:
                waiting = ", ".join(repr(node) for node in self.nodes)
                raise Stuck(f"at {self._seconds:.3f} s nothing can run and no timer is set: {waiting}")
            self._seconds = max(self._seconds, self._timers[0][0])

    def _fall_due(self) -> None:
        while self._timers and self._timers[0][0] <= self._seconds:
            handle = heapq.heappop(self._timers)[2]
            if not handle._cancelled:
                (handle._context.get(NODE) or self.world).ready.append(handle)

    # The end.

    def discard(self) -> None:
        """Throw away what killed and unfinished nodes left: their `finally` runs now, and reaches nobody."""
        self.over = True
        # A `finally` may start tasks. They are this loop's, and never run: another one would keep them for ever. The second
        # time those are thrown away.
        asyncio._set_running_loop(self)
        try:
            with unheard():
                for node in self.nodes:
                    node.forget()
                self._timers.clear()
                self.at_kill.clear()
                self.before_step = None
                collect()
                collect()
        finally:
            asyncio._set_running_loop(None)


def _not_of_the_dead(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    assert isinstance(loop, SimLoop)
    if not (loop.over or isinstance(context.get("exception"), NodeKilled)):
        loop.default_exception_handler(context)
