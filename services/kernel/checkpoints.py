"""Named steps at which a test may kill the process. In production `reach` does nothing."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

_hook: Callable[[str], None] | None = None


def reach(step: str) -> None:
    """Say that `step` has been reached."""
    if _hook is not None:
        _hook(step)


def install(hook: Callable[[str], None] | None) -> None:
    """Call `hook` at every step from now on; None ends it."""
    global _hook  # noqa: PLW0603 - one process, one hook, set before anything runs
    _hook = hook


def die_at(plan: str) -> None:
    """Kill this process with SIGKILL when a step is reached for the n-th time.

    `plan`: `step:n`, or `@FILE` that holds such a plan once somebody puts it there; then passings count from the moment
    in which it is seen, and the file goes with the process.

    Raises:
        ValueError: the plan is not of that form.

    """
    if plan.startswith("@"):
        install(_Doom(Path(plan[1:])))
        return
    fatal = _Fatal(plan)
    install(lambda name: _kill() if fatal.is_it(name) else None)


class _Fatal:
    """The n-th passing of a step."""

    def __init__(self, plan: str) -> None:
        self._step, _, count = plan.strip().rpartition(":")
        if not self._step or not count.isdigit():
            raise ValueError(f"checkpoint plan {plan!r} is not step:n, e.g. after-append:3")
        self._left = int(count)

    def is_it(self, name: str) -> bool:
        """Whether the step now reached is it."""
        self._left -= name == self._step
        return name == self._step and self._left == 0


class _Doom:
    """A plan that comes while the process runs: nothing is counted before."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._fatal: _Fatal | None = None

    def __call__(self, name: str) -> None:
        if self._fatal is None:
            if not self._file.exists():
                return
            self._fatal = _Fatal(self._file.read_text(encoding="utf-8"))
        if self._fatal.is_it(name):
            self._file.unlink()  # who comes back is not doomed again
            _kill()


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
