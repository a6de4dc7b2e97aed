"""Named steps at which a test may kill the process. In production `reach` does nothing."""

import os
import signal
from collections import Counter
from collections.abc import Callable

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
    """Kill this process with SIGKILL when a step is reached for the n-th time; plan is `step:n`.

    Raises:
        ValueError: the plan is not of that form.

    """
    step, _, count = plan.rpartition(":")
    if not step or not count.isdigit():
        raise ValueError(f"checkpoint plan {plan!r} is not step:n, e.g. after-append:3")
    seen: Counter[str] = Counter()

    def hook(name: str) -> None:
        seen[name] += 1
        if name == step and seen[name] == int(count):
            os.kill(os.getpid(), signal.SIGKILL)

    install(hook)
