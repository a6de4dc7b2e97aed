"""Measure the longest step of an event loop: what runs between two awaits that yield, in the thread's time and by the wall.

Only for benches: `watched()` puts a clock around every callback of every loop in this process. A thread looks on, so that a
long step has a name: the function of ours in which most of it was spent. What other processes take of the machine is in the
wall alone; other threads of this one are in neither (`time.thread_time`).
"""

import asyncio
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

LIMIT_SECONDS = 0.050
"""No step of ours may work longer."""
OURS = tuple(str(Path(__file__).parents[2] / name) for name in ("services", "schemas"))
LOOK_SECONDS = 0.004
NAMED_FROM = 0.005
"""Seconds of work from which a step is worth a name."""
DEPTH = 3
"""So many functions of ours name a step, the innermost first."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its work and its length by the wall (seconds), and in which function it was."""

    work: float = 0.0
    wall: float = 0.0
    name: str = ""


@dataclass(slots=True)
class Steps:
    """The longest of the steps seen so far, and how many there were."""

    count: int = 0
    work: Step = field(default_factory=Step)
    """The one with the most own work."""
    wall: Step = field(default_factory=Step)
    """The one that took longest by the wall."""
    long: Counter[str] = field(default_factory=Counter)
    """How many steps of NAMED_FROM and more each function had."""

    @property
    def too_long(self) -> bool:
        """Whether any worked longer than LIMIT_SECONDS."""
        return self.work.work > LIMIT_SECONDS

    def figures(self) -> dict[str, Any]:
        """The longest steps, for a table."""
        return {
            "longestWorkMs": self.work.work * 1e3,
            "longestWork": self.work.name,
            "longestStepMs": self.wall.wall * 1e3,
            "longestStep": self.wall.name,
            "tooLong": self.too_long,
        }

    def add(self, step: Step) -> None:
        """One more."""
        self.count += 1
        if step.work > self.work.work:
            self.work = step
        if step.wall > self.wall.wall:
            self.wall = step
        if step.work >= NAMED_FROM:
            self.long[step.name] += 1


class _Onlooker(threading.Thread):
    """Writes down where the loop's thread is, every LOOK_SECONDS."""

    def __init__(self, thread: int) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.seen: list[str] = []
        self._thread = thread

    def run(self) -> None:
        while not self.ended.wait(LOOK_SECONDS):
            frame = sys._current_frames().get(self._thread)  # noqa: SLF001 - as its documentation has it
            if frame is not None:
                self.seen.append(_where(frame))


def _where(frame: FrameType) -> str:
    """The functions of ours that this stack is in, the innermost first; with none, the innermost of whoever's."""
    found: list[str] = []
    at: FrameType | None = frame
    while at is not None and len(found) < DEPTH:
        code = at.f_code
        if code.co_filename.startswith(OURS):
            name = f"{Path(code.co_filename).stem}.{code.co_qualname}"
            if not found or found[-1] != name:
                found.append(name)
        at = at.f_back
    return " < ".join(found) or f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_qualname}"


@contextmanager
def watched(steps: Steps | None = None) -> Iterator[Steps]:
    """Measure every step of this thread's loop until left, and add them to `steps`. Not to be nested."""
    steps, onlooker = steps or Steps(), _Onlooker(threading.get_ident())
    plain = asyncio.Handle._run  # noqa: SLF001 - the one place that every callback goes through

    def run(handle: Any) -> None:
        onlooker.seen.clear()
        wall, work = time.perf_counter(), time.thread_time()
        try:
            plain(handle)
        finally:
            work = time.thread_time() - work
            wall = time.perf_counter() - wall
            steps.add(Step(work, wall, _name(onlooker.seen) if max(work, wall) >= NAMED_FROM else "(short)"))

    asyncio.Handle._run = run  # type: ignore[method-assign]  # noqa: SLF001
    onlooker.start()
    try:
        yield steps
    finally:
        asyncio.Handle._run = plain  # type: ignore[method-assign]  # noqa: SLF001
        onlooker.ended.set()
        onlooker.join()


def _name(seen: list[str]) -> str:
    """Where most looks found it; a step that no look met lay between two of them, or in one call into C."""
    return Counter(seen).most_common(1)[0][0] if seen else "(not seen)"
