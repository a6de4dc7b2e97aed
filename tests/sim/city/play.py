"""Play seeds, one after the other, in a database that is wiped between them; each from its first step to its verdict."""

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue
from pathlib import Path

from services.kernel.pauses import settle
from tests.sim.city.breaking.restored import with_restore
from tests.sim.city.databases import database
from tests.sim.city.plan.draw import draw
from tests.sim.city.plan.plan import PROVIDER
from tests.sim.city.story import Outcome, Story
from tests.sim.city.system import SimSystem
from tests.sim.engine.databases import Slate
from tests.sim.engine.lock_waits import LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.run import run
from tests.sim.engine.trace import Trace, Untraced
from tests.sim.world import rarer_looks

LOOK_SECONDS = 1.0
"""A service looks for work no more often than that (rarer_looks)."""


SETTLE = 50
"""After so many histories: what they have left for good (what libraries and the server's sessions keep) is looked at no more."""
_histories = itertools.count(1)


@dataclass(frozen=True)
class Ground:
    """Where one process plays: a database, as it is at first."""

    address: str
    slate: Slate
    locks: LockTable

    def play(
        self,
        seed: int,
        leave: Collection[str] = (),
        *,
        restore: bool = False,
        gateway: bool = False,
        trace: Trace | None = None,
    ) -> Outcome:
        """What a seed comes to, with some of it left out (Plan.names); one that cannot be judged is wrong.

        `restore`: a database goes back to what it was some time before; `gateway`: half of the texts go by a second provider.
        """
        plan = (with_restore(draw(seed)) if restore else draw(seed)).without(leave)

        async def scenario(loop: SimLoop) -> Outcome:
            story = Story(SimSystem(loop, self.address, Path(folder), two_providers=gateway), plan)
            try:
                return await story.play()
            except Exception as error:  # noqa: BLE001 - the other seeds are still played
                story.outcome.wrong.append(f"it did not come through: {_named(error)}")
                return story.outcome

        try:
            with tempfile.TemporaryDirectory(prefix="sim-") as folder, rarer_looks(LOOK_SECONDS):
                return run(seed, scenario, locks=self.locks, trace=trace or Untraced())
        finally:
            self.slate.wipe()
            if next(_histories) % SETTLE == 0:
                settle()


@contextlib.contextmanager
def ground(postgres: str, template: str) -> Iterator[Ground]:
    """A database to play in, gone afterwards. `postgres`: an administrator's address; `template`: see databases.

    What a process computes once (rules, forms of names) is computed before: it would differ from the same history later.
    """
    # That what was broken does not answer is the point, not news.
    logging.getLogger().setLevel(logging.CRITICAL)
    with asyncio.Runner() as runner:
        made = database(postgres, template)
        address = runner.run(made.__aenter__())
        slate, locks = Slate(address), LockTable(address)
        try:
            here = Ground(address, slate, locks)
            here.play(0, [PROVIDER, *draw(0).blows()])
            settle()  # what it has brought with it, code above all, is not looked at again after each history
            yield here
        finally:
            slate.close()
            locks.close()
            runner.run(made.__aexit__(None, None, None))


_ends = contextlib.ExitStack()
_here: list[Ground] = []


def begin(postgres: str, template: str, cores: "SimpleQueue[int]") -> None:
    """Make this process one that plays histories there, until it ends: `play_here`.

    It stays on one of the `cores`, and so do its sessions of the server (ServerProcess.stay_beside).
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who hands out the seeds: this one is played to its end
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cores.get()})
    _here.append(_ends.enter_context(ground(postgres, template)))


def play_here(seed: int, leave: Collection[str] = (), *, restore: bool = False, gateway: bool = False) -> Outcome:
    """`Ground.play`, where this process was told to."""
    return _here[-1].play(seed, leave, restore=restore, gateway=gateway)


def _named(error: BaseException) -> str:
    """An error by name and message; of a group, the first that lies in it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {str(error)[:300]}"
