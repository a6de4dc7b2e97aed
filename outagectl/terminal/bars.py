"""Show on a terminal how far an import is: the file as it is read, the topic's words as Kafka takes them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

T = TypeVar("T")
EVERY = 500


class Measured(Protocol):
    """What is read bit by bit; `size` and `done` in one unit."""

    @property
    def size(self) -> int:
        """How much there is."""

    def done(self) -> int:
        """How much of it is read."""


class ImportBars:
    """Bars on standard error, each from when there is something to show."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, Any] = {}

    def reading(self, items: Iterable[T], source: Measured) -> Iterator[T]:
        """The items as they are, the bar moved along with the file."""
        for number, item in enumerate(items):
            if number % EVERY == 0:
                self._show("reading", total=source.size, completed=source.done())
            yield item
        self._show("reading", total=source.size, completed=source.size)

    def end(self) -> None:
        """No more of it: a person is asked something, and what follows is short."""
        self._progress.stop()

    def heard(self, done: int, of: int) -> None:
        """So much of the topic is read."""
        self._show("comparing", total=of, completed=done)

    def due(self, number: int) -> None:
        """So many words will have to be sent."""
        self._show("sending", total=number)

    def sent(self, number: int) -> None:
        """So many more words are on the topic."""
        self._show("sending", advance=number)

    def _show(self, what: str, **how: Any) -> None:
        if what not in self._bars:
            self._bars[what] = self._progress.add_task(what, total=None)
        self._progress.update(self._bars[what], **how)


@contextmanager
def bars() -> Iterator[ImportBars]:
    """Progress while the block runs; nothing where standard error is no terminal."""
    err = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not sys.stderr.isatty()) as progress:
        yield ImportBars(progress)
