"""Die at a checkpoint, once, within this process: what SIGKILL leaves undone stays undone."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.kernel import checkpoints


class Killed(BaseException):
    """What SIGKILL is to a process: nothing that catches exceptions catches it."""


@contextmanager
def dies_at(step: str, nth: int = 1) -> Iterator[None]:
    """What runs within must die when `step` is reached for the n-th time; afterwards nothing does."""
    reached: Counter[str] = Counter()

    def hook(name: str) -> None:
        reached[name] += 1
        if name == step and reached[name] == nth:
            raise Killed(step)

    checkpoints.install(hook)
    try:
        with pytest.raises(Killed):
            yield
    finally:
        checkpoints.install(None)
