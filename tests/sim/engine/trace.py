"""Write down what ran, in order, as a digest: two runs of one seed have the same, or something was not decided by it."""

import hashlib
from asyncio import Handle
from collections import deque
from collections.abc import Mapping
from functools import partial
from itertools import zip_longest
from typing import Any

from tests.sim.engine.nodes import NODE, Node, SimTask

DETAIL = 400
"""Bytes of a request or an answer that the text shows."""

NOTES = 1000
"""The last lines of the processes' logs, which are kept."""


class Trace:
    """The digest so far; with `text`, also the lines it was made of. Who would say much asks first whether it is `written`."""

    written = True

    def __init__(self, *, text: bool = False) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self.lines: list[str] | None = [] if text else None
        self.notes: deque[str] = deque(maxlen=NOTES)
        self.count = 0

    @property
    def digest(self) -> str:
        """Of everything until now, in hexadecimal."""
        return self._hash.hexdigest()

    def step(self, time: float, node: Node, handle: Handle) -> None:
        """A callback is about to run."""
        self.say(time, node.name, described(handle))

    def say(self, time: float, who: str, what: str, detail: bytes = b"") -> None:
        """Anything that belongs to the order: a step, a request, a fault. Of `detail` the text has the beginning."""
        line = f"{time:.9f} {who} {what}"
        self.count += 1
        self._hash.update(b"%b\n%b\n" % (line.encode(), detail))
        if self.lines is not None:
            self.lines.append(f"{line} {_shortened(detail)}" if detail else line)

    def note(self, time: float, level: str, event: Mapping[str, Any]) -> None:
        """What a process logs; only in `notes`, for a line of a log may hold what is another in every run."""
        node = NODE.get()
        words = " ".join(f"{key}={value}" for key, value in event.items() if key not in ("event", "exc_info"))
        self.notes.append(f"{time:.6f} {node.name if node else 'world'} {level}: {event['event']} {words}".rstrip())


class Untraced(Trace):
    """Writes no order down, where nobody will compare it; notes are kept."""

    written = False

    def step(self, time: float, node: Node, handle: Handle) -> None:
        """See Trace."""

    def say(self, time: float, who: str, what: str, detail: bytes = b"") -> None:
        """See Trace."""


def _shortened(detail: bytes) -> str:
    if len(detail) <= DETAIL:
        return repr(detail)
    return f"{detail[:DETAIL]!r}… {hashlib.blake2b(detail, digest_size=6).hexdigest()}"


def described(handle: Handle) -> str:
    """What a handle runs, without any address in it."""
    callback: Any = handle._callback
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, SimTask):
        return owner.label
    while isinstance(callback, partial):
        callback = callback.func
    name = getattr(callback, "__qualname__", None)
    return str(name) if name is not None else type(callback).__name__


def first_difference(one: list[str], other: list[str], around: int = 5) -> str:
    """Where two traces part, with the lines before it; empty where they are the same."""
    for number, (left, right) in enumerate(zip_longest(one, other, fillvalue="(ended)")):
        if left != right:
            before = one[max(number - around, 0) : number]
            return "\n".join([*before, f"line {number + 1}: {left}", f"      but: {right}"])
    return ""
