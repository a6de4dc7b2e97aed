"""What the renderer needs of others: the truth, and pages made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NamedTuple, Protocol

from services.board.domain.public import Board
from services.board.snapshot.form import Page


class NothingRead(Exception):
    """There is nothing to make a snapshot of yet; the message says why, and what to do."""


class DatedBoard(NamedTuple):
    """What was read, and how old the truth in it was then, by the database's clock (docs/adr/0021)."""

    board: Board
    age: timedelta


class BoardSource(Protocol):
    """Reads what may be public. Of what it raises, services/kernel/adapters/away.py::DATABASE is waited out."""

    async def read(self) -> DatedBoard:
        """All of it, of one moment.

        Raises:
            NothingRead: see there.

        """
        ...

    async def close(self) -> None:
        """Let go of the database."""
        ...


Rendering = Callable[[Board], Mapping[str, Page]]
"""Every path of a board, taking over what did not change since it was called last. Long work, done in a thread."""
